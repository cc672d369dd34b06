import type { Database } from 'lmdb'
import type { Position } from './journal.ts'
import { openEnvironment, type LmdbEnvironment } from './lmdb-environment.ts'
import type {
  RecorderState,
  RememberedKind,
  SealedBatch,
  SealedInsert,
  StateChanges,
  SubjectLink,
} from './recorder-state.ts'
import { openSeenKeys } from './lmdb-seen-keys.ts'

/** Address space to begin with; the library grows it. */
const MAP_BYTES = 4_000_000_000

/** What is kept of the sealed batch beside its rows. */
interface SealedHeader {
  readonly upTo: Position | null
  readonly number: number
  readonly inserts: readonly Omit<SealedInsert, 'ndjson'>[]
  /** Absent in what was sealed before there were links. */
  readonly links?: readonly SubjectLink[]
}

/**
 * The recorder's memory in LMDB: one environment, written by one worker, so that one commit carries a batch with
 * everything that follows from it.
 *
 * `journalId` names the journal that the cursor belongs to. A state that meets another journal (a restored backup) keeps
 * what it has seen and starts at that journal's beginning.
 */
export function openLmdbRecorderState(folder: string, options: { journalId: string }): RecorderState {
  const env = openEnvironment(folder, { mapBytes: MAP_BYTES })
  const rows = env.table<number>('sealed')
  const seen = openSeenKeys(env)
  const memory: Record<RememberedKind, Memory> = {
    view: openMemory(env, 'view'),
    device: openMemory(env, 'device'),
  }

  function cursor(): Position | null {
    const saved = env.meta.get('cursor') as { journalId: string; position: Position } | undefined
    return saved?.journalId === options.journalId ? saved.position : null
  }

  const sealedHeader = () => (env.meta.get('sealed') as SealedHeader | null | undefined) ?? null

  function putBatch(batch: SealedBatch, changes: StateChanges): void {
    if (sealedHeader()) throw new Error('the batch before is sealed and not yet inserted')
    seen.put(changes.seen)
    for (const { kind, key, value, dueAt } of changes.remember) memory[kind].put(key, value, dueAt ?? null)
    for (const [index, insert] of batch.inserts.entries()) rows.putSync(index, Buffer.from(insert.ndjson))
    const header: SealedHeader = {
      upTo: batch.upTo,
      number: batch.number,
      inserts: batch.inserts.map(({ table, token, columns }) => ({ table, token, columns })),
      links: batch.links,
    }
    env.meta.putSync('sealed', header)
    env.meta.putSync('lastNumber', batch.number)
    if (batch.upTo !== null) {
      env.meta.putSync('cursor', { journalId: options.journalId, position: batch.upTo })
    }
  }

  return {
    cursor,
    nextNumber: () => ((env.meta.get('lastNumber') as number | undefined) ?? 0) + 1,
    seen: (keys) => seen.has(keys),
    get: (kind, key) => memory[kind].get(key),
    due: (kind, now, limit) => memory[kind].due(now, limit),
    sealed() {
      const header = sealedHeader()
      if (!header) return null
      const { upTo, number } = header
      return {
        // The batch's place is the cursor's. Of another journal it means nothing here: its rows are owed all the same.
        upTo: upTo === null ? null : cursor(),
        number,
        inserts: header.inserts.map((insert, i) => ({ ...insert, ndjson: rows.get(i)! })),
        links: header.links ?? [],
      }
    },
    async seal(batch, changes) {
      await env.write(() => putBatch(batch, changes))
      // The next batch is made at once and must see what this one has seen.
      env.refresh()
      seen.noteBuckets(changes.seen)
    },
    async unseal() {
      await env.write(() => {
        for (const key of rows.getKeys()) rows.removeSync(key)
        env.meta.putSync('sealed', null)
      })
    },
    expire: (now, limit) => seen.expire(now, limit),
    close: () => env.close(),
  }
}

interface Memory {
  get(key: string): Uint8Array | undefined
  /** Inside a write transaction. */
  put(key: string, value: Uint8Array | null, dueAt: number | null): void
  due(now: number, limit: number): string[]
}

const DUE_BYTES = 8
const PRESENT = Buffer.from([1])

/** Remembered values of a kind, each behind the 8 bytes of its due time (NaN: never), and an index of those times. */
function openMemory(env: LmdbEnvironment, kind: RememberedKind): Memory {
  const values: Database<Buffer, string> = env.table(`${kind}s`)
  const byDue: Database<Buffer, [number, string]> = env.table(`${kind}s by due`)
  return {
    get(key) {
      const stored = values.get(key)
      return stored && stored.subarray(DUE_BYTES)
    },
    put(key, value, dueAt) {
      const dueBefore = values.get(key)?.readDoubleBE(0)
      if (dueBefore !== undefined && !Number.isNaN(dueBefore)) byDue.removeSync([dueBefore, key])
      if (value === null) {
        values.removeSync(key)
        return
      }
      const stored = Buffer.allocUnsafe(DUE_BYTES + value.byteLength)
      stored.writeDoubleBE(dueAt ?? Number.NaN, 0)
      stored.set(value, DUE_BYTES)
      values.putSync(key, stored)
      if (dueAt !== null) byDue.putSync([dueAt, key], PRESENT)
    },
    // An array key of one element sorts before longer ones that begin with it, so that the end is exclusive of `now + 1`.
    due: (now, limit) => [...byDue.getKeys({ end: [now + 1] as never, limit })].map(([, key]) => key),
  }
}
