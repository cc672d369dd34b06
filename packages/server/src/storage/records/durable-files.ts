import { fsyncSync } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PGlite, PGliteOptions } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'

/**
 * The files of the embedded records, on which an fsync is an fsync.
 *
 * PGlite's own file system answers fsync with success and does nothing. Here the call reaches the disk, for files and for
 * the directories whose entries changed. PostgreSQL must not go on after an fsync that failed (the kernel may have dropped
 * the pages: https://wiki.postgresql.org/wiki/Fsync_Errors), and in WebAssembly its panic loops for ever, so `onFailure`
 * has to end the process and not return.
 */
export class DurableFiles extends NodeFS {
  readonly #fsync: (descriptor: number) => void
  readonly #onFailure: (error: unknown) => never

  constructor(
    folder: string,
    options: { fsync?: (descriptor: number) => void; onFailure: (error: unknown) => never },
  ) {
    super(folder)
    this.#fsync = options.fsync ?? fsyncSync
    this.#onFailure = options.onFailure
  }

  override async init(engine: PGlite, options: EngineModule): Promise<{ emscriptenOpts: EngineModule }> {
    const { emscriptenOpts } = await super.init(engine, options)
    const hook = (module: unknown): void => {
      const files = (module as { NODEFS: { stream_ops: StreamOperations } }).NODEFS
      files.stream_ops.fsync = ({ nfd }) => {
        try {
          this.#fsync(nfd)
        } catch (error) {
          this.#onFailure(error)
        }
        return 0
      }
    }
    emscriptenOpts.preRun = [hook, ...(emscriptenOpts.preRun ?? [])]
    return { emscriptenOpts }
  }
}

type EngineModule = Parameters<NonNullable<PGliteOptions['fs']>['init']>[1]

interface StreamOperations {
  /** `nfd` is the descriptor that Node knows. Answers an errno, 0 for done. */
  fsync: (stream: { nfd: number }) => number
}

/** Brings a folder with all that is in it to the disk; at once, so that the file system joins its journal's writes. */
export async function syncTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true })
  await Promise.all(
    entries.map((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? syncTree(path) : syncPath(path)
    }),
  )
  await syncPath(folder)
}

/** Brings one file, or a folder's list of entries, to the disk. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
