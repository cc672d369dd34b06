import { readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ProgressBar } from '../progress.ts'
import { digestFile, inParallel } from './copy-tree.ts'
import { readManifest, type Manifest } from './manifest.ts'
import { damaged } from './restore-backup.ts'

/** Compares every file of a backup with its checksum. Throws StartupError at the first that differs. */
export async function verifyBackup(source: string, bar: ProgressBar): Promise<Manifest> {
  const manifest = readManifest(source)
  const total = manifest.entries.length
  let done = 0
  try {
    await inParallel(manifest.entries, async (entry) => {
      if (!(await isAsWritten(join(source, entry.path), entry))) throw damaged(source, entry.path)
      bar.show('Files', (done += 1), total)
    })
  } finally {
    bar.finish()
  }
  return manifest
}

async function isAsWritten(path: string, entry: Manifest['entries'][number]): Promise<boolean> {
  try {
    if ('linkTo' in entry) return readlinkSync(path) === entry.linkTo
    if ('isFolder' in entry) return statSync(path).isDirectory()
    return (await digestFile(path)).sha256 === entry.sha256
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
