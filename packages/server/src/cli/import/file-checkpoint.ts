import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Checkpoint } from './import-run.ts'

const state = z.object({ key: z.string(), events: z.number().int().min(0) })

/**
 * Keeps how far an import came in a file of the data folder. It appears whole or not at all; one that cannot be read
 * counts as none, so that the import begins again: the recorder drops what it has seen.
 */
export function fileCheckpoint(folder: string, name: string): Checkpoint {
  const path = join(folder, `${name}.json`)
  return {
    load: async () => readState(path),
    async save(next) {
      mkdirSync(folder, { recursive: true })
      const file = openSync(`${path}.new`, 'w')
      try {
        writeSync(file, JSON.stringify(next))
        // Before the rename: the new name may be on disk before what it names, which a power cut shows as an empty file.
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(`${path}.new`, path)
    },
    clear: async () => rmSync(path, { force: true }),
  }
}

function readState(path: string): z.infer<typeof state> | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    return state.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
