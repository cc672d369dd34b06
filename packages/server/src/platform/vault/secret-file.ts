import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { RandomSource } from '../ids.ts'

/**
 * Files that hold a secret: they appear whole or not at all, survive a power cut once made, and are made by exactly one
 * of several processes that try at the same time.
 */

/** Makes a file of mode 0600 unless it exists. Returns whether this call made it. */
export function createSecretFile(path: string, content: string, random: RandomSource): boolean {
  const draft = `${path}.${Buffer.from(random(8)).toString('hex')}.draft`
  writeDurably(draft, content, 'wx')
  try {
    // A hard link, unlike a rename, refuses to replace what another process made meanwhile.
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    unlinkSync(draft)
    syncDirectory(dirname(path))
  }
}

/**
 * Overwrites a file with random bytes and removes it. The overwriting helps on plain disks; file systems that copy on
 * write and flash keep old blocks for a while, as docs/adr/0006 says.
 */
export function destroySecretFile(path: string, random: RandomSource): void {
  if (isThere(() => renameSync(path, `${path}${DOOMED}`))) removeDoomed(`${path}${DOOMED}`, random)
}

/** Finishes what a process that died in the middle of `destroySecretFile` left in a folder. */
export function finishDestroying(folder: string, random: RandomSource): void {
  for (const file of readdirSync(folder)) {
    if (file.endsWith(DOOMED)) removeDoomed(join(folder, file), random)
  }
}

const DOOMED = '.doomed'

function removeDoomed(path: string, random: RandomSource): void {
  isThere(() => {
    writeDurably(path, Buffer.from(random(256)).toString('base64'), 'r+')
    unlinkSync(path)
  })
  syncDirectory(dirname(path))
}

/** Does something with a file; false when another process removed it first. */
function isThere(act: () => void): boolean {
  try {
    act()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

function writeDurably(path: string, content: string, flags: string): void {
  const file = openSync(path, flags, 0o600)
  try {
    writeSync(file, content)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
