import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { eventRow, ndjson, viewRevisionRow } from '../../../test/event-rows.ts'
import { eventsBackends, type TestEvents } from '../../../test/events.ts'
import { Problem } from '../../platform/errors.ts'
import type { Events } from './events.ts'
import { defineReport } from './report.ts'

const SLOW = 'SELECT count() AS n FROM numbers(1000000000000) WHERE sipHash64(number) = 1'
const count = z.object({ n: z.coerce.number() })
const text = z.object({ value: z.string() })

describe.each(eventsBackends())('EVENTS on $name', (backend) => {
  let store: TestEvents
  let events: Events

  beforeAll(async () => {
    store = await backend.open()
    events = store.events
  })
  afterAll(() => store.close())

  const scalar = async (sql: string, params: Record<string, unknown> = {}) =>
    (await events.query(sql, { params, row: text }))[0]!.value
  const rowsIn = async (table: string, where = '1') =>
    (await events.query(`SELECT count() AS n FROM ${table} WHERE ${where}`, { row: count }))[0]!.n

  describe('parameters', () => {
    test.each([
      `it's`,
      `'; DROP TABLE events; --`,
      `\\`,
      `\\'`,
      `\\\\n`,
      'tab\tnewline\nreturn\r',
      'NUL \0 inside',
      '😀 é ﷽ \u2028',
      '{value:String}',
      '\\N',
      '',
    ])('the string %j arrives as it was sent', async (value) => {
      expect(await scalar('SELECT {value:String} AS value', { value })).toBe(value)
    })

    test('any string arrives as it was sent, alone and in an array', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 8 }),
          async (list) => {
            const rows = await events.query('SELECT {one:String} AS one, {list:Array(String)} AS list', {
              params: { one: list.join('|'), list },
              row: z.object({ one: z.string(), list: z.array(z.string()) }),
            })
            expect(rows).toEqual([{ one: list.join('|'), list }])
          },
        ),
        { numRuns: 60 },
      )
    })

    test('a long list of subjects arrives whole', async () => {
      const subjects = Array.from({ length: 20_000 }, (_, index) => String(2n ** 62n + BigInt(index)))
      const rows = await events.query(
        'SELECT length({s:Array(UInt64)}) AS n, arraySum({s:Array(UInt64)}) % 1000 AS m',
        {
          params: { s: subjects },
          row: z.object({ n: z.coerce.number(), m: z.coerce.number() }),
        },
      )
      const sum = subjects.reduce((total, subject) => (total + BigInt(subject)) % 2n ** 64n, 0n)
      expect(rows).toEqual([{ n: 20_000, m: Number(sum % 1000n) }])
    })

    test('null, dates, times and large numbers arrive exactly', async () => {
      const rows = await events.query(
        `SELECT {none:Nullable(String)} AS none, {day:Date32} AS day, {at:DateTime64(3)} AS at,
           {big:UInt64} AS big, {flag:Bool} AS flag`,
        {
          params: {
            none: null,
            day: '1900-01-01',
            at: new Date('2026-03-05T10:11:12.345Z'),
            big: 18_446_744_073_709_551_615n,
            flag: true,
          },
          row: z.unknown(),
        },
      )
      expect(rows).toEqual([
        {
          none: null,
          day: '1900-01-01',
          at: '2026-03-05 10:11:12.345',
          big: '18446744073709551615',
          flag: true,
        },
      ])
    })

    test('the same name in a string, a comment and an identifier is no parameter', async () => {
      expect(
        await scalar(`SELECT /* {a:String} */ concat('{a:String}', {a:String}) AS "value" -- {b:String}`, {
          a: '!',
        }),
      ).toBe('{a:String}!')
    })

    test('a parameter of the wrong type or a missing one is refused', async () => {
      await expect(scalar('SELECT toString({a:UInt8}) AS value', { a: 'x' })).rejects.toThrow()
      await expect(scalar('SELECT {a:String} AS value')).rejects.toThrow(/not set/)
    })

    test('a second statement is refused', async () => {
      await expect(scalar(`SELECT '1' AS value; SELECT '2' AS value`)).rejects.toThrow(
        /Multi-statements|Syntax/,
      )
    })
  })

  describe('inserts', () => {
    test('a token adds its rows once, in two months and in every rollup, and other tokens add theirs', async () => {
      const rows = (view: string) =>
        ndjson([
          viewRevisionRow({ service: 'once', view_id: view }),
          viewRevisionRow({
            service: 'once',
            view_id: view,
            bucket: '2026-04-01 00:00:00',
            local_date: '2026-04-01',
          }),
        ])
      for (const [token, view] of [
        ['a', 'v'],
        ['a', 'v'],
        ['b', 'v'],
        ['a', 'v'],
        ['c', 'w'],
        ['b', 'v'],
      ] as const) {
        await events.insert('view_revision', { ndjson: rows(view), token: `once:${token}` })
      }
      const service = `service = 'once'`
      expect(await rowsIn('view_revision', service)).toBe(6)
      for (const rollup of ['content', 'subject_title_day', 'subject_day']) {
        const [sum] = await events.query(
          `SELECT sum(starts) AS starts, sum(played_ms) AS played FROM ${rollup} WHERE ${service}`,
          { row: z.object({ starts: z.coerce.number(), played: z.coerce.number() }) },
        )
        expect(sum, rollup).toEqual({ starts: 6, played: 360_000 })
      }
    })

    test('one token in two tables that feed the same rollup counts both', async () => {
      const token = 'two-tables'
      await events.insert('events', { ndjson: ndjson([eventRow({ service: 'both' })]), token })
      await events.insert('view_revision', { ndjson: ndjson([viewRevisionRow({ service: 'both' })]), token })
      const [sum] = await events.query(
        `SELECT sum(events) AS events, sum(starts) AS starts FROM subject_day WHERE service = 'both'`,
        { row: z.object({ events: z.coerce.number(), starts: z.coerce.number() }) },
      )
      expect(sum).toEqual({ events: 1, starts: 1 })
    })

    test("one insert's token is not another's", async () => {
      await events.command(
        `CREATE TABLE token_leak (n UInt8) ENGINE = MergeTree ORDER BY n
         SETTINGS non_replicated_deduplication_window = 100`,
      )
      await events.insert('token_leak', { ndjson: '{"n":1}', token: 'leak' })
      await events.command('INSERT INTO token_leak VALUES (2)')
      await events.command('INSERT INTO token_leak VALUES (3)')
      expect(await rowsIn('token_leak')).toBe(3)
    })

    test('20,000 rows go in as one block, again and again', async () => {
      const rows = Array.from({ length: 20_000 }, (_, index) =>
        viewRevisionRow({ service: 'large', view_id: `v${index}`, subject: String(index + 1) }),
      )
      const batch = { ndjson: ndjson(rows), token: 'large' }
      await Promise.all([events.insert('view_revision', batch), events.insert('view_revision', batch)])
      await events.insert('view_revision', batch)
      expect(await rowsIn('view_revision', `service = 'large'`)).toBe(20_000)
      expect(await rowsIn('subject_day', `service = 'large'`)).toBe(20_000)
    })

    test('a row that does not fit refuses the whole insert', async () => {
      const rows = `${JSON.stringify(viewRevisionRow({ service: 'torn' }))}\n{"sign":"x"}`
      await expect(events.insert('view_revision', { ndjson: rows, token: 'torn' })).rejects.toThrow()
      await expect(
        events.insert('view_revision', { ndjson: '{"no_such_column":1}', token: 'torn-2' }),
      ).rejects.toThrow()
      expect(await rowsIn('view_revision', `service = 'torn'`)).toBe(0)
    })

    test('an insert without token or beyond 64 MB is refused before it is sent', async () => {
      await expect(events.insert('events', { ndjson: '{}', token: '' })).rejects.toThrow(/token/)
      await expect(events.insert('events', { ndjson: Buffer.alloc(64_000_001), token: 'x' })).rejects.toThrow(
        /64000000 bytes/,
      )
    })
  })

  describe('values', () => {
    test('subjects above 2^53, years 1900 to 2299 and properties come back as they went in', async () => {
      const properties = {
        title: `it's "quoted" 😀`,
        nested: { list: [1, 'two', null], big: '9007199254740993' },
      }
      for (const [index, year] of [1900, 1969, 2038, 2106, 2299].entries()) {
        const ts = `${year}-12-31 23:59:59.999`
        await events.insert('events', {
          ndjson: ndjson([
            eventRow({
              service: 'years',
              ts,
              local_date: '2026-03-05',
              subject: '9223372036854775807',
              seq: index,
              properties,
            }),
          ]),
          token: `years:${year}`,
        })
      }
      const rows = await events.query(
        `SELECT toString(ts) AS ts, subject, properties FROM events WHERE service = 'years' ORDER BY seq`,
        { row: z.object({ ts: z.string(), subject: z.string(), properties: z.unknown() }) },
      )
      expect(rows.map((row) => row.ts.slice(0, 4))).toEqual(['1900', '1969', '2038', '2106', '2299'])
      expect(rows.every((row) => row.ts.endsWith('-12-31 23:59:59.999'))).toBe(true)
      expect(new Set(rows.map((row) => row.subject))).toEqual(new Set(['9223372036854775807']))
      expect(rows[0]!.properties).toMatchObject({
        title: properties.title,
        nested: { big: '9007199254740993' },
      })
    })

    test('times are UTC', async () => {
      expect(await scalar(`SELECT toString(toDateTime('2026-07-01 00:00:00')) AS value`)).toBe(
        '2026-07-01 00:00:00',
      )
      expect(await scalar(`SELECT toString(toUnixTimestamp('1970-01-02 00:00:00')) AS value`)).toBe('86400')
    })

    test('a row that the schema does not take is an error and no row', async () => {
      await expect(events.query(`SELECT 'x' AS n`, { row: z.object({ n: z.number() }) })).rejects.toThrow(/n/)
    })
  })

  describe('limits', () => {
    test('a query that takes too long is refused after its time', async () => {
      await expectTooExpensive(events.query(SLOW, { row: count, msMax: 300 }))
    })

    test('a query that needs too much memory is refused', async () => {
      await expectTooExpensive(
        events.query('SELECT length(groupArray(number)) AS n FROM numbers(1000000000)', { row: count }),
      )
    })

    test('an answer of more than 64 MB is refused', async () => {
      await expectTooExpensive(events.query('SELECT number AS n FROM numbers(1000000000)', { row: count }))
    })

    test('what a failed query had written stays out of the next answers', async () => {
      const readers = Array.from({ length: 12 }, (_, index) =>
        events
          .query(
            'SELECT number AS n, throwIf(number = 300000) FROM numbers(1000000) SETTINGS max_block_size = 1000',
            {
              row: count,
            },
          )
          .catch(() => index),
      )
      expect(await Promise.all(readers)).toEqual(Array.from({ length: 12 }, (_, index) => index))
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          events.query('SELECT {n:UInt8} AS n', { params: { n }, row: count }),
        ),
      )
      expect(answers).toEqual(Array.from({ length: 12 }, (_, n) => [{ n }]))
    })

    test('a wrong statement is our error and not the store being away', async () => {
      const error = await events
        .query('SELECT no_such_column', { row: count })
        .catch((caught: unknown) => caught)
      expect(error).not.toBeInstanceOf(Problem)
      expect(error).toMatchObject({ code: '47', type: 'UNKNOWN_IDENTIFIER' })
      await expect(events.query('SELECT 1 FROM no_such_table', { row: count })).rejects.toMatchObject({
        code: '60',
      })
    })
  })

  describe('queries at one time', () => {
    test('a reader who leaves takes the query with them', async () => {
      const leaving = new AbortController()
      const marker = `leaving-${backend.name}`
      const answer = events.query(`${SLOW} AND '${marker}' != ''`, { row: count, signal: leaving.signal })
      await until(async () => (await running(marker)) === 1)
      leaving.abort(new Error('left'))
      await expect(answer).rejects.toThrow('left')
      await until(async () => (await running(marker)) === 0)
    })

    test('a reader who left before asking asks nothing', async () => {
      await expect(
        events.query('SELECT 1 AS n', { row: count, signal: AbortSignal.abort(new Error('gone')) }),
      ).rejects.toThrow('gone')
    })

    test('short queries and inserts go on while long ones run, each with its own parameters and limits', async () => {
      const leaving = new AbortController()
      const long = [1, 2].map((n) =>
        events.query(`${SLOW} AND {n:UInt8} = ${n}`, { row: count, params: { n }, signal: leaving.signal }),
      )
      await until(async () => (await running('sipHash64')) === 2)
      const values = await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          scalar('SELECT {value:String} AS value', { value: `v${index}` }),
        ),
      )
      expect(values).toEqual(Array.from({ length: 40 }, (_, index) => `v${index}`))
      await events.insert('events', {
        ndjson: ndjson([eventRow({ service: 'meanwhile' })]),
        token: 'meanwhile',
      })
      expect(await rowsIn('events', `service = 'meanwhile'`)).toBe(1)
      leaving.abort(new Error('enough'))
      for (const answer of long) await expect(answer).rejects.toThrow('enough')
    })

    const running = async (marker: string) =>
      (
        await events.query(
          `SELECT count() AS n FROM system.processes WHERE position(query, {marker:String}) > 0
           AND position(query, 'system.processes') = 0`,
          { row: count, params: { marker } },
        )
      )[0]!.n
  })

  describe('reports', () => {
    test('a report of a file is run with its parameters, which are checked first', async () => {
      const report = reportOf('SELECT {a:UInt8} + {b:UInt8} AS n', { a: z.number(), b: z.number() })
      expect(await events.run(report, { a: 40, b: 2 })).toEqual([{ n: 42 }])
      await expect(
        Promise.resolve().then(() => events.run(report, { a: 'x', b: 2 } as never)),
      ).rejects.toThrow(/expected number/)
    })
  })
})

test('a report whose SQL and schema differ is refused when it is defined', () => {
  expect(() => reportOf('SELECT {a:UInt8} AS n', {})).toThrow(/uses \{a\}/)
  expect(() => reportOf('SELECT 1 AS n', { a: z.number() })).toThrow(/declares a/)
})

function reportOf<Shape extends z.core.$ZodLooseShape>(sql: string, shape: Shape) {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-report-'))
  try {
    writeFileSync(join(folder, 'sum.sql'), sql)
    return defineReport({
      file: pathToFileURL(join(folder, 'sum.sql')),
      params: z.object(shape),
      row: count,
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function expectTooExpensive(answer: Promise<unknown>): Promise<void> {
  await expect(answer).rejects.toMatchObject({ name: 'Problem', code: 'report.too_expensive' })
}

/** Asks until it holds; the test's own time limit ends it otherwise. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds()));
}
