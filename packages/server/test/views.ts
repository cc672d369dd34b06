import {
  addEvents,
  BUCKET_MS,
  EMPTY_FOLD,
  sumsOf,
  type BucketSums,
  type FoldEvent,
  type ViewFold,
} from '../src/modules/tracking/view-fold.ts'

/** Beginning of a quarter of an hour, on which the views of tests begin. */
export const NOON = Date.UTC(2026, 10, 22, 12)

/** An event of a view. Its wall clock stays within the first quarter of an hour. */
export function at(
  seq: number,
  type: string,
  fields: { monoMs: number; positionMs: number | null; rate?: number; fromMs?: number },
): FoldEvent {
  return { seq, type, ts: NOON + Math.min(fields.monoMs, BUCKET_MS - 1), ...fields }
}

/** The first two events of a view that plays from a position. */
export function playFrom(positionMs: number): FoldEvent[] {
  return [
    at(0, 'play', { monoMs: positionMs, positionMs }),
    at(1, 'playing', { monoMs: positionMs, positionMs }),
  ]
}

/** All events at once. */
export function fold(events: readonly FoldEvent[]): ViewFold {
  return addEvents(EMPTY_FOLD, events)
}

/** Sums over all quarters of an hour. */
export function total(fold: ViewFold): BucketSums {
  const sum = { starts: 0, streams: 0, playedMs: 0, stalledMs: 0, unknownMs: 0 }
  for (const sums of sumsOf(fold).values()) {
    for (const field of Object.keys(sum) as (keyof BucketSums)[]) sum[field] += sums[field]
  }
  return sum
}
