import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openDataFolder, type DataFolder } from '../packages/server/src/cli/data-folder.ts'
import { raiseFormat } from '../packages/server/test/lmdb-format.ts'
import { makeSmallDisk, mayMount } from '../packages/server/test/small-disk.ts'
import { runCommand, startInstance, type TestInstance } from './instance.ts'
import { firstOperator, testApp } from './operator.ts'
import { commandEvents, queryEvents } from './stored-events.ts'

/** What goes wrong on real machines, tried on the real program: it says so clearly, and nothing is lost. */

const STACK_TRACE = /\n\s+at |node:internal|node_modules/

let instance: TestInstance
let keys: Awaited<ReturnType<typeof testApp>>

beforeAll(async () => {
  instance = await startInstance()
  keys = await testApp(await firstOperator(instance))
})
afterAll(() => instance?.close())

interface Sent {
  status: number
  text: string
  code?: string
  refused?: { index: number; code: string; field?: string; message: string }[]
}

async function send(body: string | Buffer, options: { key?: string; path?: string } = {}): Promise<Sent> {
  const { key = keys.serverKey, path = '/v1/batch' } = options
  const response = await fetch(`${instance.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body,
  })
  const text = await response.text()
  const json = text === '' ? {} : (JSON.parse(text) as Partial<Sent>)
  return { ...json, status: response.status, text }
}

const track = (fields: Record<string, unknown>) => ({
  type: 'track',
  event: 'Trouble',
  anonymousId: 'someone',
  timestamp: new Date().toISOString(),
  ...fields,
})

async function stored(name: string): Promise<number> {
  const [row] = await queryEvents<{ n: number }>(
    instance.dataFolder,
    `SELECT toUInt32(count()) AS n FROM events WHERE name = '${name}'`,
  )
  return row!.n
}

describe('a request that is wrong', () => {
  it.each([
    [
      'a wrong key',
      () => send(JSON.stringify({ batch: [track({})] }), { key: 'fw_nobody' }),
      401,
      'write_key.unknown',
    ],
    ['a body that is not JSON', () => send('{"batch": [', {}), 400, 'request.not_json'],
    [
      'a batch of 600 KB',
      () =>
        send(
          JSON.stringify({
            batch: Array.from({ length: 30 }, () => track({ properties: { pad: 'x'.repeat(20_000) } })),
          }),
        ),
      400,
      'batch.too_large',
    ],
  ])('is refused with its code: %s', async (_what, attempt, status, code) => {
    const answer = await attempt()
    expect({ status: answer.status, code: answer.code }).toEqual({ status, code })
    expect(answer.text).not.toMatch(STACK_TRACE)
  })

  it('refuses event by event, names the field, and keeps the others of the batch', async () => {
    const good = { event: 'Kept' }
    const answer = await send(
      JSON.stringify({
        batch: [
          track({ ...good, messageId: 'kept-1' }),
          track({ messageId: 'large', properties: { pad: 'x'.repeat(33_000) } }),
          track({ messageId: 'date', timestamp: 'yesterday' }),
          track({ messageId: 'old', timestamp: '1900-01-01T00:00:00Z' }),
          track({ messageId: 'ahead', timestamp: '2300-01-01T00:00:00Z' }),
          track({ messageId: 'nobody', anonymousId: undefined }),
          track({ ...good, messageId: 'kept-2', type: 'telepathy' }),
        ],
      }),
    )
    expect(answer.status).toBe(200)
    expect(answer.refused?.map(({ index, code }) => ({ index, code }))).toEqual([
      { index: 1, code: 'event.too_large' },
      { index: 2, code: 'event.invalid' },
      { index: 3, code: 'event.too_old' },
      { index: 4, code: 'event.in_future' },
      { index: 5, code: 'event.invalid' },
    ])
    for (const refusal of answer.refused ?? []) expect(refusal.message).not.toBe('')
    await vi.waitFor(async () => expect(await stored('Kept')).toBe(2), { timeout: 20_000 })
    expect(await stored('Trouble')).toBe(0)
  })

  it('stores an event that was sent 10,000 times once', async () => {
    const batch = Array.from({ length: 1_000 }, () => track({ event: 'Again', messageId: 'again' }))
    for (let round = 0; round < 10; round++) expect((await send(JSON.stringify({ batch }))).status).toBe(200)
    await vi.waitFor(async () => expect(await stored('Again')).toBe(1), { timeout: 30_000 })
    expect(
      (await send(JSON.stringify({ batch: [track({ event: 'After', messageId: 'after' })] }))).status,
    ).toBe(200)
    await vi.waitFor(async () => expect(await stored('After')).toBe(1), { timeout: 20_000 })
    expect(await stored('Again')).toBe(1)
  })
})

/** What a later version leaves in each store; the engines' while they run, LMDB's afterwards. */
const WRITTEN_BY_TOMORROW: Record<
  'RECORDS' | 'EVENTS' | 'the journal' | 'the recorder',
  { isRunning: boolean; write(folder: DataFolder): Promise<void> }
> = {
  RECORDS: {
    isRunning: true,
    async write({ recordsSocketFolder: host }) {
      const client = new Client({ host, port: 5432, user: 'foyer', database: 'foyer' })
      await client.connect()
      await client.query(
        `INSERT INTO foyer_migration (name, checksum, applied_at) VALUES ('9999_of_tomorrow', 'unknown', now())`,
      )
      await client.end()
    },
  },
  EVENTS: {
    isRunning: true,
    write: ({ root }) =>
      commandEvents(
        root,
        `INSERT INTO foyer_migration (name, checksum, done, total, at)
         SELECT '9999_of_tomorrow', 'unknown', 1, 1, now64(3)`,
      ),
  },
  'the journal': { isRunning: false, write: ({ journal }) => raiseFormat(journal) },
  'the recorder': { isRunning: false, write: ({ recorder }) => raiseFormat(recorder) },
}

describe('a start that cannot be', () => {
  it('says that another process uses the data folder', async () => {
    const { code, output } = await runCommand(['serve'], { dataFolder: instance.dataFolder })
    expect(code).toBe(78)
    expect(output).toContain('Another Foyer is using the data folder')
    expect(output).not.toMatch(STACK_TRACE)
    expect((await fetch(`${instance.url}/readyz`)).status).toBe(200)
  })

  it('says that the port is in use', async () => {
    const dataFolder = await mkdtemp(join(tmpdir(), 'foyer-port-'))
    const { code, output } = await runCommand(['serve'], {
      dataFolder,
      environment: { FOYER_PORT: new URL(instance.url).port },
    })
    await rm(dataFolder, { recursive: true })
    expect(code).toBe(78)
    expect(output).toMatch(/Port \d+ on 127\.0\.0\.1 is in use\. Set FOYER_PORT/)
    expect(output).not.toMatch(STACK_TRACE)
  })

  it('names a setting that is wrong', async () => {
    const { code, output } = await runCommand(['serve'], {
      dataFolder: instance.dataFolder,
      environment: { FOYER_PROT: '80', FOYER_LOG_LEVEL: 'loud' },
    })
    expect(code).toBe(78)
    expect(output).toContain('FOYER_PROT: no such setting')
    expect(output).toContain('FOYER_LOG_LEVEL: one of fatal, error')
  })

  it.each(Object.keys(WRITTEN_BY_TOMORROW) as (keyof typeof WRITTEN_BY_TOMORROW)[])(
    'says that a newer version wrote the data of %s',
    async (store) => {
      const newer = await startInstance()
      const folder = openDataFolder(newer.dataFolder)
      const { isRunning, write } = WRITTEN_BY_TOMORROW[store]
      if (isRunning) await write(folder)
      await newer.stop()
      if (!isRunning) await write(folder)
      const { code, output } = await runCommand(['serve'], { dataFolder: newer.dataFolder })
      await newer.close()
      expect(output).toContain('written by a newer Foyer')
      expect(output).toContain('Start that version, or restore a backup made by this one.')
      expect(output).not.toMatch(STACK_TRACE)
      expect(code).toBe(78)
    },
  )
})

/** Registers viewers until one is refused. Tells the refusal, and the addresses of those that were made. */
async function viewersUntilRefused(url: string, apiKey: string) {
  const authorization = `Bearer ${apiKey}`
  const made: string[] = []
  for (let index = 0; index < 500; index++) {
    const response = await fetch(`${url}/v1/viewers`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ service: 'cinema', externalId: `disk-${index}`, city: 'x'.repeat(100) }),
    })
    const text = await response.text()
    expect(text).not.toMatch(STACK_TRACE)
    const { id, code } = JSON.parse(text) as { id: string; code: string }
    if (response.status !== 201)
      return {
        made,
        refusal: { status: response.status, code, retryAfter: response.headers.get('retry-after') },
      }
    made.push(`${url}/v1/viewers/${id}?service=cinema`)
  }
  throw new Error('no viewer was refused')
}

describe.runIf(mayMount)('a full disk', () => {
  const MEGABYTES = 600

  it('ends a first start at once, says so, and leaves no half of a database behind', async () => {
    const disk = makeSmallDisk(20)
    try {
      const dataFolder = join(disk.folder, 'data')
      const { code, output } = await runCommand(['serve'], { dataFolder })
      expect(code).toBe(78)
      expect(output).toMatch(
        /^The disk that holds \S+ is full or nearly so: \d+ MB are free\. Make room .*\n$/,
      )
      expect(existsSync(join(dataFolder, 'records.new'))).toBe(false)
    } finally {
      disk.remove()
    }
  })

  it('ends a later start the same way, and the next one after room was made is well', async () => {
    const disk = makeSmallDisk(120)
    try {
      const dataFolder = join(disk.folder, 'data')
      await (await startInstance({ dataFolder })).stop()
      disk.fill()
      const { code, output } = await runCommand(['serve'], { dataFolder })
      expect(code).toBe(78)
      expect(output).toMatch(/^The disk that holds .*\n$/)
      disk.makeRoom()
      const again = await startInstance({ dataFolder })
      expect((await fetch(`${again.url}/readyz`)).status).toBe(200)
      await again.stop()
    } finally {
      disk.remove()
    }
  })

  it(
    'is answered by 503, loses nothing that was acknowledged, and is over when there is room again',
    { timeout: 240_000 },
    async () => {
      const disk = makeSmallDisk(MEGABYTES)
      let onDisk: TestInstance | undefined
      try {
        onDisk = await startInstance({ dataFolder: join(disk.folder, 'data') })
        const operator = await firstOperator(onDisk)
        const { apiKey } = operator
        const { serverKey } = await testApp(operator)
        const acked = new Set<string>()
        const attempt = async (id: string): Promise<number> => {
          const response = await fetch(`${onDisk!.url}/v1/batch`, {
            method: 'POST',
            headers: { authorization: `Basic ${Buffer.from(`${serverKey}:`).toString('base64')}` },
            body: JSON.stringify({
              batch: [track({ event: 'Disk', messageId: id, properties: { pad: 'x'.repeat(8_000) } })],
            }),
          })
          const text = await response.text()
          expect(text).not.toMatch(STACK_TRACE)
          if (response.status === 200) acked.add(id)
          else
            expect({ status: response.status, retryAfter: response.headers.get('retry-after') }).toEqual({
              status: 503,
              retryAfter: expect.any(String),
            })
          return response.status
        }
        for (let index = 0; index < 50; index++) await attempt(`before-${index}`)

        disk.fill()
        let refused = 0
        for (let index = 0; index < 400 && refused === 0; index++)
          if ((await attempt(`full-${index}`)) === 503) refused++
        expect(refused).toBeGreaterThan(0)

        const viewers = await viewersUntilRefused(onDisk.url, apiKey)
        expect(viewers.refusal).toEqual({
          status: 503,
          code: expect.stringMatching(/^store\./),
          retryAfter: expect.any(String),
        })
        expect((await fetch(`${onDisk.url}/readyz`)).status).toBe(503)

        disk.makeRoom()
        await vi.waitFor(async () => expect(await attempt('after')).toBe(200), {
          timeout: 60_000,
          interval: 250,
        })
        await vi.waitFor(async () => expect((await fetch(`${onDisk!.url}/readyz`)).status).toBe(200), {
          timeout: 60_000,
          interval: 250,
        })
        for (const url of viewers.made) {
          const answer = await fetch(url, { headers: { authorization: `Bearer ${apiKey}` } })
          expect(answer.status).toBe(200)
        }
        const folder = onDisk.dataFolder
        await vi.waitFor(
          async () => {
            const [row] = await queryEvents<{ n: number; d: number }>(
              folder,
              `SELECT toUInt32(count()) AS n, toUInt32(uniqExact(event_id)) AS d FROM events WHERE name = 'Disk'`,
            )
            expect(row).toEqual({ n: acked.size, d: acked.size })
          },
          { timeout: 60_000, interval: 250 },
        )
      } finally {
        await onDisk?.stop()
        disk.remove()
      }
    },
  )
})
