import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openTestRecords, recordsBackends, type TestRecords } from '../../../test/records.ts'
import { StartupError } from '../../platform/errors.ts'
import { readMigrations, type Migration } from '../migrations.ts'
import { migrateRecords } from './migrate-records.ts'

const SERVER = fileURLToPath(new URL('../../../', import.meta.url))
const DRIZZLE_KIT = fileURLToPath(
  new URL('../../node_modules/drizzle-kit/bin.cjs', new URL('../../../', import.meta.url)),
)

function migration(name: string, sql: string): Migration {
  return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
}

const ONE = migration('0001_one', 'CREATE TABLE one (id int);\nINSERT INTO one VALUES (1)')
const TWO = migration('0002_two', "ALTER TABLE one ADD note text DEFAULT 'a;\nb'")

describe.each(recordsBackends())('migrations of the records on %s', (backend) => {
  let records: TestRecords
  beforeAll(async () => {
    records = await openTestRecords({ backend })
  })
  afterAll(() => records.close())
  beforeEach(() => empty())

  async function empty(): Promise<void> {
    await records.pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  }

  it('are applied in order, once', async () => {
    expect(await migrateRecords(records, [ONE])).toEqual(['0001_one'])
    expect(await migrateRecords(records, [ONE, TWO])).toEqual(['0002_two'])
    expect(await migrateRecords(records, [ONE, TWO])).toEqual([])
    expect((await records.pool.query('SELECT * FROM one')).rows).toEqual([{ id: 1, note: 'a;\nb' }])
  })

  it('are applied once though several processes start together', async () => {
    const others = [records.openClient(), records.openClient()]
    const applied = await Promise.all([records, ...others].map((each) => migrateRecords(each, [ONE, TWO])))
    expect(applied.flat().sort()).toEqual(['0001_one', '0002_two'])
    expect((await records.pool.query('SELECT id FROM one')).rows).toEqual([{ id: 1 }])
  })

  it('that fail leave nothing, and those before them stay', async () => {
    const broken = migration('0002_broken', 'CREATE TABLE two (id int);\nSELECT nonsense')
    await expect(migrateRecords(records, [ONE, broken])).rejects.toThrow('migration 0002_broken')
    const { rows } = await records.pool.query(`SELECT to_regclass('one') AS one, to_regclass('two') AS two`)
    expect(rows).toEqual([{ one: 'one', two: null }])
    expect(await migrateRecords(records, [ONE, TWO])).toEqual(['0002_two'])
  })

  it('that changed after they were applied stop the start, and nothing is applied', async () => {
    await migrateRecords(records, [ONE])
    const changed = migration(ONE.name, `${ONE.sql} -- and more`)
    const start = migrateRecords(records, [changed, TWO])
    await expect(start).rejects.toThrow(StartupError)
    await expect(start).rejects.toThrow('must not change')
    expect((await records.pool.query('SELECT name FROM foyer_migration')).rows).toEqual([{ name: ONE.name }])
  })

  it('of a newer program stop the start', async () => {
    await migrateRecords(records, [ONE, TWO])
    const start = migrateRecords(records, [ONE])
    await expect(start).rejects.toThrow(StartupError)
    await expect(start).rejects.toThrow('newer Foyer')
  })

  async function migrateOneByOne(): Promise<void> {
    const all = readMigrations('records')
    for (let count = 1; count <= all.length; count += 1) await migrateRecords(records, all.slice(0, count))
  }

  it('one by one make the same database as all at once do, triggers and functions included', async () => {
    await migrateOneByOne()
    const upgraded = { ...(await describeDatabase()), code: await describeCode() }
    await empty()
    await migrateRecords(records)
    expect(upgraded).toEqual({ ...(await describeDatabase()), code: await describeCode() })
    const names = upgraded.code.map(({ name }) => name)
    expect(names).toContain('function audit_entry_refuse_change')
    expect(names).toContain('trigger audit_entry_no_change')
  })

  it.each([
    ['a trigger that is off', 'ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_no_change'],
    ['a trigger that is gone', 'DROP TRIGGER audit_entry_no_truncate ON audit_entry'],
    [
      'a function that refuses nothing',
      `CREATE OR REPLACE FUNCTION audit_entry_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'`,
    ],
  ])('are compared closely enough to see %s', async (_what, statement) => {
    await migrateRecords(records)
    const before = await describeCode()
    await records.pool.query(statement)
    expect(await describeCode()).not.toEqual(before)
  })

  it('one by one make the same tables as the schemas do afresh', async () => {
    await migrateOneByOne()
    await records.pool.query('DROP TABLE foyer_migration')
    const upgraded = await describeDatabase()
    await empty()
    await records.pool.query(exportSchema())
    expect(upgraded).toEqual(await describeDatabase())
    expect(upgraded.columns.length).toBeGreaterThan(0)
  })

  /** What only migrations decide: functions, and triggers with whether they fire. */
  async function describeCode(): Promise<{ name: string; text: string }[]> {
    const { rows } = await records.pool.query<{ name: string; text: string }>(
      `SELECT 'function ' || proname AS name, pg_get_functiondef(oid) AS text
       FROM pg_proc WHERE pronamespace = 'public'::regnamespace
       UNION ALL
       SELECT 'trigger ' || t.tgname, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
       FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
       WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
       ORDER BY 1`,
    )
    return rows
  }

  /** Everything that a schema decides: columns with types and defaults, indexes, constraints. */
  async function describeDatabase(): Promise<
    Record<'columns' | 'indexes' | 'constraints' | 'types', unknown[]>
  > {
    const list = async (sql: string): Promise<unknown[]> => (await records.pool.query(sql)).rows
    return {
      columns: await list(
        `SELECT table_name, column_name, data_type, udt_name, character_maximum_length, numeric_precision,
                numeric_scale, datetime_precision, is_nullable, column_default, is_identity, identity_generation,
                is_generated, generation_expression
         FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, column_name`,
      ),
      indexes: await list(
        `SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2`,
      ),
      constraints: await list(
        `SELECT conrelid::regclass::text AS table, conname, pg_get_constraintdef(oid) AS definition
         FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n' ORDER BY 1, 2`,
      ),
      types: await list(
        `SELECT t.typname, e.enumlabel FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid ORDER BY 1, e.enumsortorder`,
      ),
    }
  }
})

/** The SQL that makes the schemas of all modules from nothing. */
function exportSchema(): string {
  return execFileSync(process.execPath, [DRIZZLE_KIT, 'export'], { cwd: SERVER, encoding: 'utf8' })
}
