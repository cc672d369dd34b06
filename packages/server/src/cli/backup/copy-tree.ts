import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readlink, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ManifestEntry } from './manifest.ts'

/** Files that are copied at one time: the system's threads are four. */
const AT_ONE_TIME = 4
const CHUNK_BYTES = 1_048_576

/** A path within a tree, with `/` between its parts. */
export interface TreeEntry {
  readonly path: string
  readonly kind: 'file' | 'folder' | 'link'
}

/**
 * All that is in a folder, each folder before what is in it. `isWanted` false leaves out, with all that is below. Of a
 * folder in which a store works, folders `mayVanish` while it is looked at.
 */
export async function listTree(
  root: string,
  isWanted: (path: string, isFolder: boolean) => boolean = () => true,
  { mayVanish = false } = {},
): Promise<TreeEntry[]> {
  const found: TreeEntry[] = []
  async function walk(folder: string): Promise<void> {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
      if (mayVanish && folder !== '' && (error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    })
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (!isWanted(path, entry.isDirectory())) continue
      if (entry.isDirectory()) {
        found.push({ path, kind: 'folder' })
        await walk(path)
      } else if (entry.isSymbolicLink()) found.push({ path, kind: 'link' })
      else if (entry.isFile()) found.push({ path, kind: 'file' })
    }
  }
  await walk('')
  return found
}

/** Copies a tree, tells its entries with their checksums, and calls back with the bytes of each file done. */
export async function copyTree(
  entries: readonly TreeEntry[],
  { from, to }: { from: string; to: string },
  onFile: (bytes: number) => void = () => undefined,
): Promise<ManifestEntry[]> {
  await mkdir(to, { recursive: true, mode: 0o700 })
  for (const { path, kind } of entries) {
    if (kind === 'folder') await mkdir(join(to, path), { recursive: true, mode: 0o700 })
  }
  return await inParallel(entries, async ({ path, kind }): Promise<ManifestEntry> => {
    if (kind === 'folder') return { path, isFolder: true }
    if (kind === 'link') {
      const linkTo = await readlink(join(from, path))
      await symlink(linkTo, join(to, path))
      return { path, linkTo }
    }
    const copied = await copyFile(join(from, path), join(to, path))
    onFile(copied.bytes)
    return { path, ...copied }
  })
}

/** Copies a file, whose copy only its owner may read, and tells what was copied. It is not yet synced. */
export async function copyFile(from: string, to: string): Promise<{ bytes: number; sha256: string }> {
  const target = await open(to, 'w', 0o600)
  try {
    return await readThrough(from, (chunk) => target.writeFile(chunk))
  } finally {
    await target.close()
  }
}

/** Size and checksum of a file. */
export function digestFile(path: string): Promise<{ bytes: number; sha256: string }> {
  return readThrough(path, async () => undefined)
}

async function readThrough(
  path: string,
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  const source = await open(path, 'r')
  let bytes = 0
  try {
    for (;;) {
      const { bytesRead } = await source.read(buffer, 0, CHUNK_BYTES, null)
      if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') }
      const chunk = buffer.subarray(0, bytesRead)
      hash.update(chunk)
      await take(chunk)
      bytes += bytesRead
    }
  } finally {
    await source.close()
  }
}

/** Brings a tree to the disk: files, then the folders that name them, and the folder that names the tree. */
export async function syncTree(root: string): Promise<void> {
  const entries = await listTree(root)
  await inParallel(
    entries.filter(({ kind }) => kind === 'file'),
    ({ path }) => syncPath(join(root, path)),
  )
  const folders = entries.filter(({ kind }) => kind === 'folder').map(({ path }) => join(root, path))
  await inParallel([...folders, root, dirname(root)], syncPath)
}

export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Does something with each, a few at one time; the answers in the order of what was given. */
export async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = Array.from({ length: items.length })
  let next = 0
  async function lane(): Promise<void> {
    while (next < items.length) {
      const index = next++
      results[index] = await work(items[index]!)
    }
  }
  await Promise.all(Array.from({ length: AT_ONE_TIME }, lane))
  return results
}

/** Bytes of all files of a tree, in which a store may be at work. */
export async function treeBytes(root: string, isWanted?: (path: string, isFolder: boolean) => boolean) {
  const files = (await listTree(root, isWanted, { mayVanish: true })).filter(({ kind }) => kind === 'file')
  const sizes = await inParallel(files, async ({ path }) => {
    // A file may be gone by now, as a store tidies up while it works.
    return (await stat(join(root, path)).catch(() => null))?.size ?? 0
  })
  return sizes.reduce((sum, size) => sum + size, 0)
}
