import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PoolClient } from 'pg'
import { z } from 'zod'
import type { AppliedMigration, Events } from '../../storage/index.ts'

/** Rows by table of RECORDS. */
export async function countRecords(client: Pick<PoolClient, 'query'>): Promise<Record<string, number>> {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
  )
  const counts: Record<string, number> = {}
  for (const { name } of tables) {
    const { rows } = await client.query<{ rows: number }>(
      `SELECT count(*)::float8 AS rows FROM "${name.replaceAll('"', '""')}"`,
    )
    counts[name] = rows[0]!.rows
  }
  return counts
}

/** Migrations that each store has had, in their order; those that were interrupted do not count. */
export async function migrationsOf(
  client: Pick<PoolClient, 'query'>,
  events: Events,
): Promise<{ records: AppliedMigration[]; events: AppliedMigration[] }> {
  const records = await client.query<AppliedMigration>(
    'SELECT name, checksum FROM foyer_migration ORDER BY name',
  )
  return {
    records: records.rows,
    events: await events.query(
      'SELECT name, checksum FROM foyer_migration FINAL WHERE done = total ORDER BY name',
      { row: z.object({ name: z.string(), checksum: z.string() }) },
    ),
  }
}

/** A table of EVENTS whose rows stay as they were inserted: the engine melts rows of the other kinds together. */
export interface PlainTable {
  readonly name: string
  readonly uuid: string
}

export async function plainTables(events: Events): Promise<PlainTable[]> {
  return await events.query(
    `SELECT name, toString(uuid) AS uuid FROM system.tables
     WHERE database = currentDatabase() AND engine = 'MergeTree' ORDER BY name`,
    { row: z.object({ name: z.string(), uuid: z.string() }) },
  )
}

/** Rows of EVENTS' plain tables, as the parts that are linked or copied in a folder say themselves. */
export function countFrozenRows(folder: string, tables: readonly PlainTable[]): Record<string, number> {
  return Object.fromEntries(
    tables.map(({ name, uuid }) => {
      const table = join(folder, 'store', uuid.slice(0, 3), uuid)
      const parts = existsSync(table) ? readdirSync(table) : []
      const rows = parts.map((part) => Number(readFileSync(join(table, part, 'count.txt'), 'utf8')))
      return [name, rows.reduce((sum, count) => sum + count, 0)]
    }),
  )
}

/** Rows of EVENTS' plain tables, as the engine counts them. */
export async function countEvents(events: Events): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { name } of await plainTables(events)) {
    const [row] = await events.query(`SELECT toFloat64(count()) AS rows FROM \`${name}\``, {
      row: z.object({ rows: z.number() }),
    })
    counts[name] = row!.rows
  }
  return counts
}
