import { constants } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StartupError } from '../../platform/errors.ts'
import type { Journal, Position } from './journal.ts'
import { DATA_FILE, openEnvironment } from './lmdb-environment.ts'
import { openLmdbJournal } from './lmdb-journal.ts'

/** The recorder's memory while it is held: nothing is sealed, unsealed or forgotten by anybody. */
export interface HeldRecorder {
  /** The last position that a sealed batch covers; null before the first, or when it belongs to another journal. */
  readonly cursor: Position | null
  /** Writes the memory into a new folder. */
  copyTo(folder: string): Promise<void>
}

export interface HoldRecorderOptions {
  /** The journal that the recorder reads. */
  readonly journalId: string
  /**
   * Whether a worker runs. Then what is sealed may be on its way into EVENTS at this moment, and is waited for. Without one
   * it lies still, and goes along in the copy.
   */
  readonly isRecording: boolean
  /** How long a sealed batch may take to get into EVENTS, ms. */
  readonly restMsMax?: number
}

const REST_MS_MAX = 60_000
const LOOK_MS = 20
/** Address space; the library takes more when the file is larger. */
const MAP_BYTES = 4_000_000_000

/**
 * Stops the recorder between two batches for as long as `work` runs, whichever process it lives in, by holding the lock
 * that each seal needs: what is in EVENTS, what is remembered as seen and the cursor then belong together. The recorder
 * goes on by itself afterwards, also when this process dies. Throws StartupError when a sealed batch does not get into
 * EVENTS in time.
 */
export async function holdRecorder<T>(
  folder: string,
  options: HoldRecorderOptions,
  work: (held: HeldRecorder) => Promise<T>,
): Promise<T> {
  const env = openEnvironment(folder, { mapBytes: MAP_BYTES })
  const isAtRest = () => !options.isRecording || (env.meta.get('sealed') ?? null) === null
  const held: HeldRecorder = {
    get cursor() {
      const saved = env.meta.get('cursor') as { journalId: string; position: Position } | undefined
      return saved?.journalId === options.journalId ? saved.position : null
    },
    // The file as it is. lmdb's own compact copy made files on which the next writer aborted (3.5.6: an assertion in
    // mdb_page_alloc), and its plain one waits for the lock that is held here.
    async copyTo(target) {
      await mkdir(target, { recursive: true, mode: 0o700 })
      await copyFile(join(folder, DATA_FILE), join(target, DATA_FILE), constants.COPYFILE_FICLONE)
    },
  }
  try {
    const deadline = AbortSignal.timeout(options.restMsMax ?? REST_MS_MAX)
    for (;;) {
      const done = await env.hold(async () => (isAtRest() ? { result: await work(held) } : null))
      if (done) return done.result
      if (deadline.aborted) {
        throw new StartupError(
          'The recorder did not come to rest: a batch waits to be inserted into EVENTS. Try: foyer doctor',
        )
      }
      await delay(LOOK_MS)
    }
  } finally {
    await env.close()
  }
}

/** So that the copy of an empty journal has a size too. */
const ROOM_BYTES = 16_000_000
const SLICE = { entries: 1_000, bytes: 8_000_000 }

/**
 * Copies the entries after `after` up to `upTo` into a new journal in `folder`, in their order, and tells how many. What is
 * appended meanwhile is not in it. Nobody may trim meanwhile: hold the recorder.
 */
export async function copyJournal(
  journal: Journal,
  range: { after: Position | null; upTo: Position | null },
  folder: string,
): Promise<number> {
  const copy = openLmdbJournal(folder, {
    bytesMax: journal.backlog().bytes + ROOM_BYTES,
    entriesMax: Infinity,
  })
  let copied = 0
  try {
    for (let after = range.after; range.upTo !== null;) {
      const entries = journal.read(after, SLICE).filter(({ position }) => position <= range.upTo!)
      if (entries.length === 0) break
      // Before the first commit the entries are copied: their bytes lie in the reader's memory map.
      await Promise.all(entries.map(({ entry }) => copy.append(Buffer.from(entry))))
      copied += entries.length
      after = entries.at(-1)!.position
    }
    return copied
  } finally {
    await copy.close()
  }
}
