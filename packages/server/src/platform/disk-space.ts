import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { StartupError } from './errors.ts'

/** A disk has no room left. Unlike other reasons not to start it may pass by itself. */
export class DiskFull extends StartupError {}

/** Below this an engine that fails without a reason is taken to fail for want of room, bytes. */
const FULL_BYTES = 4_194_304

/**
 * An error as the person at the terminal can use it, when a disk without room is what it says, or when it says nothing
 * of use and the disk that holds `folder` has no room. Null for any other.
 */
export function asDiskFull(error: unknown, folder: string): DiskFull | null {
  if (error instanceof DiskFull) return error
  const freeBytes = freeBytesOf(folder)
  const isFull = saysDiskFull(error) || (!(error instanceof StartupError) && freeBytes < FULL_BYTES)
  if (!isFull) return null
  return new DiskFull(
    `The disk that holds ${folder} is full or nearly so: ${Math.floor(freeBytes / 1_000_000)} MB are free. Make room (an instance wants 200 MB to begin with), then start again.`,
    { cause: error },
  )
}

/**
 * Whether an error, or one that caused it, says that a disk has no room left or a quota is used up: the codes of Node and
 * of PostgreSQL, the numbers of WebAssembly's files and of SQLite, or the words of engines that have no code.
 */
export function saysDiskFull(error: unknown): boolean {
  let part = error
  for (let depth = 0; depth < DEPTH_MAX && typeof part === 'object' && part !== null; depth += 1) {
    if (isDiskFull(part)) return true
    part = (part as ErrorPart).cause
  }
  return false
}

interface ErrorPart {
  readonly name?: unknown
  readonly code?: unknown
  readonly errno?: unknown
  readonly errcode?: unknown
  readonly message?: unknown
  readonly cause?: unknown
}

const DEPTH_MAX = 5
/** disk_full, https://www.postgresql.org/docs/current/errcodes-appendix.html. */
const CODES = new Set(['ENOSPC', 'EDQUOT', '53100'])
/** EDQUOT and ENOSPC in WASI's numbers, https://github.com/WebAssembly/WASI (wasi_snapshot_preview1, `errno`). */
const WASI_NUMBERS = new Set([19, 51])
/** SQLITE_FULL, https://www.sqlite.org/rescode.html. */
const SQLITE_FULL = 13
const WORDS = /no space left on device|disk quota exceeded|not enough space|NOT_ENOUGH_SPACE/i

function isDiskFull({ name, code, errno, errcode, message }: ErrorPart): boolean {
  return (
    CODES.has(code as string) ||
    (name === 'ErrnoError' && WASI_NUMBERS.has(errno as number)) ||
    errcode === SQLITE_FULL ||
    (typeof message === 'string' && WORDS.test(message))
  )
}

/** Bytes that this user may still write on the disk that holds `path`, which need not exist yet; much when nobody knows. */
function freeBytesOf(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(path) !== path
    return isMissing ? freeBytesOf(dirname(path)) : Number.MAX_SAFE_INTEGER
  }
}
