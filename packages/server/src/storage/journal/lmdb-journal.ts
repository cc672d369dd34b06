import { Problem } from '../../platform/errors.ts'
import { systemRandom, type RandomSource } from '../../platform/ids.ts'
import type { Journal, JournalEntry, Position } from './journal.ts'
import { openEnvironment, type LmdbEnvironment } from './lmdb-environment.ts'

export interface LmdbJournalOptions {
  /** High-water mark: stored bytes above which appends are refused. */
  readonly bytesMax: number
  /** High-water mark: stored entries above which appends are refused. */
  readonly entriesMax: number
  readonly random?: RandomSource
}

/** What waits in memory for the commit before its own; one process' share. */
const PENDING_BYTES_MAX = 64_000_000
/**
 * How often another process' appends are looked for, ms: they are found after 5 ms (median), for 0.02 cores. What reports
 * may lag is a hundred times that.
 */
const POLL_MS = 10
/** Entries that one trimming transaction deletes: the write lock is held for about 10 ms. */
const TRIM_ENTRIES = 2_000
/** What a client shall wait before it tries again: about the time in which a worker that runs makes room. */
const RETRY_AFTER_S = '5'

/**
 * The journal in LMDB, shared by the processes of one machine: any may append, one reads, commits and trims.
 *
 * Appends that arrive while a commit is being written share the next one (group commit): one fdatasync, however many
 * requests. Positions are given inside the write transaction, so that they grow in the order of commits across processes
 * and restarts, and a reader that has passed a position never misses a lower one.
 *
 * The file never shrinks; trimmed pages are used again.
 */
export function openLmdbJournal(folder: string, options: LmdbJournalOptions): Journal {
  const env = openEnvironment(folder, { mapBytes: 2 * options.bytesMax + 256_000_000 })
  const entries = env.table<number>('entries')
  const listeners = new Set<() => void>()
  const id = readOrMakeId(env, options.random ?? systemRandom)

  let pending: PendingAppend[] = []
  let pendingBytes = 0
  let writing: Promise<void> | null = null
  let poll: NodeJS.Timeout | undefined
  let polledNext = 0

  function append(entry: Uint8Array): Promise<Position> {
    if (pendingBytes + entry.byteLength > PENDING_BYTES_MAX) return Promise.reject(full('the disk is slow'))
    return new Promise((resolve, reject) => {
      pending.push({ entry, resolve, reject })
      pendingBytes += entry.byteLength
      writing ??= writeGroups()
    })
  }

  async function writeGroups(): Promise<void> {
    // Let the other requests of this turn of the event loop join the first group.
    await Promise.resolve()
    while (pending.length > 0) {
      const group = pending
      pending = []
      pendingBytes = 0
      try {
        const positions = await env.write(() => putGroup(group))
        for (const [index, waiting] of group.entries()) {
          const position = positions[index]
          if (position === null || position === undefined) waiting.reject(full('the recorder is behind'))
          else waiting.resolve(position)
        }
        for (const listener of listeners) listener()
      } catch (error) {
        for (const waiting of group) waiting.reject(writeFailed(error))
      }
    }
    writing = null
  }

  /** Positions of the group's entries; null for those that the high-water mark refuses. */
  function putGroup(group: readonly PendingAppend[]): (Position | null)[] {
    const tail = { ...readTail(env) }
    const positions = group.map(({ entry }) => {
      if (tail.entries + 1 > options.entriesMax || tail.bytes + entry.byteLength > options.bytesMax)
        return null
      entries.putSync(tail.next, Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength))
      tail.entries += 1
      tail.bytes += entry.byteLength
      return tail.next++ as Position
    })
    env.meta.putSync('tail', tail)
    return positions
  }

  function committed(): number {
    return (env.meta.get('committed') as number | undefined) ?? 0
  }

  /** Deletes some committed entries; whether more may be left. */
  async function trimSome(): Promise<boolean> {
    env.refresh()
    const upTo = committed()
    // The oldest keys, without their values.
    const keys = [...entries.getKeys({ end: upTo + 1, limit: TRIM_ENTRIES })]
    if (keys.length === 0) return false
    await env.write(() => {
      const tail = { ...readTail(env) }
      for (const key of keys) {
        const size = entries.getBinaryFast(key)?.length
        if (size === undefined) continue
        entries.removeSync(key)
        tail.entries -= 1
        tail.bytes -= size
      }
      env.meta.putSync('tail', tail)
    })
    return keys.length === TRIM_ENTRIES
  }

  function look(): void {
    env.refresh()
    const { next } = readTail(env)
    if (next === polledNext) return
    polledNext = next
    for (const listener of listeners) listener()
  }

  return {
    id,
    append,
    read(after, limit) {
      env.refresh()
      const read: JournalEntry[] = []
      let bytes = 0
      for (const { key, value } of entries.getRange({ start: (after ?? 0) + 1, limit: limit.entries })) {
        bytes += value.byteLength
        if (read.length > 0 && bytes > limit.bytes) break
        read.push({ position: key as Position, entry: value })
      }
      return read
    },
    last() {
      env.refresh()
      const { next } = readTail(env)
      return next === 1 ? null : ((next - 1) as Position)
    },
    async commit(position) {
      await env.write(() => {
        if (position >= readTail(env).next) throw new RangeError('a position that was never given out')
        if (position > committed()) env.meta.putSync('committed', position)
      })
    },
    async trim() {
      while (await trimSome());
    },
    backlog() {
      env.refresh()
      const { entries, bytes } = readTail(env)
      return { entries, bytes }
    },
    onAppend(listener) {
      listeners.add(listener)
      // Real time on purpose: time that a test moves by hand must not hold back what other processes wrote.
      poll ??= setInterval(look, POLL_MS).unref()
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        clearInterval(poll)
        poll = undefined
      }
    },
    async close() {
      clearInterval(poll)
      listeners.clear()
      await writing
      await env.close()
    },
  }
}

