import { existsSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { StartupError } from '../../platform/errors.ts'
import type { Events } from './events.ts'

/** What the embedded events are made of at one moment, as paths of files that stay as they are until `release`. */
export interface FrozenEvents {
  /** Folder with the layout of the events folder that holds the parts of all tables, as hard links. */
  readonly partsFolder: string
  /** Deletes the links. */
  release(): Promise<void>
}

const NAME = 'foyer_backup_'
const ATTEMPTS = 20
const LOOK_MS = 100

/**
 * Freezes all tables at one moment. `copyRest` is called for what is not a part, and again if rows came in meanwhile: then
 * parts and logs of deduplication would not belong together. The caller sees to it that nearly nobody writes; whoever is
 * amid an insert is waited for. Throws StartupError when it does not become quiet.
 *
 * A log gets its line under the lock under which the part is added, so that equal logs before and after mean that no table
 * has got a part in between.
 */
export async function freezeEvents(
  events: Events,
  folder: string,
  id: string,
  copyRest: () => Promise<void>,
): Promise<FrozenEvents> {
  const tables = await events.query(
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'`,
    { row: z.object({ name: z.string() }) },
  )
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const name = `${NAME}${id}_${attempt}`
    const partsFolder = join(folder, 'shadow', name)
    const release = () => rm(partsFolder, { recursive: true, force: true })
    try {
      const before = await deduplicationLogs(folder)
      for (const table of tables) {
        await events.command(`ALTER TABLE \`${table.name}\` FREEZE WITH NAME '${name}'`)
      }
      await copyRest()
      if (before === (await deduplicationLogs(folder))) return { partsFolder, release }
    } catch (error) {
      await release()
      throw error
    }
    await release()
    await delay(LOOK_MS)
  }
  throw new StartupError(
    'The events did not stand still: something inserts into them besides the recorder. Try again later, or stop Foyer first.',
  )
}

/** Deletes what a backup that was killed has left. */
export async function forgetFrozen(folder: string): Promise<void> {
  const shadow = join(folder, 'shadow')
  if (!existsSync(shadow)) return
  for (const name of await readdir(shadow)) {
    if (name.startsWith(NAME)) await rm(join(shadow, name), { recursive: true, force: true })
  }
}

/** Names and sizes of all logs of deduplication: each insert appends to one. */
async function deduplicationLogs(folder: string): Promise<string> {
  const lines: string[] = []
  for await (const table of tableFolders(folder)) {
    const logs = join(table, 'deduplication_logs')
    if (!existsSync(logs)) continue
    for (const file of (await readdir(logs)).sort()) {
      lines.push(`${logs}/${file} ${(await stat(join(logs, file))).size}`)
    }
  }
  return lines.join('\n')
}

/** Folders of tables and databases, `store/<first three of the uuid>/<uuid>`. */
async function* tableFolders(folder: string): AsyncGenerator<string> {
  const store = join(folder, 'store')
  for (const group of (await readdir(store)).sort()) {
    for (const uuid of (await readdir(join(store, group))).sort()) yield join(store, group, uuid)
  }
}

/** What belongs to a table besides its parts. */
const BESIDE_PARTS = new Set(['deduplication_logs'])
/** What a start makes anew. */
const NOT_KEPT = new Set(['shadow', 'tmp', 'status', 'foyer.lock', 'metadata_dropped'])

/** Whether a path within the events folder is to be copied besides the frozen parts. Folders too: false cuts them off. */
export function isBesideParts(path: string, isFolder: boolean): boolean {
  const [top, , , inTable] = path.split('/')
  if (NOT_KEPT.has(top!)) return false
  return !(top === 'store' && inTable !== undefined && isFolder && !BESIDE_PARTS.has(inTable))
}
