import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StartupError } from '../platform/errors.ts'

/**
 * Migrations: numbered SQL files, one folder a store, never edited once released. Each store remembers which it has
 * applied with their checksums; a changed file, a gap, or a store that is ahead of this program stops the start.
 */
export interface Migration {
  /** File name without ending, `0001_events`; its number orders it. */
  readonly name: string
  readonly sql: string
  /** SHA-256 of the file. */
  readonly checksum: string
}

export interface AppliedMigration {
  readonly name: string
  readonly checksum: string
}

export function readMigrations(store: 'records' | 'events'): Migration[] {
  const folder = fileURLToPath(new URL(`./migrations/${store}/`, import.meta.url))
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const sql = readFileSync(join(folder, file), 'utf8')
      return { name: file.slice(0, -4), sql, checksum: createHash('sha256').update(sql).digest('hex') }
    })
}

/** The migrations still to apply. Throws StartupError when the store does not fit this program. */
export function pendingMigrations(
  all: readonly Migration[],
  applied: readonly AppliedMigration[],
): Migration[] {
  for (const [index, done] of applied.entries()) {
    const known = all[index]
    if (!known) {
      throw new StartupError(
        `The data was written by a newer Foyer (migration ${done.name} is unknown here). Start that version, or restore a backup made by this one.`,
      )
    }
    if (known.name !== done.name || known.checksum !== done.checksum) {
      throw new StartupError(
        `Migration ${done.name} of the data is not the one that this program holds (${known.name}). Files of released migrations must not change.`,
      )
    }
  }
  return all.slice(applied.length)
}

/** Splits a file into statements at semicolons that end a line; comments stay with what they explain. */
export function statementsOf(sql: string): string[] {
  return sql
    .split(/;[ \t]*(?:\n|$)/)
    .map((statement) => statement.replaceAll('--> statement-breakpoint', '').trim())
    .filter((statement) => statement.replace(/^\s*--.*$/gm, '').trim() !== '')
}
