import { ClickHouseError } from '@clickhouse/client'
import { z } from 'zod'
import { StartupError } from '../../platform/errors.ts'
import { pendingMigrations, readMigrations, statementsOf, type Migration } from '../migrations.ts'
import type { Events } from './events.ts'

/**
 * Brings EVENTS to this program's schema. ClickHouse has no transactions over DDL, so `foyer_migration` counts the
 * statements done, a migration that was interrupted goes on where it stopped, and every statement can run twice (it says
 * IF NOT EXISTS, IF EXISTS or OR REPLACE), since the count is written after it.
 *
 * One process runs it at a time (the caller sees to that). Throws StartupError when the store is ahead of the program or
 * holds other migrations, as `pendingMigrations` says, or when the user of the store lacks a right.
 */
export async function migrateEvents(
  events: Events,
  migrations: readonly Migration[] = readMigrations('events'),
): Promise<{ applied: string[] }> {
  const command: Events['command'] = (sql, params) => events.command(sql, params).catch(tellMissingRight)
  await command(MIGRATION_TABLE)
  const progress = await events.query(
    'SELECT name, checksum, done, total FROM foyer_migration FINAL ORDER BY name',
    { row: progressRow },
  )
  const finished = progress.filter((row) => row.done === row.total)
  const begun = progress.find((row) => row.done < row.total)
  const pending = pendingMigrations(migrations, finished)
  const [next] = pending
  if (begun && (begun.name !== next?.name || begun.checksum !== next.checksum)) {
    throw new StartupError(
      `Migration ${begun.name} of the events was begun by another Foyer and not finished. Start that version once, then this one.`,
    )
  }
  for (const migration of pending) {
    const statements = repeatable(migration)
    for (const [index, statement] of statements.entries()) {
      if (migration.name === begun?.name && index < begun.done) continue
      await command(statement)
      await command(
        `INSERT INTO foyer_migration (name, checksum, done, total, at)
         SELECT {name:String}, {checksum:String}, {done:UInt32}, {total:UInt32}, now64(3)`,
        { name: migration.name, checksum: migration.checksum, done: index + 1, total: statements.length },
      )
    }
  }
  return { applied: pending.map(({ name }) => name) }
}

const MIGRATION_TABLE = `CREATE TABLE IF NOT EXISTS foyer_migration (
  name String,
  checksum String,
  done UInt32 COMMENT 'Statements run',
  total UInt32 COMMENT 'Statements of the migration',
  at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(done)
ORDER BY name
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`

const progressRow = z.object({
  name: z.string(),
  checksum: z.string(),
  done: z.number().int(),
  total: z.number().int(),
})

/** A user of ClickHouse that may not do what migrations do: the engine's own words name the user and the right. */
function tellMissingRight(error: unknown): never {
  if (!(error instanceof ClickHouseError) || error.code !== ACCESS_DENIED) throw error
  throw new StartupError(
    `The events' ClickHouse refuses: ${error.message.trim().replace(/\.$/, '')}. Grant it to the user of FOYER_EVENTS_URL.`,
  )
}

const ACCESS_DENIED = '497'

/** The statements, each of which may run a second time. */
export function repeatable(migration: Migration): string[] {
  const statements = statementsOf(migration.sql)
  for (const statement of statements) {
    const code = statement.replace(/^\s*--.*$/gm, '').trim()
    if (!/^(CREATE|ALTER|DROP)\b/i.test(code) || !/\b(IF NOT EXISTS|IF EXISTS|OR REPLACE)\b/i.test(code)) {
      throw new Error(
        `Migration ${migration.name}: this statement cannot run twice: ${code.split('\n', 1)[0]}`,
      )
    }
  }
  return statements
}
