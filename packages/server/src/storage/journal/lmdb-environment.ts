import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { open, type Database, type RootDatabase } from 'lmdb'
import { StartupError } from '../../platform/errors.ts'

/**
 * An LMDB environment as the journal and the recorder's state need it: every commit is on disk before it is reported,
 * commits are all or nothing, several processes may hold it, and a commit that fails leaves it usable.
 *
 * - `overlappingSync: false`: data pages, fdatasync, meta page, then the answer. With overlapping the order of answer and
 *   sync is the library's business, and it is this project's.
 * - `eventTurnBatching: false`: with it, a failed commit also rejects a promise that nobody holds, which ends the process.
 * - `childTransaction`: what a callback wrote before it threw is undone; a plain transaction would commit it.
 */
export interface LmdbEnvironment {
  /** Named map of binary values under keys of any type. */
  table<K extends LmdbKey>(name: string): Database<Buffer, K>
  /** Named map of binary values under plain bytes, ordered as bytes. */
  tableOfBytes(name: string): Database<Buffer, Buffer>
  /** Few small values, as JSON. */
  readonly meta: Database<unknown, string>
  /** Runs `work` in a write transaction and resolves with its answer once the commit is on disk. */
  write<T>(work: () => T): Promise<T>
  /** Makes following reads of this event turn see the newest commit. */
  refresh(): void
  /**
   * Keeps every process from writing, this one too, while `work` runs: the files hold what is committed and do not change.
   * The kernel ends the hold with the process.
   */
  hold<T>(work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

type LmdbKey = string | number | Uint8Array | (string | number)[]

/** Version of what lies in the folder. Raise it with a migration. */
const FORMAT = 1
const MAGIC = 0xbeefc0de
const MAGIC_OFFSET = 24

/** The one file of an environment that is not made anew by whoever opens it. */
export const DATA_FILE = 'data.mdb'

export function openEnvironment(folder: string, options: { mapBytes: number }): LmdbEnvironment {
  const env = openFolder(folder, options.mapBytes)
  const meta = env.openDB<unknown, string>({ name: 'meta', encoding: 'json' })
  checkFormat(env, meta, folder)
  return {
    table: (name) => env.openDB({ name, encoding: 'binary' }),
    tableOfBytes: (name) => env.openDB({ name, encoding: 'binary', keyEncoding: 'binary' }),
    meta,
    async write(work) {
      try {
        return await env.childTransaction(work)
      } catch (error) {
        throw await causeOf(error)
      }
    },
    refresh: () => env.resetReadTxn(),
    // The writer's lock of LMDB is a robust mutex of all processes; a transaction that writes nothing takes it all the same.
    hold: async (work) => await env.transaction(work),
    close: () => env.close(),
  }
}

function openFolder(folder: string, mapBytes: number): RootDatabase {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    refuseForeignFile(join(folder, DATA_FILE))
    const env = open({
      path: folder,
      noSubdir: false,
      overlappingSync: false,
      eventTurnBatching: false,
      mapSize: mapBytes,
      maxDbs: 12,
    })
    chmodSync(folder, 0o700)
    return env
  } catch (error) {
    throw new StartupError(
      `The folder ${folder} cannot be opened as an LMDB environment (${(error as Error).message}). If its files are damaged, restore the backup; if the folder belongs to something else, choose another.`,
    )
  }
}

/** The library crashes on a file that is not LMDB's. Its magic number follows the header of the first page. */
function refuseForeignFile(file: string): void {
  if (!existsSync(file)) return
  const header = Buffer.alloc(64)
  const descriptor = openSync(file, 'r')
  const size = readSync(descriptor, header, 0, header.length, 0)
  closeSync(descriptor)
  if (size > 0 && header.readUInt32LE(MAGIC_OFFSET) !== MAGIC) throw new Error('data.mdb is not an LMDB file')
}

function checkFormat(env: RootDatabase, meta: Database<unknown, string>, folder: string): void {
  const found = env.transactionSync(() => {
    const format = meta.get('format')
    if (format === undefined) meta.putSync('format', FORMAT)
    return format ?? FORMAT
  })
  if (found === FORMAT) return
  throw new StartupError(
    `${folder} was written by a newer Foyer (format ${String(found)}, this program knows ${FORMAT}). Start that version, or restore a backup made by this one.`,
  )
}

/** lmdb rejects with a promise of the reason; left alone, that promise ends the process. */
async function causeOf(error: unknown): Promise<unknown> {
  const reason = (error as { commitError?: Promise<never> }).commitError
  if (!reason) return error
  try {
    return await reason
  } catch (cause) {
    return cause
  }
}
