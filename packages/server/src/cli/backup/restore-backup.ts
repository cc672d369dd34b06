import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { mkdir, symlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Clock } from '../../platform/clock.ts'
import { StartupError } from '../../platform/errors.ts'
import type { Logger } from '../../platform/log.ts'
import { createVault, inspectKeyFolder, openFileKeyRing, type KeyFolder } from '../../platform/vault/index.ts'
import { pendingMigrations, readMigrations, renewJournalId } from '../../storage/index.ts'
import type { Configuration } from '../configuration.ts'
import { openDataFolder } from '../data-folder.ts'
import { launchInstance, readyWithin } from '../instance.ts'
import type { ProgressBar } from '../progress.ts'
import { openStoreClients } from '../stores.ts'
import { copyKeyFiles } from './copy-keys.ts'
import { copyFile, inParallel, syncPath, syncTree } from './copy-tree.ts'
import { countEvents, countRecords } from './counts.ts'
import { readManifest, type Manifest, type ManifestEntry } from './manifest.ts'
import { ENGINES_MS_MAX, explainFailure, isEmptyFolder, newFolder, requireSpace } from './places.ts'
import { onInterruption } from './take-backup.ts'

/**
 * Makes a data folder of a backup and of the keys that belong to it. Every file is checked, the engines are started once and
 * asked for their rows, and the keys are tried; only then the folder gets its name. The journal becomes another one, so that
 * no token that it makes was ever used.
 *
 * Throws StartupError when the data folder is not free, the backup is damaged or of a newer program, or the keys do not
 * fit; then nothing is left.
 */
export async function restoreBackup(options: {
  configuration: Configuration
  source: string
  keys: string
  clock: Clock
  log: Logger
  bar: ProgressBar
}): Promise<{ readonly path: string; readonly manifest: Manifest }> {
  const { configuration, source, bar } = options
  refuseServers(configuration)
  const manifest = readManifest(source)
  for (const store of ['records', 'events'] as const) {
    pendingMigrations(readMigrations(store), manifest.migrations[store])
  }
  const keyFolder = inspectKeyFolder(options.keys)
  requireKeys(keyFolder, manifest, options.keys)
  const place = freeDataFolder(configuration.server.dataFolder)
  const bytes = manifest.entries.reduce((sum, entry) => sum + ('bytes' in entry ? entry.bytes : 0), 0)
  await requireSpace(dirname(place.path), bytes)

  const tidyUp = () => rmSync(place.unfinished, { recursive: true, force: true })
  const stopWatching = onInterruption(tidyUp)
  try {
    await copyChecked(manifest.entries, { from: source, to: place.unfinished, bytes, bar })
    await copyKeyFiles(options.keys, keyFolder.files, join(place.unfinished, 'keys'))
    await renewJournalId(join(place.unfinished, 'journal'))
    bar.show('Trying', 0, null)
    await tryOut(place.unfinished, manifest, options)
    bar.show('Syncing', 0, null)
    await syncTree(place.unfinished)
    renameSync(place.unfinished, place.path)
    await syncPath(dirname(place.path))
    return { path: place.path, manifest }
  } catch (error) {
    tidyUp()
    throw explainFailure(error, place.path)
  } finally {
    bar.finish()
    stopWatching()
  }
}

function refuseServers({ server, events }: Configuration): void {
  if (!server.recordsUrl && !events.url) return
  throw new StartupError(
    'foyer restore fills embedded stores. Unset FOYER_RECORDS_URL and FOYER_EVENTS_URL, or restore those servers by their own tools.',
  )
}

/** Whether all secrets are there under which the backup's values were sealed; which of them the vault tries later. */
function requireKeys({ fingerprints }: KeyFolder, { keys }: Manifest, folder: string): void {
  const foreign = Object.keys(keys).filter((name) => (fingerprints[name] ?? keys[name]) !== keys[name])
  const missing = Object.keys(keys).filter((name) => fingerprints[name] === undefined)
  // An epoch's key may have been destroyed since, which is what it is for.
  const needed = missing.filter((name) => !name.startsWith('epoch-'))
  const wrong = [...foreign, ...needed]
  if (wrong.length === 0) return
  throw new StartupError(
    `The keys in ${folder} are not those of this backup (${wrong.join(', ')}). Name the copy of the keys that belongs to it; without it names and addresses stay unreadable for ever.`,
  )
}

