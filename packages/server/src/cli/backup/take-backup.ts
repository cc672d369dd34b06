import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { StartupError } from '../../platform/errors.ts'
import { acquireFolderLock, waitForFolderLock } from '../../platform/folder-lock.ts'
import type { Logger } from '../../platform/log.ts'
import { forgetFrozen } from '../../storage/index.ts'
import type { Configuration } from '../configuration.ts'
import { openDataFolder, processLockFile, type DataFolder } from '../data-folder.ts'
import { attachInstance, type AttachedInstance } from '../instance.ts'
import type { ProgressBar } from '../progress.ts'
import { clockOf, openStoreClients } from '../stores.ts'
import { copyStores } from './copy-stores.ts'
import { syncPath, syncTree } from './copy-tree.ts'
import { MANIFEST_FILE, manifestText, type Manifest } from './manifest.ts'
import { ENGINES_MS_MAX, explainFailure, isWithin, newFolder } from './places.ts'

export interface TakenBackup {
  readonly path: string
  readonly manifest: Manifest
  /** Whether the instance ran, and so accepted events meanwhile. */
  readonly wasRunning: boolean
}

/**
 * Takes a backup of the embedded stores into a new folder, whether their instance runs or not; of one that does not run the
 * engines alone are started for it. The folder gets its name when everything is on the disk.
 *
 * Throws StartupError when the place cannot be used, the stores are not embedded or do not stand still, or the disk is full;
 * then nothing is left.
 */
export async function takeBackup(options: {
  configuration: Configuration
  target: string
  log: Logger
  bar: ProgressBar
}): Promise<TakenBackup> {
  const { configuration, log, bar } = options
  refuseServers(configuration)
  const folder = existingDataFolder(configuration)
  if (isWithin(options.target, folder.root)) {
    throw new StartupError(
      `${options.target} lies in the data folder, which is what is backed up. Name a place outside, best on another disk.`,
    )
  }
  const place = newFolder(options.target, 'the backup')
  const lock = acquireFolderLock(
    join(folder.root, 'backup.lock'),
    `Another backup of ${folder.root} is being taken. Wait for it.`,
  )
  const tidyUp = () => rmSync(place.unfinished, { recursive: true, force: true })
  const stopWatching = onInterruption(tidyUp)
  try {
    bar.show('Opening', 0, null)
    const instance = await attachStill(configuration, folder, log)
    try {
      await forgetFrozen(folder.events)
      const stores = openStoreClients(configuration, folder, log)
      try {
        const clock = clockOf(configuration, folder)
        const { wasRunning } = instance
        const manifest = await copyStores({ folder, stores, to: place.unfinished, wasRunning, clock, bar })
        bar.show('Syncing', 0, null)
        writeFileSync(join(place.unfinished, MANIFEST_FILE), manifestText(manifest), { mode: 0o600 })
        await syncTree(place.unfinished)
        renameSync(place.unfinished, place.path)
        await syncPath(dirname(place.path))
        return { path: place.path, manifest, wasRunning }
      } finally {
        await stores.close()
      }
    } finally {
      await instance.stop()
    }
  } catch (error) {
    tidyUp()
    throw explainFailure(error, place.path)
  } finally {
    bar.finish()
    stopWatching()
    lock.release()
  }
}

/** How long a worker may take to finish whose supervisor was killed. */
const WORKER_MS_MAX = 30_000

/** The instance that runs, or the engines alone, with nobody who records: then what is sealed lies still. */
async function attachStill(
  configuration: Configuration,
  folder: DataFolder,
  log: Logger,
): Promise<AttachedInstance> {
  const instance = await attachInstance({ configuration, roles: [], log, readyMsMax: ENGINES_MS_MAX })
  if (instance.wasRunning) return instance
  try {
    const worker = await waitForFolderLock(
      processLockFile(folder, 'worker'),
      `A worker of an instance that was killed still uses ${folder.root}. Try again when it has ended.`,
      WORKER_MS_MAX,
    )
    return {
      wasRunning: false,
      async stop() {
        worker.release()
        await instance.stop()
      },
    }
  } catch (error) {
    await instance.stop()
    throw error
  }
}

/**
 * A server's stores move on by themselves: put back to different moments, what the journal still held would be counted
 * twice or not at all.
 */
function refuseServers({ server, events }: Configuration): void {
  const elsewhere = [
    ...(server.recordsUrl
      ? ['RECORDS are in PostgreSQL (FOYER_RECORDS_URL): use pg_dump or its base backups']
      : []),
    ...(events.url ? ['EVENTS are in ClickHouse (FOYER_EVENTS_URL): use its BACKUP statement'] : []),
  ]
  if (elsewhere.length === 0) return
  throw new StartupError(
    `foyer backup takes embedded stores, all at one moment. ${elsewhere.join('. ')}. Stop Foyer while you do, and copy the data folder too; docs/guides/backup.md says how. The keys alone: foyer backup --keys <folder>`,
  )
}

function existingDataFolder({ server }: Configuration): DataFolder {
  const missing = ['records/PG_VERSION', 'events', 'journal/data.mdb', 'recorder/data.mdb', 'keys'].filter(
    (part) => !existsSync(join(server.dataFolder, part)),
  )
  if (missing.length === 0) return openDataFolder(server.dataFolder)
  throw new StartupError(
    `${server.dataFolder} is no data folder of Foyer: it lacks ${missing.join(', ')}. Set FOYER_DATA to the right one; one that was never served has nothing to back up.`,
  )
}

/** Tidies up when a signal ends the program. Answers how to stop watching. */
export function onInterruption(tidyUp: () => void): () => void {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const listener = () => {
      tidyUp()
      process.exit(EXIT_INTERRUPTED)
    }
    process.once(name, listener)
    stop.signal.addEventListener('abort', () => process.off(name, listener))
  }
  return () => stop.abort()
}

/** As shells have it for SIGINT. */
const EXIT_INTERRUPTED = 130
