import { createHash } from 'node:crypto'
import { mkdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { StartupError } from '../platform/errors.ts'

/** The parts of a data folder. Of each, `backup/copy-stores.ts` knows how it is copied: see there when one is added. */
export interface DataFolder {
  readonly root: string
  readonly records: string
  readonly events: string
  readonly journal: string
  readonly recorder: string
  /** What the recorder could not read, kept for a look. */
  readonly setAside: string
  readonly keys: string
  /** Folder of the records' socket, as `pg` wants it. */
  readonly recordsSocketFolder: string
  readonly eventsSocket: string
}

/** The lock that a child of a name holds while it lives: a predecessor whose supervisor was killed may still be finishing. */
export function processLockFile({ root }: DataFolder, name: string): string {
  return join(root, `${name}.process.lock`)
}

/** Bytes that the path of a Unix socket may have everywhere (sockaddr_un holds 104 to 108). */
const SOCKET_PATH_MAX = 100
const LONGEST_SOCKET_NAME = '/.s.PGSQL.5432'

/** The folder's parts; creates what is missing, or throws StartupError. Sockets of a folder with a long path lie in the system's temporary folder. */
export function openDataFolder(root: string): DataFolder {
  const local = join(root, 'run')
  const run =
    Buffer.byteLength(local) + LONGEST_SOCKET_NAME.length <= SOCKET_PATH_MAX
      ? local
      : join(tmpdir(), `foyer-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`)
  try {
    for (const folder of [root, run]) makeFolder(resolve(folder))
  } catch (error) {
    throw new StartupError(`The data folder ${root} cannot be used: ${(error as Error).message}`)
  }
  return {
    root,
    records: join(root, 'records'),
    events: join(root, 'events'),
    journal: join(root, 'journal'),
    recorder: join(root, 'recorder'),
    setAside: join(root, 'set-aside'),
    keys: join(root, 'keys'),
    recordsSocketFolder: run,
    eventsSocket: join(run, 'events.sock'),
  }
}

/**
 * Makes a folder and those above it. Step by step, as `mkdir` with `recursive` never returns where a file system has no such
 * entries (`/proc`): told that something is missing, it finds the parent there and begins again.
 */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process may have been quicker.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}
