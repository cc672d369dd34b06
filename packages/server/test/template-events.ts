import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openEvents } from '../src/storage/events/clickhouse.ts'
import { migrateEvents } from '../src/storage/events/migrate.ts'
import { readMigrations } from '../src/storage/migrations.ts'
import { startEventsProcess } from './events-process.ts'

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/foyer/', import.meta.url))

/** A migrated events folder, made once for a set of migrations and kept; tests work on copies (258 files, 1 MB). */
export async function eventsTemplate(): Promise<string> {
  const hash = createHash('sha256')
  for (const { checksum } of readMigrations('events')) hash.update(checksum)
  const template = join(CACHE, `events-${hash.digest('hex').slice(0, 16)}`)
  if (existsSync(template)) return template
  mkdirSync(CACHE, { recursive: true })
  const workshop = mkdtempSync(join(CACHE, 'making-'))
  try {
    const folder = join(workshop, 'events')
    const socketPath = join(workshop, 's')
    const child = await startEventsProcess({ folder, socketPath })
    const events = openEvents({ socketPath })
    await migrateEvents(events)
    await events.close()
    await child.close()
    // Another run may have been quicker; its template is as good.
    if (!existsSync(template)) renameSync(folder, template)
  } finally {
    rmSync(workshop, { recursive: true, force: true })
  }
  return template
}
