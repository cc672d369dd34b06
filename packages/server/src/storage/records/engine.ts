import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { PGlite, type PGliteOptions } from '@electric-sql/pglite'
import { StartupError } from '../../platform/errors.ts'
import { DurableFiles, syncPath, syncTree } from './durable-files.ts'
import { endStatus } from './wire-frames.ts'

/**
 * The embedded PostgreSQL (PGlite): one backend session that takes batches of protocol messages and runs each to its end
 * before it returns. Whoever calls it must hold the lease.
 */
export interface Engine {
  /** What a server tells about itself at the start of a connection. */
  readonly parameters: Readonly<Record<string, string>>
  /** How many batches were run: tells whether anything happened since. */
  readonly batches: number
  /** Runs whole messages and answers what the session said. Throws EngineBroken when it did not come to its end. */
  exec(messages: Uint8Array): Buffer
  /** A query of the owner itself. */
  query<Row>(sql: string): Promise<Row[]>
  /** Writes a checkpoint and ends. */
  close(): Promise<void>
}

/** The session ended inside a batch: what it holds in memory is not to be trusted, its files are. */
export class EngineBroken extends Error {
  override readonly name = 'EngineBroken'
}

export interface EngineOptions {
  readonly folder: string
  /** False leaves fsync out. For tests of other things only. */
  readonly isDurable: boolean
  /** Stands in for the system's fsync, to count or to fail. */
  readonly fsync?: (descriptor: number) => void
  /** Called when an fsync failed; must not return. */
  readonly onFsyncFailure: (error: unknown) => never
  /** An answer longer than this breaks its connection, bytes. */
  readonly answerBytesMax: number
}

/** The answer to a batch was too long to be kept. What the batch wrote stands if it was not in a transaction. */
export class AnswerTooLong extends Error {
  override readonly name = 'AnswerTooLong'
}

const ENGINE_MAJOR = '18'

const SHARED_PARAMETERS = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
  ...settings({
    timezone: 'UTC',
    log_timezone: 'UTC',
    shared_buffers: '16MB',
    full_page_writes: 'on',
    // The owner checkpoints every 64 MB; these keep no more WAL than that needs.
    min_wal_size: '32MB',
    max_wal_size: '128MB',
  }),
]

/** fdatasync does not pass PGlite's file system, fsync does. */
const DURABLE = settings({ fsync: 'on', wal_sync_method: 'fsync' })

/** Opens the folder's database, or makes one where there is none. Throws StartupError. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const folder = resolve(options.folder)
  await initialize(folder, options.isDurable)
  const files = new DurableFiles(folder, {
    ...(options.fsync ? { fsync: options.fsync } : {}),
    onFailure: options.onFsyncFailure,
  })
  const database = await createDatabase(folder, {
    fs: files,
    startParams: [...SHARED_PARAMETERS, ...(options.isDurable ? DURABLE : ['-F'])],
  })
  const [version] = (await database.query<{ server_version: string }>('show server_version')).rows
  let batches = 0

  return {
    parameters: {
      server_version: version!.server_version,
      server_encoding: 'UTF8',
      client_encoding: 'UTF8',
      DateStyle: 'ISO, MDY',
      IntervalStyle: 'postgres',
      TimeZone: 'UTC',
      integer_datetimes: 'on',
      standard_conforming_strings: 'on',
    },
    get batches() {
      return batches
    },
    exec(messages) {
      batches += 1
      const chunks: Buffer[] = []
      let length = 0
      // Without syncToFs it runs to its end before it returns, and the promise that it gives is settled already. If it
      // failed, the answer lacks its end, which is seen below.
      database
        .execProtocolRawStream(messages, {
          syncToFs: false,
          onRawData(bytes) {
            length += bytes.length
            // The bytes lie in the engine's memory and are overwritten by what comes next.
            if (length <= options.answerBytesMax) chunks.push(Buffer.from(bytes))
            else chunks.length = 0
          },
        })
        .catch(() => undefined)
      if (length > options.answerBytesMax) {
        throw new AnswerTooLong(
          `an answer of ${length} bytes is longer than the ${options.answerBytesMax} that are kept; ask for less at a time`,
        )
      }
      const answer = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)
      if (mustEndReady(messages) && endStatus(answer) === undefined) {
        throw new EngineBroken('the records engine did not come to the end of a batch')
      }
      return answer
    },
    async query<Row>(sql: string) {
      return (await database.query<Row>(sql)).rows
    },
    async close() {
      await database.exec('CHECKPOINT')
      await database.close()
    },
  }
}

/** A first start: makes the database beside its place and moves it there whole, so that a crash leaves none or all. */
async function initialize(folder: string, isDurable: boolean): Promise<void> {
  const versionFile = join(folder, 'PG_VERSION')
  if (existsSync(versionFile)) {
    const version = readFileSync(versionFile, 'utf8').trim()
    if (version === ENGINE_MAJOR) return
    throw new StartupError(
      `The records in ${folder} were written by PostgreSQL ${version}, and this program embeds ${ENGINE_MAJOR}. Start the version of Foyer that wrote them.`,
    )
  }
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new StartupError(
      `${folder} holds something else than records. Move it away, or name another data folder.`,
    )
  }
  mkdirSync(dirname(folder), { recursive: true })
  const unfinished = `${folder}.new`
  rmSync(unfinished, { recursive: true, force: true })
  try {
    await fillNewFolder(unfinished)
    if (isDurable) await syncTree(unfinished)
  } catch (error) {
    // Where the disk is full, half of a database would only fill it more.
    rmSync(unfinished, { recursive: true, force: true })
    throw error
  }
  renameSync(unfinished, folder)
  if (isDurable) await syncPath(dirname(folder))
}

async function fillNewFolder(folder: string): Promise<void> {
  const database = await createDatabase(folder, {
    dataDir: folder,
    startParams: [...SHARED_PARAMETERS, '-F'],
  })
  // Nobody vacuums the template databases, and their age would stop all writing after two billion transactions.
  await database.exec("UPDATE pg_database SET datistemplate = false WHERE datname LIKE 'template%'")
  for (const name of ['template0', 'template1']) await database.query(`DROP DATABASE ${name}`)
  await database.exec('CHECKPOINT')
  await database.close()
}

/** Starts PGlite. When it does not start, says why in its own words: it tells them to stderr only. */
async function createDatabase(folder: string, options: PGliteOptions): Promise<PGlite> {
  let isStarting = true
  const words: string[] = []
  try {
    return await PGlite.create({
      ...options,
      onStderr(line) {
        if (isStarting && /FATAL|PANIC|ERROR/.test(line)) words.push(line)
        return false
      },
    })
  } catch (error) {
    throw new Error(`the records in ${folder} do not start: ${words.join(' ') || wordsOf(error)}`, {
      cause: error,
    })
  } finally {
    isStarting = false
  }
}

/** What the engine throws may be no Error: its files throw objects with a number. */
function wordsOf(error: unknown): string {
  if (error instanceof Error) return error.message
  const { name, errno } = (error ?? {}) as { name?: unknown; errno?: unknown }
  return typeof errno === 'number' ? `${String(name)} ${errno}` : typeof error
}

/** The last message of a batch is Query, FunctionCall or Sync, which the session answers with ReadyForQuery. */
function mustEndReady(messages: Uint8Array): boolean {
  const view = Buffer.from(messages.buffer, messages.byteOffset, messages.byteLength)
  let last = 0
  for (let at = 0; at + 5 <= view.length; at += 1 + view.readUInt32BE(at + 1)) last = view[at]!
  return last === 0x51 || last === 0x46 || last === 0x53
}

function settings(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}
