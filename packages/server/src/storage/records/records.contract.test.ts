import { eq, sql } from 'drizzle-orm'
import { bigint, integer, jsonb, pgTable, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestRecords, recordsBackends, type TestRecords } from '../../../test/records.ts'
import { isForeignKeyViolation, isUniqueViolation, sqlState } from './record-errors.ts'

/**
 * What any back end of the records has to do. Where one differs, it is declared here and the test asserts the other
 * behaviour.
 */
const DIFFERENCES = {
  // One backend session serves everybody: transactions run one after another, so they never wait for a row or conflict.
  embedded: { transactionsOverlap: false },
  postgres: { transactionsOverlap: true },
} as const

const sample = pgTable(
  'sample',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    name: text('name').notNull(),
    big: bigint('big', { mode: 'bigint' }),
    at: timestamp('at', { withTimezone: true, precision: 3 }),
    properties: jsonb('properties').$type<unknown>(),
  },
  (table) => [uniqueIndex('sample_name').on(table.name)],
)

describe.each(recordsBackends())('records on %s', (backend) => {
  let records: TestRecords
  beforeAll(async () => {
    records = await openTestRecords({ backend })
    await records.pool.query(`
      CREATE TABLE sample (
        id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        name text NOT NULL,
        big bigint,
        at timestamptz(3),
        properties jsonb
      );
      CREATE UNIQUE INDEX sample_name ON sample (name);
      CREATE TABLE part (sample integer NOT NULL REFERENCES sample (id));
      CREATE TABLE counter (name text PRIMARY KEY, value integer NOT NULL)`)
  })
  afterAll(() => records.close())

  async function valueOf(name: string): Promise<number | undefined> {
    const { rows } = await records.pool.query('SELECT value FROM counter WHERE name = $1', [name])
    return (rows as { value: number }[])[0]?.value
  }

  async function startCounter(name: string): Promise<void> {
    await records.pool.query('INSERT INTO counter VALUES ($1, 0)', [name])
  }

  describe('types', () => {
    const ODD_TEXTS = [
      '',
      "it's",
      '\\ \\n \\u0041',
      '"double"',
      'a;b--c/*d*/',
      'tab\tnew\nline\r',
      '$1 %s {x} ?',
      '\u{1F9D1}\u200D\u{1F680} e\u0301 \u05D0 \u202E',
      'x'.repeat(100_000),
    ]

    it.each(ODD_TEXTS.map((text) => ({ text, shown: JSON.stringify(text.slice(0, 20)) })))(
      'text comes back as it went in: $shown',
      async ({ text }) => {
        const { rows } = await records.pool.query('SELECT $1::text AS text', [text])
        expect(rows).toEqual([{ text }])
      },
    )

    it('a text with a zero character is refused, as PostgreSQL does', async () => {
      await expect(records.pool.query('SELECT $1::text', ['a\0b'])).rejects.toMatchObject({ code: '22021' })
    })

    it('a timestamptz is a Date of the same millisecond, whatever zone it was written in', async () => {
      const { rows } = await records.pool.query(
        `SELECT '2026-03-29T03:30:00.123+02:00'::timestamptz AS at, $1::timestamptz AS given`,
        [new Date('2026-10-25T01:30:00.001Z')],
      )
      expect(rows).toEqual([
        { at: new Date('2026-03-29T01:30:00.123Z'), given: new Date('2026-10-25T01:30:00.001Z') },
      ])
    })

    it('a date and a timestamp without zone stay text, since a Date would move them', async () => {
      const { rows } = await records.pool.query(
        `SELECT '2026-01-31'::date AS day, '2026-01-31 12:00'::timestamp AS local`,
      )
      expect(rows).toEqual([{ day: '2026-01-31', local: '2026-01-31 12:00:00' }])
    })

    it('a bigint is a string, beyond what a number holds', async () => {
      const { rows } = await records.pool.query('SELECT $1::bigint AS big', ['9223372036854775807'])
      expect(rows).toEqual([{ big: '9223372036854775807' }])
    })

    it('json, arrays, booleans, bytes and null come back', async () => {
      const properties = { text: 'ü"\\', list: [1, null, { deep: true }], number: 1.5 }
      const { rows } = await records.pool.query(
        `SELECT $1::jsonb AS properties, $2::text[] AS list, true AS yes, $3::bytea AS bytes, null AS nothing`,
        [JSON.stringify(properties), ['a', 'b,"c'], Buffer.from([0, 255, 10])],
      )
      expect(rows).toEqual([
        { properties, list: ['a', 'b,"c'], yes: true, bytes: Buffer.from([0, 255, 10]), nothing: null },
      ])
    })

    it('the session is in UTC', async () => {
      const { rows } = await records.pool.query(`SELECT current_setting('TimeZone') AS zone`)
      expect(rows).toEqual([{ zone: 'UTC' }])
    })

    it('an answer of many megabytes arrives whole', async () => {
      const { rows } = await records.pool.query(
        `SELECT repeat('x', 1000) AS text FROM generate_series(1, 20000)`,
      )
      expect(rows).toHaveLength(20_000)
    })
  })

  describe('transactions', () => {
    it('20 clients that read, wait and write one row lose no update', async () => {
      await startCounter('contended')
      const client = async (): Promise<void> => {
        for (let round = 0; round < 10; round += 1) {
          await records.db.transaction(async (tx) => {
            const { rows } = await tx.execute<{ value: number }>(
              sql`SELECT value FROM counter WHERE name = 'contended' FOR UPDATE`,
            )
            await new Promise((resolve) => setImmediate(resolve))
            await tx.execute(sql`UPDATE counter SET value = ${rows[0]!.value + 1} WHERE name = 'contended'`)
          })
        }
      }
      await Promise.all(Array.from({ length: 20 }, client))
      expect(await valueOf('contended')).toBe(200)
    })

    it('nobody sees what another has not committed', async () => {
      await startCounter('unseen')
      const seen: (number | undefined)[] = []
      let look: Promise<void> | undefined
      await records.db.transaction(async (tx) => {
        await tx.execute(sql`UPDATE counter SET value = 1 WHERE name = 'unseen'`)
        look = valueOf('unseen').then((value) => void seen.push(value))
        await tx.execute(sql`UPDATE counter SET value = 2 WHERE name = 'unseen'`)
      })
      await look
      expect([0, 2]).toContain(seen[0])
    })

    it('an error rolls back all of it', async () => {
      await startCounter('undone')
      const failing = records.db.transaction(async (tx) => {
        await tx.execute(sql`UPDATE counter SET value = 7 WHERE name = 'undone'`)
        throw new Error('changed my mind')
      })
      await expect(failing).rejects.toThrow('changed my mind')
      expect(await valueOf('undone')).toBe(0)
    })

    it('a failed statement fails the rest of its transaction and nothing after it', async () => {
      const client = await records.pool.connect()
      try {
        await client.query('BEGIN')
        await expect(client.query('SELECT nonsense')).rejects.toMatchObject({ code: '42703' })
        await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' })
        await client.query('ROLLBACK')
        expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
      } finally {
        client.release()
      }
    })

    it('a savepoint takes back its part only', async () => {
      await startCounter('savepoint')
      await records.db.transaction(async (tx) => {
        await tx.execute(sql`UPDATE counter SET value = 1 WHERE name = 'savepoint'`)
        await tx
          .transaction(async (inner) => {
            await inner.execute(sql`UPDATE counter SET value = 2 WHERE name = 'savepoint'`)
            throw new Error('inner')
          })
          .catch(() => undefined)
      })
      expect(await valueOf('savepoint')).toBe(1)
    })

    it('two serializable transactions that depend on each other never both commit on stale reads', async () => {
      const { transactionsOverlap } = DIFFERENCES[backend]
      await startCounter('left')
      await startCounter('right')
      let readers = 0
      const bothHaveRead = Promise.withResolvers<void>()
      const copyInto = (to: string, from: string): Promise<void> =>
        records.db.transaction(
          async (tx) => {
            const { rows } = await tx.execute<{ value: number }>(
              sql`SELECT value FROM counter WHERE name = ${from}`,
            )
            if (++readers === 2) bothHaveRead.resolve()
            if (transactionsOverlap) await bothHaveRead.promise
            await tx.execute(sql`UPDATE counter SET value = ${rows[0]!.value + 1} WHERE name = ${to}`)
          },
          { isolationLevel: 'serializable' },
        )
      const results = await Promise.allSettled([copyInto('left', 'right'), copyInto('right', 'left')])
      const refused = results.filter((result) => result.status === 'rejected')
      expect(refused.map(({ reason }) => sqlState(reason))).toEqual(transactionsOverlap ? ['40001'] : [])
      const values = [await valueOf('left'), await valueOf('right')].sort()
      expect(values).toEqual(transactionsOverlap ? [0, 1] : [1, 2])
    })

    it('advisory locks of a transaction let one in at a time', async () => {
      let inside = 0
      let most = 0
      await Promise.all(
        Array.from({ length: 8 }, () =>
          records.db.transaction(async (tx) => {
            await tx.execute(sql`SELECT pg_advisory_xact_lock(42)`)
            most = Math.max(most, ++inside)
            await new Promise((resolve) => setImmediate(resolve))
            inside -= 1
          }),
        ),
      )
      expect(most).toBe(1)
    })

    it('claims with SKIP LOCKED give each row to one claimer', async () => {
      await records.pool.query(
        `CREATE TABLE task AS SELECT i AS id, false AS is_taken FROM generate_series(1, 60) i`,
      )
      const claims = await Promise.all(
        Array.from({ length: 12 }, () =>
          records.pool.query<{ id: number }>(
            `UPDATE task SET is_taken = true
             WHERE id IN (SELECT id FROM task WHERE NOT is_taken ORDER BY id LIMIT 5 FOR UPDATE SKIP LOCKED)
             RETURNING id`,
          ),
        ),
      )
      const ids = claims.flatMap(({ rows }) => rows.map(({ id }) => id))
      expect(new Set(ids).size).toBe(ids.length)
      if (!DIFFERENCES[backend].transactionsOverlap) expect(ids).toHaveLength(60)
    })
  })

  describe('refusals', () => {
    it('of 100 concurrent inserts of one key one wins, and the others are told why', async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 100 }, () => records.db.insert(sample).values({ name: 'wanted' })),
      )
      const refused = results.filter((result) => result.status === 'rejected')
      expect(refused).toHaveLength(99)
      for (const { reason } of refused) {
        expect(isUniqueViolation(reason, 'sample_name')).toBe(true)
        expect(isUniqueViolation(reason, 'another')).toBe(false)
      }
    })

    it('a reference to nothing is a foreign key violation and not a unique one', async () => {
      const error: unknown = await records.pool.query('INSERT INTO part VALUES (-1)').catch((e: unknown) => e)
      expect(isForeignKeyViolation(error)).toBe(true)
      expect(isUniqueViolation(error)).toBe(false)
    })

    it('errors of many kinds leave the pool as good as new', async () => {
      for (let round = 0; round < 30; round += 1) {
        await expect(records.pool.query('SELECT nonsense')).rejects.toThrow()
        await expect(records.pool.query('SELECT $1::int', ['text'])).rejects.toThrow()
        await expect(records.pool.query('SELECT 1 / $1::int', [0])).rejects.toMatchObject({ code: '22012' })
        const { rows } = await records.pool.query('SELECT $1::int AS round', [round])
        expect(rows).toEqual([{ round }])
      }
    })

    it('an error in the midst of concurrent queries mixes nobody up', async () => {
      const results = await Promise.all(
        Array.from({ length: 200 }, async (_, index) => {
          if (index % 5 === 0) {
            return records.pool.query('SELECT 1 / 0').catch((error: unknown) => sqlState(error))
          }
          const { rows } = await records.pool.query('SELECT $1::int AS index', [index])
          return (rows as { index: number }[])[0]!.index
        }),
      )
      expect(results).toEqual(results.map((_, index) => (index % 5 === 0 ? '22012' : index)))
    })
  })

  describe('drizzle', () => {
    it('inserts, selects, updates and deletes with the types of the schema', async () => {
      const row = {
        name: 'drizzle',
        big: 9_223_372_036_854_775_807n,
        at: new Date('2026-02-03T04:05:06.789Z'),
        properties: { list: [1, 'two'] },
      }
      const [inserted] = await records.db.insert(sample).values(row).returning()
      expect(inserted).toEqual({ id: inserted!.id, ...row })
      await records.db.update(sample).set({ properties: null }).where(eq(sample.id, inserted!.id))
      const [updated] = await records.db.select().from(sample).where(eq(sample.id, inserted!.id))
      expect(updated!.properties).toBeNull()
      await records.db.delete(sample).where(eq(sample.id, inserted!.id))
      expect(await records.db.$count(sample, eq(sample.id, inserted!.id))).toBe(0)
    })

    it('prepares by name', async () => {
      const byName = records.db
        .select()
        .from(sample)
        .where(eq(sample.name, sql.placeholder('name')))
        .prepare('sample_by_name')
      expect(await byName.execute({ name: 'nobody' })).toEqual([])
      expect(await byName.execute({ name: 'nobody else' })).toEqual([])
    })
  })
})
