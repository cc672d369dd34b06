import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bindStatement, insertHeadOf } from './sql-text.ts'

const bind = (sql: string, parameters: Record<string, string> = {}) =>
  bindStatement(sql, new Map(Object.entries(parameters)))

describe('bindStatement', () => {
  test.each([
    [`SELECT {a:String}`, `SELECT _CAST('v', 'String')`],
    [`SELECT { a : Array(Nullable(String)) }`, `SELECT _CAST('v', 'Array(Nullable(String))')`],
    [`SELECT {a:DateTime64(3, 'UTC')}`, `SELECT _CAST('v', 'DateTime64(3, \\'UTC\\')')`],
    [`SELECT * FROM {a:Identifier}`, 'SELECT * FROM `v`'],
    [
      `SELECT '{a:String}', "{a:String}", \`{a:String}\``,
      `SELECT '{a:String}', "{a:String}", \`{a:String}\``,
    ],
    [`SELECT 'it''s {a:String}'`, `SELECT 'it''s {a:String}'`],
    [`SELECT 'it\\'s {a:String}'`, `SELECT 'it\\'s {a:String}'`],
    [`SELECT $x$ {a:String} ' $x$`, `SELECT $x$ {a:String} ' $x$`],
    [`SELECT {'k':1}, [1, {a:UInt8}]`, `SELECT {'k':1}, [1, _CAST('v', 'UInt8')]`],
    ['CREATE VIEW v AS SELECT {b:Date}', 'CREATE VIEW v AS SELECT {b:Date}'],
    ['create or replace view v as select {a:Date}', `create or replace view v as select _CAST('v', 'Date')`],
    [`SELECT 1 -- {b:String}; '\n, {a:UInt8};`, `SELECT 1  \n, _CAST('v', 'UInt8')`],
    [`/* ; {b:String} ' */ SELECT 1 ; -- the end`, `SELECT 1`],
    [`SELECT 4 - 2 / 1 # comment ; '`, `SELECT 4 - 2 / 1`],
  ])('%j', (sql, bound) => {
    expect(bind(sql, { a: 'v' }).sql).toBe(bound)
  })

  test.each([
    ['SELECT 1', 'read'],
    ['  with x as (select 1) select * from x', 'read'],
    ['(SELECT 1) UNION ALL (SELECT 2)', 'read'],
    ['-- note\nSHOW TABLES', 'read'],
    ['INSERT INTO a SELECT 1', 'write'],
    ['ALTER TABLE a DELETE WHERE 1', 'write'],
    ['SYSTEM RELOAD DICTIONARY d', 'write'],
  ])('%j is a %s', (sql, kind) => {
    expect(bind(sql).kind).toBe(kind)
  })

  test.each([
    ['SELECT 1; DROP TABLE events', /Multi-statements/],
    ['SELECT 1;;', /Multi-statements/],
    [`SELECT 'a'; SELECT 'b'`, /Multi-statements/],
    ['SELECT {b:String}', /`b` is not set/],
    ['CREATE TABLE t AS SELECT {b:String}', /`b` is not set/],
    ['SELECT * FROM v(b = {b:Date})', /`b` is not set/],
    ['SELECT 1 INTO /* */ OUTFILE x', /OUTFILE/],
    ['set max_threads = 1', /SET needs a session/],
    ['/* only a comment */', /Empty/],
    ['', /Empty/],
  ])('%j is refused', (sql, reason) => {
    expect(() => bind(sql)).toThrow(reason)
  })

  test('no value of a parameter can leave its literal', () => {
    fc.assert(
      fc.property(escapedText, (value) => {
        let bound: string
        try {
          bound = bind('SELECT {a:String} AS x', { a: value }).sql
        } catch {
          return
        }
        // What stands between the quotes is one string to the lexer: binding it again finds nothing else.
        expect(bound).toMatch(/^SELECT _CAST\('(?:[^'\\]|\\[^])*', 'String'\) AS x$/u)
        expect(bind(bound).sql).toBe(bound)
      }),
      { numRuns: 500 },
    )
  })

  test('long strings are passed over quickly', () => {
    const long = 'x'.repeat(5_000_000)
    expect(bind(`SELECT '${long}', {a:String}`, { a: long }).sql.length).toBeGreaterThan(10_000_000)
  })
})

describe('insertHeadOf', () => {
  test.each([
    ['INSERT INTO events FORMAT JSONEachRow', { table: 'events', columns: undefined, format: 'JSONEachRow' }],
    [
      'insert into table foyer.`a` (`b`, c) format CSV\n1,2',
      { table: 'foyer.a', columns: ['b', 'c'], format: 'CSV' },
    ],
  ])('%j', (sql, head) => {
    expect(insertHeadOf(sql)).toMatchObject(head)
  })

  test('the data starts after the head', () => {
    const sql = 'INSERT INTO a FORMAT CSV\n1,2\n'
    expect(sql.slice(insertHeadOf(sql)!.dataFrom)).toBe('1,2\n')
  })

  test.each(['INSERT INTO a SELECT 1', 'INSERT INTO a VALUES (1)', 'SELECT 1 FORMAT CSV'])(
    '%j has none',
    (sql) => {
      expect(insertHeadOf(sql)).toBeNull()
    },
  )
})

const escapedText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\\',
        '\\\\',
        "'",
        "\\'",
        '\\n',
        '\\x',
        '\\x41',
        '\\N',
        '--',
        '/*',
        ';',
        '{a:String}',
        '\0',
        '$',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.join(''))
