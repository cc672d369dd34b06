import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { eventRow, ndjson, viewRevisionRow } from '../../../test/event-rows.ts'
import { killRounds } from '../../../test/events-kills.ts'
import { startEventsProcess } from '../../../test/events-process.ts'
import { openTestEvents, type TestEmbeddedEvents } from '../../../test/events.ts'
import { openEvents } from './clickhouse.ts'
import { migrateEvents } from './migrate.ts'

const count = z.object({ n: z.coerce.number() })
const SLOW = 'SELECT count() AS n FROM numbers(1000000000000) WHERE sipHash64(number) = 1'

describe('the events process', () => {
  test('a second process on the folder is told so, and the first goes on', async () => {
    await using store = disposable(await openTestEvents())
    await expect(
      startEventsProcess({ folder: store.folder, socketPath: `${store.socketPath}-2` }),
    ).rejects.toMatchObject({
      name: 'StartupError',
      message: expect.stringContaining('Another process has the events folder'),
    })
    await store.events.ping()
  })

  test('it refuses to start with too few threads', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foyer-threads-'))
    await expect(
      startEventsProcess({ folder, socketPath: join(folder, 's'), environment: { UV_THREADPOOL_SIZE: '4' } }),
    ).rejects.toMatchObject({
      name: 'StartupError',
      message: expect.stringContaining('UV_THREADPOOL_SIZE=16'),
    })
    rmSync(folder, { recursive: true })
  })

  test("the machine's time zone is ignored", async () => {
    await using store = disposable(
      await openTestEvents({ environment: { TZ: 'America/New_York' }, isMigrated: false }),
    )
    const client = createClient({ url: 'http://events', http_agent: agentOf(store.socketPath) })
    const answer = await client.query({
      query: `SELECT timezone() AS zone, toUnixTimestamp(toDateTime('2026-07-01 00:00:00')) AS at,
                toString(toStartOfDay(toDateTime(1782864000))) AS day`,
      format: 'JSONEachRow',
    })
    expect(await answer.json()).toEqual([{ zone: 'UTC', at: 1_782_864_000, day: '2026-07-01 00:00:00' }])
    await client.close()
  })

  test('through three kills every acknowledged row is there once, in the table and in the rollup', async () => {
    const found = await killRounds(3)
    expect(found).toEqual({
      acked: found.rows,
      rows: found.rows,
      distinct: found.rows,
      rollup: found.rows,
      torn: 0,
    })
  })

  test('what asks while the engine is away is told to come again, and functions are there after a restart', async () => {
    await using store = disposable(await openTestEvents())
    await store.process().kill()
    await expect(store.events.query('SELECT 1 AS n', { row: count })).rejects.toMatchObject({
      code: 'store.unavailable',
      headers: { 'Retry-After': '1' },
    })
    await expect(store.events.ping()).rejects.toMatchObject({ code: 'store.unavailable' })
    const late = store.events.insert('events', { ndjson: ndjson([eventRow()]), token: 'late' })
    await store.restart()
    await late
    expect(
      await store.events.query(
        'SELECT count() AS n FROM events WHERE foyer_person(subject) = 1 AND foyer_visible(subject, consent_mask, 16)',
        { row: count },
      ),
    ).toEqual([{ n: 1 }])
  })

  test('an insert gives up in its time when the engine stays away', async () => {
    await using store = disposable(await openTestEvents({ options: { retryMsMax: 200 } }))
    await store.process().kill()
    await expect(
      store.events.insert('events', { ndjson: ndjson([eventRow()]), token: 't' }),
    ).rejects.toMatchObject({ code: 'store.unavailable' })
  })

  test('a purpose of zero shows nobody, and one purpose does not stand for another', async () => {
    await using store = disposable(await openTestEvents())
    const visible = async (mask: number, purpose: number) =>
      (
        await store.events.query('SELECT toUInt8(foyer_visible(1, {mask:UInt32}, {purpose:UInt32})) AS n', {
          params: { mask, purpose },
          row: count,
        })
      )[0]!.n
    expect(await visible(4_294_967_295, 0)).toBe(0)
    expect(await visible(16, 16)).toBe(1)
    expect(await visible(16, 4)).toBe(0)
    expect(await visible(16, 20)).toBe(0)
    expect(await visible(4_294_967_295, 2_147_483_648)).toBe(1)
  })

  test('a clean end lets a short statement finish and ends a long one', async () => {
    await using store = disposable(await openTestEvents({ settings: { drainMsMax: 500 } }))
    const short = store.events.insert('view_revision', { ndjson: ndjson([viewRevisionRow()]), token: 'last' })
    const long = store.events.query(SLOW, { row: count }).catch((error: unknown) => error)
    await short
    expect(await store.process().close()).toBe(0)
    expect(await long).toMatchObject({ code: 'store.unavailable' })
    await store.restart()
    expect(await store.events.query('SELECT count() AS n FROM view_revision', { row: count })).toEqual([
      { n: 1 },
    ])
  })

  test('a server by its address is reached by the same client', async () => {
    await using store = disposable(await openTestEvents({ isMigrated: false }))
    const proxy = createServer((socket) => socket.pipe(connect(store.socketPath)).pipe(socket))
    await once(proxy.listen(0, '127.0.0.1'), 'listening')
    const { port } = proxy.address() as AddressInfo
    const events = openEvents({ url: `http://foyer:secret@127.0.0.1:${port}/foyer` })
    await migrateEvents(events)
    await events.insert('events', { ndjson: ndjson([eventRow()]), token: 't' })
    expect(await events.query('SELECT count() AS n FROM events', { row: count })).toEqual([{ n: 1 }])
    await events.close()
    proxy.close()
    await expect(
      openEvents({ url: `http://127.0.0.1:${port}/foyer` }).query('SELECT 1 AS n', { row: count }),
    ).rejects.toMatchObject({ code: 'store.unavailable' })
  })

  test('the folder and the socket are for their owner alone, and nothing else is left beside them', async () => {
    await using store = disposable(await openTestEvents({ isMigrated: false }))
    await migrateEvents(store.events)
    expect(statSync(store.folder).mode & 0o777).toBe(0o700)
    expect(statSync(store.socketPath).mode & 0o777).toBe(0o600)
    expect(existsSync(join(store.folder, 'store'))).toBe(true)
  })
})

