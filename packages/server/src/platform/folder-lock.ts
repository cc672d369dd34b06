import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { StartupError } from './errors.ts'

/**
 * One process a folder. The lock is an SQLite file on which an exclusive transaction is held open: the kernel drops it when
 * the process ends in whatever way, so there are no stale locks and no process ids to compare. The file stays; it is the
 * lock's place and says nothing.
 */
export interface FolderLock {
  /** Lets the next process in. Calling it again does nothing. */
  release(): void
}

/** Takes the lock whose place is `file`, or throws StartupError with `message` at once when another holds it. */
export function acquireFolderLock(file: string, message: string): FolderLock {
  mkdirSync(dirname(file), { recursive: true })
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    // Nothing is written, and in memory there is no journal file that a crash would leave behind.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (isBusy(error)) throw new StartupError(message)
    throw error
  }
  held.add(database)
  return {
    release() {
      held.delete(database)
      if (database.isOpen) database.close()
    },
  }
}

/** Whoever drops the answer still holds the lock: it must not end when memory is tidied up. */
const held = new Set<DatabaseSync>()

const SQLITE_BUSY = 5

function isBusy(error: unknown): boolean {
  return error instanceof Error && (error as { errcode?: number }).errcode === SQLITE_BUSY
}

const RETRY_MS = 50

/** The same, but waits up to `msMax` for a holder that is on its way out. */
export async function waitForFolderLock(file: string, message: string, msMax: number): Promise<FolderLock> {
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    try {
      return acquireFolderLock(file, message)
    } catch (error) {
      if (!(error instanceof StartupError) || waitedMs >= msMax) throw error
      await delay(RETRY_MS)
    }
  }
}
