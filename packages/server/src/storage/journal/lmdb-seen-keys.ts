import type { LmdbEnvironment } from './lmdb-environment.ts'
import type { StateChanges } from './recorder-state.ts'

/** Keys that were seen, for some days or for ever. */
export interface SeenKeys {
  has(keys: readonly Uint8Array[]): boolean[]
  /** Inside a write transaction. */
  put(keys: StateChanges['seen']): void
  /** After the transaction that put them. */
  noteBuckets(keys: StateChanges['seen']): void
  expire(now: number, limit: number): Promise<number>
}

const KEY_BYTES = 16
const BUCKET_BYTES = 2
/** Width of a bucket: what expires within two days of one another is forgotten together, up to two days late. */
const BUCKET_MS = 2 * 86_400_000
const FOR_EVER = 0xffff
const EXPIRE_CHUNK = 10_000
const PRESENT = Buffer.from([1])

/**
 * Keys behind the number of the two days in which they expire. Forgetting is deleting a range, which frees whole pages,
 * and a key costs one entry; an index by time would cost a second one, in random order, for each message. The price is a
 * look-up in each bucket that lives: five for seven days.
 */
export function openSeenKeys(env: LmdbEnvironment): SeenKeys {
  const table = env.tableOfBytes('seen')
  const buckets = new Set<number>(findBuckets())
  const probe = Buffer.alloc(BUCKET_BYTES + KEY_BYTES)

  function findBuckets(): number[] {
    const found: number[] = []
    let start = Buffer.alloc(BUCKET_BYTES)
    for (;;) {
      const [first] = [...table.getKeys({ start, limit: 1 })] as Buffer[]
      if (!first) return found
      const bucket = first.readUInt16BE(0)
      found.push(bucket)
      if (bucket === FOR_EVER) return found
      start = Buffer.alloc(BUCKET_BYTES)
      start.writeUInt16BE(bucket + 1, 0)
    }
  }

  return {
    has(keys) {
      // Repeated messages are mostly recent ones.
      const newestFirst = [...buckets].sort((a, b) => b - a)
      return keys.map((key) => {
        probe.set(key, BUCKET_BYTES)
        return newestFirst.some((bucket) => {
          probe.writeUInt16BE(bucket, 0)
          return table.doesExist(probe)
        })
      })
    },
    put(keys) {
      const stored = keys.map(({ key, expiresAt }) => {
        if (key.byteLength !== KEY_BYTES) throw new RangeError(`a key of ${key.byteLength} bytes`)
        const bytes = Buffer.allocUnsafe(BUCKET_BYTES + KEY_BYTES)
        bytes.writeUInt16BE(bucketOf(expiresAt), 0)
        bytes.set(key, BUCKET_BYTES)
        return bytes
      })
      // In order: neighbours land on one page, which is then copied once.
      for (const bytes of stored.sort(Buffer.compare)) table.putSync(bytes, PRESENT)
    },
    noteBuckets(keys) {
      for (const { expiresAt } of keys) buckets.add(bucketOf(expiresAt))
    },
    async expire(now, limit) {
      const end = Buffer.alloc(BUCKET_BYTES)
      // A bucket ends where the next begins; what it holds has then expired.
      end.writeUInt16BE(Math.min(Math.max(bucketOf(now), 0), FOR_EVER), 0)
      let forgotten = 0
      while (forgotten < limit) {
        const keys = [...table.getKeys({ end, limit: Math.min(EXPIRE_CHUNK, limit - forgotten) })]
        if (keys.length === 0) break
        await env.write(() => {
          for (const key of keys) table.removeSync(key)
        })
        forgotten += keys.length
      }
      env.refresh()
      const left = new Set(findBuckets())
      for (const bucket of buckets) if (!left.has(bucket)) buckets.delete(bucket)
      return forgotten
    },
  }
}

function bucketOf(expiresAt: number | null): number {
  if (expiresAt === null) return FOR_EVER
  return Math.min(Math.max(Math.floor(expiresAt / BUCKET_MS), 0), FOR_EVER - 1)
}
