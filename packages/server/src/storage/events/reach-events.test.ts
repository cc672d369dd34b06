import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { StartupError } from '../../platform/errors.ts'
import type { ReachOptions } from '../reach.ts'
import { openEvents } from './clickhouse.ts'
import type { Events } from './events.ts'
import { migrateEvents } from './migrate.ts'
import { reachEvents } from './reach-events.ts'
import { eventsSettings } from './settings.ts'

const PASSWORD = 'the-password-of-nobody'

let server: Server | undefined
let events: Events | undefined
afterEach(async () => {
  await events?.close()
  server?.closeAllConnections()
  server?.close()
})

/** A server that answers so, and its port. */
async function listen(listener: RequestListener): Promise<number> {
  server = createServer(listener)
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function open(port: number): Events {
  events = openEvents({ url: `http://foyer:${PASSWORD}@127.0.0.1:${port}/foyer` })
  return events
}

async function refused(port: number, options: ReachOptions = {}): Promise<string> {
  const error = await reachEvents(open(port), options).then(
    () => expect.fail('it was reached'),
    (reason: unknown) => reason as StartupError,
  )
  expect(error).toBeInstanceOf(StartupError)
  expect(error.message).not.toContain(PASSWORD)
  return error.message
}

/** An error as ClickHouse 25.8 sends it. */
const exception =
  (status: number, code: number, text: string): RequestListener =>
  (_request, response) =>
    response
      .writeHead(status, { 'X-ClickHouse-Exception-Code': code })
      .end(`Code: ${code}. DB::Exception: ${text} (version 25.8.2.29 (official build))\n`)

const version =
  (name: string): RequestListener =>
  (_request, response) =>
    response.end(`{"version":"${name}"}\n`)

describe('a ClickHouse server', () => {
  it.each([
    [
      'that knows no such user or another password',
      exception(
        403,
        516,
        'foyer: Authentication failed: password is incorrect, or there is no user with such name.\n\nIf you use ClickHouse Cloud, the password can be reset.\n\n. (AUTHENTICATION_FAILED)',
      ),
      "The events' ClickHouse refuses: foyer: Authentication failed: password is incorrect, or there is no user with such name. Check FOYER_EVENTS_URL.",
    ],
    [
      'without the database',
      exception(404, 81, 'Database foyer does not exist. (UNKNOWN_DATABASE)'),
      "The events' ClickHouse refuses: Database foyer does not exist. Check FOYER_EVENTS_URL.",
    ],
    [
      'that lacks a setting of 25.8',
      exception(
        404,
        115,
        "Setting json_type_escape_dots_in_keys is neither a builtin setting nor started with the prefix 'SQL_'. (UNKNOWN_SETTING)",
      ),
      /^The events' ClickHouse is older than the 25\.8 that Foyer needs: Setting json_type/,
    ],
    [
      'that is older than 25.8',
      version('25.3.9.1'),
      'The events are in ClickHouse 25.3.9.1; Foyer needs version 25.8 or later.',
    ],
    [
      'that is a web site',
      (_request, response) => response.end('<!doctype html><h1>Welcome</h1>'),
      /^The events' ClickHouse does not answer like one: .*Check FOYER_EVENTS_URL\.$/,
    ],
    [
      'that is a web site without such a page',
      (_request, response) => response.writeHead(404).end('Not here\n<p>'),
      "The events' ClickHouse does not answer like one: Not here. Check FOYER_EVENTS_URL.",
    ],
    [
      'that is some other service of JSON',
      (_request, response) => response.end('{}'),
      "The events' ClickHouse does not answer like one: it does not tell its version. Check FOYER_EVENTS_URL.",
    ],
  ])('%s stops the start at once', async (_what, listener, message) => {
    const said = await refused(await listen(listener))
    if (typeof message === 'string') expect(said).toBe(message)
    else expect(said).toMatch(message)
  })

  it.each(['25.8.1.1', '25.12.3.4', '26.1.0.1'])('of version %s is taken', async (name) => {
    await reachEvents(open(await listen(version(name))))
  })

  it('that begins to listen a little later is waited for', async () => {
    let asked = 0
    const port = await listen((request, response) => {
      asked += 1
      if (asked < 3) return void request.socket.destroy()
      version('25.8.1.1')(request, response)
    })
    await reachEvents(open(port))
    expect(asked).toBeGreaterThanOrEqual(3)
  })

  it('whose user may not make tables names the right and the setting', async () => {
    const message =
      "foyer: Not enough privileges. To execute this query, it's necessary to have the grant CREATE TABLE ON foyer.foyer_migration. (ACCESS_DENIED)"
    const port = await listen(exception(403, 497, message))
    await expect(migrateEvents(open(port), [])).rejects.toThrow(
      /^The events' ClickHouse refuses: .*the grant CREATE TABLE ON foyer\.foyer_migration\. Grant it to the user of FOYER_EVENTS_URL\.$/,
    )
  })
})

describe('where no server is', () => {
  it('the log says so once, and the start stops in time', async () => {
    const port = await listen(() => undefined)
    await new Promise((resolve) => server!.close(resolve))
    const lines: string[] = []
    const log = { warn: (line: string) => void lines.push(line) } as unknown as NonNullable<
      ReachOptions['log']
    >
    expect(await refused(port, { log, reachMsMax: 600, reachWarnMs: 50 })).toBe(
      `The events' ClickHouse could not be reached for 0.6 s: connect ECONNREFUSED 127.0.0.1:${port}. Check FOYER_EVENTS_URL.`,
    )
    expect(lines).toEqual(["the events' ClickHouse does not answer; tried for 0.6 s before the start fails"])
  })

  it('one that takes connections and is silent stops the start in time', async () => {
    expect(await refused(await listen(() => undefined), { reachMsMax: 300 })).toBe(
      "The events' ClickHouse could not be reached for 0.3 s: no answer. Check FOYER_EVENTS_URL.",
    )
  })

  it('an instance that has run goes on trying', async () => {
    const port = await listen(() => undefined)
    await expect(reachEvents(open(port), { reachMsMax: 50 })).rejects.toMatchObject({ mayPass: true })
  })
})

describe('the setting', () => {
  const read = (value: string) => eventsSettings.url.schema.safeParse(value).success

  it.each(['', 'http://foyer:s%2Fecret@clickhouse:8123/foyer', 'https://clickhouse.example/foyer'])(
    'takes %j',
    (value) => expect(read(value)).toBe(true),
  )

  it.each([
    ['a port that there cannot be', 'http://foyer:secret@clickhouse:99999/foyer'],
    ['a password with a sign that is not written as one', 'http://foyer:50%@clickhouse:8123/foyer'],
    ['no database', 'http://foyer:secret@clickhouse:8123'],
    ['another protocol', 'clickhouse://foyer:secret@clickhouse:9000/foyer'],
  ])('refuses %s', (_what, value) => expect(read(value)).toBe(false))
})
