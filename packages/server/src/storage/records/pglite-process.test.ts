import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StartupError } from '../../platform/errors.ts'
import { createLogger } from '../../platform/log.ts'
import type { TestRecordsProcessOptions } from '../../../test/records-process.ts'
import { queueBytes, runQueue, walBytes } from '../../../test/queue-load.ts'
import { copyRecordsTemplate } from '../../../test/records.ts'
import { startTestRecordsProcess, type TestRecordsProcess } from '../../../test/start-records-process.ts'
import { openRecords } from './open-records.ts'
import type { Records } from './records.ts'

/** What only the embedded records have to prove: a server of PostgreSQL does these by itself. */

let base: string
let folder: string
let socketFolder: string
let running: TestRecordsProcess[]
let opened: Records[]

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'foyer-pglite-'))
  folder = join(base, 'records')
  socketFolder = join(base, 'run')
  running = []
  opened = []
})
afterEach(async () => {
  for (const records of opened) await records.close()
  for (const { kill } of running) await kill()
  rmSync(base, { recursive: true, force: true })
})

async function start(
  options: Partial<TestRecordsProcessOptions> = {},
  traceFile?: string,
): Promise<TestRecordsProcess> {
  const started = await startTestRecordsProcess({ folder, socketFolder, ...options }, traceFile)
  running.push(started)
  return started
}

function open(patienceMs = 10_000): Records {
  const records = openRecords(
    { socketFolder },
    { log: createLogger({ role: 'test', level: 'silent' }), patienceMs },
  )
  opened.push(records)
  return records
}

function canTrace(): boolean {
  return spawnSync('strace', ['-e', 'trace=none', 'true']).status === 0
}

describe('durability', () => {
  it('each commit waits for one fsync, and what only reads for none', async () => {
    copyRecordsTemplate(folder)
    const fsyncCountFile = join(base, 'fsyncs')
    await start({ fsyncCountFile })
    const { pool } = open()
    const fsyncs = (): number => statSync(fsyncCountFile).size
    await pool.query('CREATE TABLE row (id int)')
    let before = fsyncs()
    for (let id = 0; id < 100; id += 1) await pool.query('INSERT INTO row VALUES ($1)', [id])
    expect(fsyncs() - before).toBe(100)

    before = fsyncs()
    for (let id = 0; id < 100; id += 1) await pool.query('SELECT * FROM row')
    expect(fsyncs() - before).toBe(0)

    const client = await pool.connect()
    await client.query('BEGIN')
    for (let id = 0; id < 100; id += 1) await client.query('INSERT INTO row VALUES ($1)', [id])
    expect(fsyncs() - before).toBe(0)
    await client.query('COMMIT')
    client.release()
    expect(fsyncs() - before).toBe(1)
  })

  it.skipIf(!canTrace())('the kernel sees these fsyncs on the log (strace)', async () => {
    copyRecordsTemplate(folder)
    const traceFile = join(base, 'trace')
    await start({}, traceFile)
    const { pool } = open()
    await pool.query('CREATE TABLE row (id int)')
    const fsyncs = (): number =>
      readFileSync(traceFile, 'utf8').match(/fsync\(\d+<.*\/pg_wal\/\w+>/g)?.length ?? 0
    const before = fsyncs()
    for (let id = 0; id < 50; id += 1) await pool.query('INSERT INTO row VALUES ($1)', [id])
    expect(fsyncs() - before).toBe(50)
  })

  it('a checkpoint brings files and folders to the disk', async () => {
    copyRecordsTemplate(folder)
    const fsyncCountFile = join(base, 'fsyncs')
    await start({ fsyncCountFile })
    const { pool } = open()
    await pool.query('CREATE TABLE row AS SELECT generate_series(1, 1000) AS id')
    const before = statSync(fsyncCountFile).size
    await pool.query('CHECKPOINT')
    expect(statSync(fsyncCountFile).size - before).toBeGreaterThan(3)
  })

  it('an fsync that fails ends the process, and nothing is acknowledged after it', async () => {
    copyRecordsTemplate(folder)
    const fsyncFailureFile = join(base, 'disk-is-gone')
    const engine = await start({ fsyncFailureFile, isQuiet: true })
    const records = open(0)
    await records.pool.query('CREATE TABLE row (id int)')
    await records.pool.query('INSERT INTO row VALUES (1)')
    writeFileSync(fsyncFailureFile, '')
    const inserts = await Promise.allSettled(
      Array.from({ length: 5 }, () => records.pool.query('INSERT INTO row VALUES (2)')),
    )
    expect(inserts.map(({ status }) => status)).toEqual(Array(5).fill('rejected'))
    expect(await engine.exited).toEqual({ code: null, signal: 'SIGKILL' })

    rmSync(fsyncFailureFile)
    await start()
    const { rows } = await open().pool.query('SELECT count(*)::int AS acknowledged FROM row WHERE id = 1')
    expect(rows).toEqual([{ acknowledged: 1 }])
  })

  it('kill -9 amid inserts loses no acknowledged row', async () => {
    copyRecordsTemplate(folder)
    let engine = await start()
    const acknowledged: number[] = []
    await open().pool.query('CREATE TABLE row (id int PRIMARY KEY)')
    let next = 0
    for (let round = 0; round < 3; round += 1) {
      const records = open(0)
      const killAt = acknowledged.length + 150
      const writer = async (): Promise<void> => {
        for (;;) {
          const id = next++
          await records.pool.query('INSERT INTO row VALUES ($1)', [id])
          acknowledged.push(id)
          if (acknowledged.length === killAt) engine.child.kill('SIGKILL')
        }
      }
      await Promise.allSettled(Array.from({ length: 8 }, writer))
      await engine.exited
      engine = await start()
    }
    const { rows } = await open().pool.query<{ id: number }>('SELECT id FROM row')
    const kept = new Set(rows.map(({ id }) => id))
    expect(acknowledged.length).toBeGreaterThanOrEqual(450)
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([])
  })

  it('a client rides over a restart of the engine', async () => {
    copyRecordsTemplate(folder)
    const engine = await start()
    const records = open(60_000)
    await records.pool.query('CREATE TABLE row (id int)')
    await engine.kill()
    const insert = records.pool.query('INSERT INTO row VALUES (1)')
    await start()
    await insert
    expect((await records.pool.query('SELECT id FROM row')).rows).toEqual([{ id: 1 }])
  })

  it('a client says store.unavailable when the engine stays away', async () => {
    copyRecordsTemplate(folder)
    const engine = await start()
    const records = open(0)
    const client = await records.pool.connect()
    await client.query('BEGIN')
    const waiting = records.pool.query('SELECT 1')
    const refused = expect(waiting).rejects.toMatchObject({ code: 'store.unavailable' })
    await engine.kill()
    await refused
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: 'store.unavailable' })
    client.release(true)
    await expect(records.pool.query('SELECT 1')).rejects.toMatchObject({ code: 'store.unavailable' })
  })
})

