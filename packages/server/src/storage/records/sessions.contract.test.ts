import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import type { PoolClient } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestRecords, recordsBackends, type TestRecords } from '../../../test/records.ts'

/** What any back end of the records has to do about connections: those that die, that stay silent, that keep something. */
describe.each(recordsBackends())('sessions of the records on %s', (backend) => {
  let records: TestRecords
  beforeAll(async () => {
    records = await openTestRecords({ backend })
    await records.pool.query('CREATE TABLE counter (name text PRIMARY KEY, value integer NOT NULL)')
  })
  afterAll(() => records.close())

  async function valueOf(name: string): Promise<number | undefined> {
    const { rows } = await records.pool.query('SELECT value FROM counter WHERE name = $1', [name])
    return (rows as { value: number }[])[0]?.value
  }

  async function startCounter(name: string): Promise<void> {
    await records.pool.query('INSERT INTO counter VALUES ($1, 0)', [name])
  }

  describe('leases', () => {
    it('a client process that dies in a transaction leaves nothing of it', async () => {
      await startCounter('killed')
      const child = fork(
        fileURLToPath(new URL('../../../test/records-client.ts', import.meta.url)),
        [
          JSON.stringify({
            address: records.address,
            sql: `UPDATE counter SET value = 9 WHERE name = 'killed'`,
          }),
        ],
        { execArgv: [] },
      )
      await once(child, 'message')
      const update = records.pool.query(`UPDATE counter SET value = value + 1 WHERE name = 'killed'`)
      const killedAt = performance.now()
      child.kill('SIGKILL')
      await update
      // Well before the limit of a silent transaction, which would free it too.
      expect(performance.now() - killedAt).toBeLessThan(5_000)
      expect(await valueOf('killed')).toBe(1)
    })

    it('a transaction in which nothing happens for too long is rolled back and told so', async () => {
      const idleInTransactionMsMax = 200
      const impatient = await openTestRecords({
        backend,
        idleInTransactionMsMax,
        process: { wire: { idleInTransactionMsMax } },
      })
      try {
        await impatient.pool.query('CREATE TABLE trace (word text)')
        const client = await impatient.pool.connect()
        const failed = new Promise<Error>((resolve) => client.on('error', resolve))
        await client.query('BEGIN')
        await client.query("INSERT INTO trace VALUES ('mine')")
        expect(await failed).toMatchObject({ code: '25P03' })
        await expect(client.query('COMMIT')).rejects.toThrow()
        client.release(true)
        expect((await impatient.pool.query('SELECT * FROM trace')).rows).toEqual([])
      } finally {
        await impatient.close()
      }
    })

    it('a connection that is closed in a transaction rolls back', async () => {
      await startCounter('closed')
      const client = await records.pool.connect()
      await client.query('BEGIN')
      await client.query(`UPDATE counter SET value = 5 WHERE name = 'closed'`)
      client.release(true)
      expect(await valueOf('closed')).toBe(0)
    })

    it('transactions get their turn though others keep coming', async () => {
      await startCounter('turns')
      const over = new AbortController()
      const busy = async (): Promise<void> => {
        while (!over.signal.aborted) await records.pool.query('SELECT 1')
      }
      const crowd = Array.from({ length: 6 }, busy)
      for (let round = 0; round < 20; round += 1) {
        await records.db.transaction(async (tx) => {
          await tx.execute(sql`UPDATE counter SET value = value + 1 WHERE name = 'turns'`)
        })
      }
      over.abort()
      await Promise.all(crowd)
      expect(await valueOf('turns')).toBe(20)
    })
  })

  describe('what a session keeps', () => {
    it('settings and temporary tables of one client do not reach another', async () => {
      const [first, second] = [await records.pool.connect(), await records.pool.connect()]
      try {
        await records.pool.query('CREATE TABLE shown AS SELECT 1 AS id')
        await first.query('CREATE TEMP TABLE shown AS SELECT 2 AS id')
        await first.query("SET TimeZone = 'Asia/Tokyo'")
        await first.query("SELECT set_config('search_path', 'nowhere', false)")
        const { rows } = await second.query(`SELECT id, current_setting('TimeZone') AS zone FROM shown`)
        expect(rows).toEqual([{ id: 1, zone: 'UTC' }])
      } finally {
        first.release(true)
        second.release()
      }
    })

    it('what is set for a transaction lasts as long as that', async () => {
      await records.db.transaction(async (tx) => {
        await tx.execute(sql`SET LOCAL TimeZone = 'Asia/Tokyo'`)
        const { rows } = await tx.execute(sql`SELECT current_setting('TimeZone') AS zone`)
        expect(rows).toEqual([{ zone: 'Asia/Tokyo' }])
      })
      const { rows } = await records.pool.query(`SELECT current_setting('TimeZone') AS zone`)
      expect(rows).toEqual([{ zone: 'UTC' }])
    })
  })

  describe('prepared statements', () => {
    it('of one name on many connections stay apart', async () => {
      const clients: PoolClient[] = []
      for (let index = 0; index < 5; index += 1) clients.push(await records.pool.connect())
      try {
        for (let round = 0; round < 3; round += 1) {
          const answers = await Promise.all(
            clients.map((client, index) =>
              client.query({ name: 'mine', text: `SELECT ${index} + $1::int AS sum`, values: [round] }),
            ),
          )
          expect(answers.map(({ rows }) => rows)).toEqual(clients.map((_, index) => [{ sum: index + round }]))
        }
      } finally {
        for (const client of clients) client.release()
      }
    })

    it('can be prepared again by a connection that comes after one that is gone', async () => {
      for (let round = 0; round < 3; round += 1) {
        const client = await records.pool.connect()
        const { rows } = await client.query({ name: 'again', text: 'SELECT 1 AS one' })
        expect(rows).toEqual([{ one: 1 }])
        client.release(true)
      }
    })
  })
})
