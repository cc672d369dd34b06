import { createServer, type AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { databaseUrl } from '../../../test/start-records-process.ts'
import { StartupError } from '../../platform/errors.ts'
import { createLogger } from '../../platform/log.ts'
import type { ReachOptions } from '../reach.ts'
import { migrateRecords } from './migrate-records.ts'
import { openRecords } from './open-records.ts'
import type { Records } from './records.ts'

const SECRET = 'the-password-of-nobody'

let records: Records | undefined
afterEach(() => records?.close())

async function refused(url: string, options: ReachOptions = {}): Promise<string> {
  const log = createLogger({ role: 'test', level: 'silent' })
  records = openRecords(url, { log, patienceMs: 50 })
  const error = await migrateRecords(records, [], options).then(
    () => expect.fail('it was reached'),
    (reason: unknown) => reason as Error,
  )
  expect(error).toBeInstanceOf(StartupError)
  expect(error.message).not.toContain(SECRET)
  expect(error.message).toContain('FOYER_RECORDS_URL')
  return error.message
}

it('a port where nobody listens is said once in the log, and stops the start in time', async () => {
  const lines: string[] = []
  const log = { warn: (line: string) => void lines.push(line) } as unknown as NonNullable<ReachOptions['log']>
  const port = await freePort()
  const url = `postgres://foyer:${SECRET}@127.0.0.1:${port}/foyer`
  const said = await refused(url, { log, reachMsMax: 600, reachWarnMs: 50 })
  expect(said).toContain(`ECONNREFUSED 127.0.0.1:${port}`)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('does not answer')
})

const server = process.env['TEST_POSTGRES_URL']

it.runIf(server)('a role that there is not, or a wrong password, stops the start at once', async () => {
  const url = new URL(server!)
  url.username = 'foyer_nobody'
  url.password = SECRET
  expect(await refused(url.href)).toContain('foyer_nobody')
})

it.runIf(server)('a database that there is not stops the start at once', async () => {
  expect(await refused(databaseUrl(server!, 'foyer_nowhere'))).toContain('foyer_nowhere')
})

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