/** A place for a new data folder; an empty one that exists is replaced. */
function freeDataFolder(path: string): { readonly path: string; readonly unfinished: string } {
  const whole = resolve(path)
  if (!existsSync(whole)) return newFolder(whole, 'the data')
  if (!isEmptyFolder(whole)) {
    throw new StartupError(
      `${whole} is not empty. A backup is restored into a new folder only: set FOYER_DATA to one, or move this one away after its Foyer was stopped.`,
    )
  }
  if (statSync(whole).dev !== statSync(dirname(whole)).dev) {
    throw new StartupError(
      `${whole} is a disk of its own, and a folder appears whole only within one. Set FOYER_DATA to a folder in it, such as ${join(whole, 'foyer')}.`,
    )
  }
  const place = newFolder(`${whole}.restored`, 'the data')
  return { path: whole, unfinished: place.unfinished }
}

/** Copies what the manifest names, nothing else, and compares every file with its checksum on the way. */
async function copyChecked(
  entries: readonly ManifestEntry[],
  { from, to, bytes, bar }: { from: string; to: string; bytes: number; bar: ProgressBar },
): Promise<void> {
  mkdirSync(to, { mode: 0o700 })
  for (const entry of entries) {
    if ('isFolder' in entry) await mkdir(join(to, entry.path), { recursive: true, mode: 0o700 })
  }
  const total = Math.ceil(bytes / 1e6)
  let done = 0
  bar.show('Files', 0, total)
  await inParallel(entries, async (entry) => {
    if ('linkTo' in entry) await symlink(entry.linkTo, join(to, entry.path))
    if (!('bytes' in entry)) return
    const copied = await copyFile(join(from, entry.path), join(to, entry.path)).catch((error: unknown) => {
      throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? damaged(from, entry.path) : error
    })
    if (copied.sha256 !== entry.sha256) throw damaged(from, entry.path)
    bar.show('Files', Math.ceil((done += copied.bytes) / 1e6), total)
  })
}

export function damaged(backup: string, path: string): StartupError {
  return new StartupError(
    `The backup ${backup} is damaged: ${path} is missing or is not what was written. Use another backup.`,
  )
}

/** Starts the engines over the copy, compares their rows with the manifest's, and opens what is sealed with the keys. */
async function tryOut(
  root: string,
  manifest: Manifest,
  { configuration, clock, log }: { configuration: Configuration; clock: Clock; log: Logger },
): Promise<void> {
  const server = { ...configuration.server, dataFolder: root }
  const its = { ...configuration, server }
  const folder = openDataFolder(root)
  const instance = await launchInstance({
    configuration: its,
    roles: [],
    log,
    environment: { FOYER_DATA: root },
  })
  try {
    await readyWithin(instance, ENGINES_MS_MAX)
    const stores = openStoreClients(its, folder, log)
    try {
      requireRows('RECORDS', manifest.counts.records, await countRecords(stores.records.pool))
      requireRows('EVENTS', manifest.counts.events, await countEvents(stores.events))
      const vault = createVault({ ring: openFileKeyRing(folder.keys, { clock }), clock })
      await vault.check(stores.records.db)
    } finally {
      await stores.close()
    }
  } finally {
    await instance.stop()
    rmSync(folder.recordsSocketFolder, { recursive: true, force: true })
  }
}

/** Fewer are right where the time of rows has run out since: the engine forgets these when it starts. */
function requireRows(
  store: 'RECORDS' | 'EVENTS',
  expected: Readonly<Record<string, number>>,
  found: Readonly<Record<string, number>>,
): void {
  for (const [table, rows] of Object.entries(expected)) {
    const has = found[table] ?? 0
    if (store === 'EVENTS' ? has <= rows && found[table] !== undefined : has === rows) continue
    throw new StartupError(
      `The restored ${store} hold ${has} rows of ${table} instead of ${rows}. Nothing was kept; please report this as a bug.`,
    )
  }
}
