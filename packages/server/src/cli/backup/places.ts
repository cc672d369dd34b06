import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { Problem, StartupError } from '../../platform/errors.ts'
import { systemRandom } from '../../platform/ids.ts'

/** A new folder to be made whole: under another name until it is. Throws StartupError when it cannot be made there. */
export function newFolder(
  path: string,
  what: string,
): { readonly path: string; readonly unfinished: string } {
  const whole = resolve(path)
  const parent = dirname(whole)
  if (existsSync(whole))
    throw new StartupError(`${whole} exists. Name a new folder for ${what}; nothing is overwritten.`)
  if (!existsSync(parent))
    throw new StartupError(`There is no folder ${parent}. Make it first, or name another place.`)
  if (!statSync(parent).isDirectory()) throw new StartupError(`${parent} is not a folder.`)
  if (!mayWrite(parent))
    throw new StartupError(`${parent} cannot be written to by this user. Name another place for ${what}.`)
  const draw = Buffer.from(systemRandom(4)).toString('hex')
  return { path: whole, unfinished: join(parent, `${basename(whole)}.partial-${draw}`) }
}

/** Whether a path is a folder, or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  const way = relative(resolve(folder), resolve(path))
  return way === '' || (!way.startsWith('..') && resolve(way) !== way)
}

/** How long engines may take to open, with recovery after a crash, ms. */
export const ENGINES_MS_MAX = 120_000

export function isEmptyFolder(path: string): boolean {
  return statSync(path).isDirectory() && readdirSync(path).length === 0
}

/** Throws StartupError when a folder's disk has less than `bytes` free. */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free >= bytes) return
  throw new StartupError(
    `The disk of ${folder} has ${megabytes(free)} free and ${megabytes(bytes)} are needed. Make room, or name another place.`,
  )
}

/** What a failed write or a store that is away means to a person; other errors as they are. */
export function explainFailure(error: unknown, place: string): unknown {
  if (error instanceof Problem) return new StartupError(`${error.message}. Try: foyer doctor`)
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new StartupError(
      `The disk of ${place} is full. What was written was removed; make room and repeat.`,
    )
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new StartupError(`${(error as Error).message}. Run this as the user that owns the files.`)
  return error
}

export function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`
}

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}
