import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copyRecordsTemplate } from '../../../test/records.ts'
import { makeSmallDisk, mayMount, type SmallDisk } from '../../../test/small-disk.ts'
import { startTestRecordsProcess, type TestRecordsProcess } from '../../../test/start-records-process.ts'
import { createLogger } from '../../platform/log.ts'
import { openRecords } from './open-records.ts'
import { isFull, isUnavailable } from './record-errors.ts'
import type { Records } from './records.ts'

describe('an error of the store', () => {
  it.each([
    ['53100', { isFull: true, isUnavailable: false }],
    ['ENOSPC', { isFull: true, isUnavailable: false }],
    ['53200', { isFull: false, isUnavailable: true }],
    ['53300', { isFull: false, isUnavailable: true }],
    ['53400', { isFull: false, isUnavailable: false }],
    ['23505', { isFull: false, isUnavailable: false }],
  ])('of code %s says of room and reach %o', (code, expected) => {
    const wrapped = new Error('Failed query', { cause: Object.assign(new Error(), { code }) })
    expect({ isFull: isFull(wrapped), isUnavailable: isUnavailable(wrapped) }).toEqual(expected)
  })
})

describe.runIf(mayMount)('embedded records on a full disk', () => {
  let disk: SmallDisk
  let engine: TestRecordsProcess
  let records: Records

  beforeEach(async () => {
    disk = makeSmallDisk(150)
    const folder = join(disk.folder, 'records')
    const socketFolder = join(disk.folder, 'run')
    copyRecordsTemplate(folder)
    engine = await startTestRecordsProcess({ folder, socketFolder })
    records = openRecords({ socketFolder }, { log: createLogger({ role: 'test', level: 'silent' }) })
    await records.pool.query('CREATE TABLE row (id int PRIMARY KEY, body text)')
  })
  afterEach(async () => {
    await records.close()
    await engine.kill()
    disk.remove()
  })

  async function write(id: number, query = records.pool.query.bind(records.pool)): Promise<void> {
    await query('INSERT INTO row VALUES ($1, $2)', [id, 'x'.repeat(1_000)])
  }

  async function writeUntilRefused(): Promise<{ error: unknown; written: number }> {
    for (let written = 0; written < 1_000; written += 1) {
      try {
        await write(written)
      } catch (error) {
        return { error, written }
      }
    }
    throw new Error('the disk was never full')
  }

  it('refuse a write with store.full and when to try again, and keep what was written', async () => {
    disk.fill()
    const { error, written } = await writeUntilRefused()
    expect(error).toMatchObject({ code: 'store.full', status: 503, headers: { 'retry-after': '10' } })
    disk.makeRoom()
    const { rows } = await records.pool.query('SELECT count(*)::int AS count FROM row')
    expect(rows).toEqual([{ count: written }])
  })

  it('say the same inside a transaction', async () => {
    disk.fill()
    const { written } = await writeUntilRefused()
    const client = await records.pool.connect()
    await client.query('BEGIN')
    await expect(write(written, client.query.bind(client))).rejects.toMatchObject({ code: 'store.full' })
    await client.query('ROLLBACK')
    client.release()
  })

  it('fail their check from the first refused write until there is room, and only then', async () => {
    disk.fill()
    await records.check()
    await writeUntilRefused()
    await expect(records.check()).rejects.toMatchObject({ code: 'store.full' })
    await expect(records.check()).rejects.toMatchObject({ code: 'store.full' })
    // What only reads goes on.
    expect((await records.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    disk.makeRoom()
    await records.check()
    await write(1_000)
  })
})
