import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { BigIntStats } from 'node:fs'
import { copyFile, copyTree, listTree, type TreeEntry } from './copy-tree.ts'
import type { ManifestEntry } from './manifest.ts'

/**
 * A copy of files that are written in place, in two passes: the first while they are in use, which may catch them in the
 * middle of a change; the second while they stand still, of those alone that changed since. So they stand still briefly.
 */
export interface SettledCopy {
  /** The second pass. The tree must not change while it runs. Tells the entries of the copy. */
  settle(): Promise<ManifestEntry[]>
}

/** A clock of a file system ticks every 4 ms or so; what was written this shortly before it was looked at counts as changed. */
const UNSURE_MS = 2_000n

/** The first pass. */
export async function beginSettledCopy(
  { from, to }: { from: string; to: string },
  onFile: (bytes: number) => void = () => undefined,
): Promise<SettledCopy> {
  const copied = new Map<string, { readonly mark: string | null; readonly entry: ManifestEntry }>()

  async function copyOne(entry: TreeEntry): Promise<void> {
    const looked = await mark(entry)
    const [made] = await copyTree([entry], { from, to }, onFile)
    copied.set(entry.path, { mark: looked, entry: made! })
  }

  const mark = async ({ path }: TreeEntry) => markOf(await stat(join(from, path), { bigint: true }))

  await mkdir(to, { recursive: true, mode: 0o700 })
  for (const entry of await listTree(from)) {
    try {
      await copyOne(entry)
    } catch (error) {
      // It was removed since it was listed. The second pass sees what is there.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }

  return {
    async settle() {
      const now = await listTree(from)
      const paths = new Set(now.map(({ path }) => path))
      for (const path of copied.keys()) {
        if (paths.has(path)) continue
        await rm(join(to, path), { recursive: true, force: true })
        copied.delete(path)
      }
      const settled: ManifestEntry[] = []
      for (const entry of now) {
        const before = copied.get(entry.path)
        const isSame =
          before !== undefined &&
          (entry.kind === 'folder' || (before.mark !== null && before.mark === (await mark(entry))))
        if (isSame) settled.push(before.entry)
        else if (entry.kind === 'file') {
          settled.push({
            path: entry.path,
            ...(await copyFile(join(from, entry.path), join(to, entry.path))),
          })
        } else settled.push(...(await copyTree([entry], { from, to })))
      }
      return settled
    },
  }
}

/** Equal marks: the file is as it was. Null for one that was written just now, which may change within the same tick. */
function markOf(looked: BigIntStats): string | null {
  const ageMs = BigInt(Date.now()) - looked.mtimeMs
  return ageMs < UNSURE_MS ? null : `${looked.ino} ${looked.size} ${looked.mtimeNs}`
}
