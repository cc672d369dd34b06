import type { Clock } from '../../platform/clock.ts'

/**
 * Token buckets: each key may take `perSecond` a second for long and twice that at once. Memory is bounded: of two
 * generations of buckets the older one is dropped when the younger is full or old, and a bucket that is forgotten was
 * full again anyway, or belonged to a flood of addresses that a bucket each would not stop.
 */
export interface RateLimit {
  /** Takes one. 0 when it may pass, else after how many seconds to try again. */
  take(key: string): number
}

/** Buckets in a generation. */
const BUCKETS_MAX = 50_000
/** Seconds' worth that an idle bucket holds: after that time it is full, and may be forgotten. */
const BURST_SECONDS = 2

interface Bucket {
  tokens: number
  updatedAt: number
}

/** `perSecond` 0 sets no limit. */
export function createRateLimit(options: {
  perSecond: number
  clock: Clock
  bucketsMax?: number
}): RateLimit {
  const { perSecond, clock, bucketsMax = BUCKETS_MAX } = options
  if (perSecond === 0) return { take: () => 0 }
  const capacity = perSecond * BURST_SECONDS
  let young = new Map<string, Bucket>()
  let old = new Map<string, Bucket>()
  let turnedAt = clock.now()

  function bucketOf(key: string, now: number): Bucket {
    const known = young.get(key)
    if (known) return known
    if (young.size >= bucketsMax || now - turnedAt > BURST_SECONDS * 1_000) {
      old = young
      young = new Map()
      turnedAt = now
    }
    const bucket = old.get(key) ?? { tokens: capacity, updatedAt: now }
    young.set(key, bucket)
    return bucket
  }

  return {
    take(key) {
      const now = clock.now()
      const bucket = bucketOf(key, now)
      bucket.tokens = Math.min(capacity, bucket.tokens + ((now - bucket.updatedAt) / 1_000) * perSecond)
      bucket.updatedAt = now
      if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond))
      bucket.tokens -= 1
      return 0
    },
  }
}