/**
 * Makes a copied journal one of its own by a new id: recorder's cursor and tokens of the one that it was copied from do not
 * apply to it.
 */
export async function renewJournalId(folder: string, random: RandomSource = systemRandom): Promise<void> {
  const env = openEnvironment(folder, { mapBytes: 256_000_000 })
  try {
    await env.write(() => env.meta.putSync('id', drawId(random)))
  } finally {
    await env.close()
  }
}

interface PendingAppend {
  readonly entry: Uint8Array
  resolve(position: Position): void
  reject(problem: Problem): void
}

/** End of the journal: the next position, and what is stored. Kept with every change, so that reading it is one look-up. */
interface Tail {
  next: number
  entries: number
  bytes: number
}

function readTail(env: LmdbEnvironment): Tail {
  return (env.meta.get('tail') as Tail | undefined) ?? { next: 1, entries: 0, bytes: 0 }
}

/** 80 random bits, drawn by the process that creates the journal. */
function readOrMakeId(env: LmdbEnvironment, random: RandomSource): string {
  return env.meta.transactionSync(() => {
    const known = env.meta.get('id') as string | undefined
    if (known !== undefined) return known
    const id = drawId(random)
    env.meta.putSync('id', id)
    return id
  })
}

function drawId(random: RandomSource): string {
  return Buffer.from(random(10)).toString('hex')
}

function full(why: string): Problem {
  return new Problem('journal.full', `Nothing was stored because ${why}. Send the same request again.`, {
    headers: { 'Retry-After': RETRY_AFTER_S },
  })
}

function writeFailed(cause: unknown): Problem {
  return new Problem('journal.write_failed', 'Nothing was stored. Send the same request again.', {
    cause,
    headers: { 'Retry-After': RETRY_AFTER_S },
  })
}
