import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { StartupError } from '../../platform/errors.ts'
import { inspectKeyFolder } from '../../platform/vault/index.ts'
import { copyFile, syncPath, syncTree } from './copy-tree.ts'
import { explainFailure, newFolder } from './places.ts'

/**
 * Copies the key folder whole, mode 0700 with files of 0600. Throws StartupError when it lacks something, or the place
 * cannot be used.
 */
export async function copyKeys(keys: string, target: string): Promise<{ readonly path: string }> {
  const { files, isComplete } = inspectKeyFolder(keys)
  if (!isComplete) {
    throw new StartupError(`The key folder ${keys} is not complete. Start Foyer once, or put back your copy.`)
  }
  const place = newFolder(target, 'the keys')
  try {
    await copyKeyFiles(keys, files, place.unfinished)
    await syncTree(place.unfinished)
    renameSync(place.unfinished, place.path)
    await syncPath(join(place.path, '..'))
  } catch (error) {
    rmSync(place.unfinished, { recursive: true, force: true })
    throw explainFailure(error, target)
  }
  return { path: place.path }
}

/** Only what belongs to the keys: drafts and leftovers of others stay. */
export async function copyKeyFiles(from: string, files: readonly string[], to: string): Promise<void> {
  mkdirSync(to, { mode: 0o700 })
  for (const file of files) await copyFile(join(from, file), join(to, file))
}