describe('the ClickHouse HTTP dialect', () => {
  let store: TestEmbeddedEvents
  let client: ClickHouseClient

  beforeAll(async () => {
    store = await openTestEvents({ settings: { bodyBytesMax: 2_000_000 } })
    client = createClient({
      url: 'http://events',
      database: 'foyer',
      http_agent: agentOf(store.socketPath),
      compression: { request: true, response: true },
      log: { level: ClickHouseLogLevel.OFF },
    })
    await client.command({ query: 'CREATE TABLE wire (n UInt32, text String) ENGINE = MergeTree ORDER BY n' })
  })
  afterAll(async () => {
    await client.close()
    await store.close()
  })

  test('the stock client streams rows in and out, compressed both ways', async () => {
    const rows = Array.from({ length: 5_000 }, (_, n) => ({ n, text: `row ${n} 😀` }))
    const { summary } = await client.insert({
      table: 'wire',
      values: Readable.from(rows),
      format: 'JSONEachRow',
    })
    expect(summary?.written_rows).toBe('5000')
    const answer = await client.query({ query: 'SELECT * FROM wire ORDER BY n', format: 'JSONEachRow' })
    const read: unknown[] = []
    for await (const chunk of answer.stream<{ n: number; text: string }>()) {
      for (const row of chunk) read.push(row.json())
    }
    expect(read).toEqual(rows)
  })

  test.each([
    ['CSV', '7001,"a,b"\n'],
    ['CSVWithNames', '"text","n"\n"a,b",7001\n'],
    ['TabSeparated', '7001\ta,b\n'],
    ['JSONCompactEachRow', '[7001,"a,b"]\n'],
  ])('%s goes in as it is', async (format, data) => {
    expect(
      (await ask(store.socketPath, `INSERT INTO wire FORMAT ${format}\n${data}`, '?database=foyer')).status,
    ).toBe(200)
    const [row] = await store.events.query('SELECT text AS value FROM wire WHERE n = 7001', {
      row: z.unknown(),
    })
    expect(row).toEqual({ value: 'a,b' })
    await client.command({ query: 'ALTER TABLE wire DELETE WHERE n = 7001 SETTINGS mutations_sync = 2' })
  })

  test('a format that cannot be inserted is refused by name', async () => {
    const answer = await ask(store.socketPath, 'INSERT INTO wire FORMAT Parquet\nPAR1', '?database=foyer')
    expect(answer).toMatchObject({ status: 404, code: '73', text: expect.stringContaining('not in Parquet') })
  })

  test('settings of one request are not those of the next', async () => {
    const value = async (settings: Record<string, string | number> = {}) => {
      const answer = await client.query({
        query: `SELECT getSetting('max_block_size') AS value`,
        format: 'JSONEachRow',
        clickhouse_settings: settings,
      })
      return (await answer.json<{ value: unknown }>())[0]!.value
    }
    const usual = await Promise.all(Array.from({ length: 8 }, () => value()))
    const asked = await Promise.all(Array.from({ length: 8 }, () => value({ max_block_size: '777' })))
    const after = await Promise.all(Array.from({ length: 8 }, () => value()))
    expect(asked).toEqual(Array.from({ length: 8 }, () => 777))
    expect(after).toEqual(usual)
  })

  test('a setting that is refused changes nothing for the next request', async () => {
    for (const name of ['max_memory_usage', 'max_block_size', 'max_execution_time']) {
      await expect(
        client.query({ query: 'SELECT 1', clickhouse_settings: { [name]: 'many' } }),
      ).rejects.toMatchObject({ type: expect.stringMatching(/^CANNOT_PARSE/) })
    }
    await expect(
      client.query({ query: 'SELECT 1', clickhouse_settings: { no_such_setting: 1 } }),
    ).rejects.toMatchObject({ code: '115', type: 'UNKNOWN_SETTING' })
    for (let lane = 0; lane < 8; lane++) {
      expect(await (await client.query({ query: 'SELECT 1 AS n', format: 'JSONEachRow' })).json()).toEqual([
        { n: 1 },
      ])
    }
  })

  test('limits of time, memory and size can be lowered by a request and not raised', async () => {
    const answer = await client.query({
      query: `SELECT getSetting('max_execution_time') AS t, getSetting('max_memory_usage') AS m`,
      format: 'JSONEachRow',
      clickhouse_settings: { max_execution_time: 100_000, max_memory_usage: '0' },
    })
    expect(await answer.json()).toEqual([{ t: 60, m: 1_000_000_000 }])
  })

  test.each([
    ['SET max_threads = 1', '48'],
    ['USE system', '48'],
    ["SELECT 1 INTO OUTFILE '/nowhere'", '48'],
    ['SELECT 1; SELECT 2', '62'],
    ['', '62'],
    ['-- nothing', '62'],
    ['SELEC 1', '62'],
    ['SELECT * FROM missing', '60'],
    ['SELECT {a:String}', '456'],
  ])('%j is refused with code %s', async (sql, code) => {
    const answer = await ask(store.socketPath, sql)
    expect(answer.code).toBe(code)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.text).toMatch(/^Code: \d+\. DB::Exception: [^]*\([A-Z_]+\)/)
  })

  test('a body beyond the limit is refused, plain or compressed, and the connection ends', async () => {
    const rows = Buffer.from('{"n":1,"text":"x"}\n'.repeat(150_000))
    const insert = `?database=foyer&query=${encodeURIComponent('INSERT INTO wire FORMAT JSONEachRow')}`
    for (const [body, headers] of [
      [rows, {}],
      [gzipSync(rows), { 'Content-Encoding': 'gzip' }],
    ] as const) {
      const answer = await ask(store.socketPath, body, insert, headers)
      expect(answer).toMatchObject({
        status: 413,
        text: expect.stringContaining('larger than 2000000 bytes'),
      })
    }
  })

  test('a body that is no gzip, an unknown encoding, another address and GET for a write are refused', async () => {
    expect(
      (await ask(store.socketPath, 'nonsense', '?query=SELECT+1', { 'Content-Encoding': 'gzip' })).status,
    ).toBe(500)
    expect((await ask(store.socketPath, 'x', '', { 'Content-Encoding': 'lz4' })).code).toBe('48')
    expect((await ask(store.socketPath, '', 'play')).status).toBe(404)
    expect((await ask(store.socketPath, null, '?query=DROP+TABLE+foyer.wire')).code).toBe('164')
    expect((await ask(store.socketPath, null, '?query=SELECT+1')).text).toBe('1\n')
    expect((await ask(store.socketPath, 'SELECT 1', '?session_id=s')).code).toBe('48')
    expect((await ask(store.socketPath, null, 'ping')).text).toBe('Ok.\n')
  })

  test('more statements than may wait are refused, and those that wait are answered', async () => {
    await using small = disposable(
      await openTestEvents({ settings: { readLanes: 1, waitingMax: 3 }, isMigrated: false }),
    )
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => ask(small.socketPath, 'SELECT sleep(0.05)')),
    )
    const refused = answers.filter(({ code }) => code === '202')
    expect(answers.filter(({ status }) => status === 200).length).toBe(4)
    expect(refused.length).toBe(8)
  })
})

function agentOf(socketPath: string): Agent {
  return new Agent({ socketPath, keepAlive: true } as ConstructorParameters<typeof Agent>[0])
}

/** A request without the client: POST with a body, GET without. */
function ask(
  socketPath: string,
  body: string | Buffer | null,
  address = '',
  headers: Record<string, string> = {},
): Promise<{ status: number; code: string | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { socketPath, path: `/${address}`, method: body === null ? 'GET' : 'POST', headers },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () =>
          resolve({
            status: response.statusCode!,
            code: response.headers['x-clickhouse-exception-code'] as string | undefined,
            text: Buffer.concat(chunks).toString(),
          }),
        )
      },
    )
    sent.once('error', reject)
    sent.end(body ?? undefined)
  })
}

function disposable<T extends { close(): Promise<void> }>(store: T): T & AsyncDisposable {
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() })
}