describe('the folder', () => {
  it('is made whole at a first start, with no database that nobody vacuums', async () => {
    await start({ isDurable: true })
    const { rows } = await open().pool.query('SELECT datname AS name FROM pg_database')
    expect(rows).toEqual([{ name: 'postgres' }])
    expect(existsSync(`${folder}.new`)).toBe(false)
  })

  it('of a first start that was cut off is begun again', async () => {
    mkdirSync(`${folder}.new/base`, { recursive: true })
    writeFileSync(`${folder}.new/PG_VERSION`, '18\n')
    await start({ isDurable: false })
    expect((await open().pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  })

  it('keeps what was written over an orderly stop, which leaves nothing to recover', async () => {
    copyRecordsTemplate(folder)
    const engine = await start({ isDurable: false })
    const records = open()
    await records.pool.query('CREATE TABLE row AS SELECT 1 AS id')
    await records.close()
    opened = []
    await engine.stop()
    expect((await engine.exited).code).toBe(0)
    await start({ isDurable: false })
    expect((await open().pool.query('SELECT id FROM row')).rows).toEqual([{ id: 1 }])
  })

  it('lets a second process not in', async () => {
    copyRecordsTemplate(folder)
    const first = await start({ isDurable: false })
    const second = start({ socketFolder: join(base, 'other'), lockWaitMs: 100 })
    await expect(second).rejects.toThrow(StartupError)
    await expect(second).rejects.toThrow('Another process uses the records')
    expect((await open().pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    await first.kill()
    await start({ socketFolder: join(base, 'other'), isDurable: false })
  })

  it('that holds something else is left alone', async () => {
    mkdirSync(folder)
    writeFileSync(join(folder, 'thesis.txt'), 'mine')
    await expect(start({ isDurable: false })).rejects.toThrow('holds something else than records')
    expect(readdirSync(folder)).toEqual(['thesis.txt'])
  })

  it('of another version of PostgreSQL is refused', async () => {
    mkdirSync(folder)
    writeFileSync(join(folder, 'PG_VERSION'), '17\n')
    await expect(start({ isDurable: false })).rejects.toThrow('were written by PostgreSQL 17')
  })
})

describe('maintenance', () => {
  const NARROW = { lookMs: 20, checkpointBytes: 8_000_000, deadRowsMin: 500 }
  const LOAD = { updates: 20_000, bodyBytes: 4_000 }
  const QUEUE_BYTES_MAX = 32_000_000
  const WAL_BYTES_MAX = 64 * 1024 ** 2

  it('keeps the log and a hot queue table bounded over 20,000 updates', async () => {
    copyRecordsTemplate(folder)
    await start({ maintenance: NARROW, isDurable: false })
    const records = open()
    await runQueue(records, LOAD)
    expect(await queueBytes(records)).toBeLessThan(QUEUE_BYTES_MAX)
    expect(walBytes(folder)).toBeLessThanOrEqual(WAL_BYTES_MAX)
  })

  it('is what bounds them: without it both grow beyond', async () => {
    copyRecordsTemplate(folder)
    await start({ maintenance: { lookMs: 3_600_000 }, isDurable: false })
    const records = open()
    await runQueue(records, LOAD)
    expect(await queueBytes(records)).toBeGreaterThan(QUEUE_BYTES_MAX)
    expect(walBytes(folder)).toBeGreaterThan(WAL_BYTES_MAX)
  })

  it('renews the figures of the planner after many rows came', async () => {
    copyRecordsTemplate(folder)
    await start({ maintenance: NARROW, isDurable: false })
    const { pool } = open()
    await pool.query('CREATE TABLE row AS SELECT generate_series(1, 10000) AS id')
    await vi.waitFor(
      async () => {
        const { rows } = await pool.query(
          `SELECT reltuples::int AS count FROM pg_class WHERE relname = 'row'`,
        )
        expect(rows).toEqual([{ count: 10_000 }])
      },
      { timeout: 20_000 },
    )
  })
})
