import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { COLUMNS, shuffle, views } from '../../../test/view-events.ts'
import { at, fold, NOON, playFrom, total } from '../../../test/views.ts'
import {
  addEvents,
  EMPTY_FOLD,
  foldFromJson,
  foldToJson,
  stateNow,
  sumsOf,
  type BucketSums,
  type ViewFold,
  type ViewSums,
} from './view-fold.ts'
import { revise } from './view-state.ts'

describe('order, repetition and gaps', () => {
  test('any order, any repetition and any division into batches amounts to the same', () => {
    fc.assert(
      fc.property(views(), fc.infiniteStream(fc.nat()), (events, random) => {
        const draw = (below: number) => random.next().value! % below
        const expected = sumsOf(fold(events))
        const queue = shuffle([...events, ...events.slice(0, draw(events.length + 1))], draw)
        let stored: unknown = foldToJson(EMPTY_FOLD)
        while (queue.length > 0) {
          const batch = queue.splice(0, 1 + draw(6))
          stored = JSON.parse(JSON.stringify(foldToJson(addEvents(foldFromJson(stored), batch))))
        }
        const arrived = foldFromJson(stored)
        expect(arrived.waiting).toEqual([])
        expect(sumsOf(arrived)).toEqual(expected)
        expect(stateNow(arrived)).toBe(stateNow(fold(events)))
      }),
      { numRuns: 300 },
    )
  })

  test('at every moment the revisions written so far add up to the fold of what has arrived', () => {
    fc.assert(
      fc.property(views(), fc.infiniteStream(fc.nat()), (events, random) => {
        const draw = (below: number) => random.next().value! % below
        const queue = shuffle([...events], draw)
        let current: ViewFold = EMPTY_FOLD
        let written: ViewSums = new Map()
        const table = new Map<number, BucketSums>()
        while (queue.length > 0) {
          current = addEvents(current, queue.splice(0, 1 + draw(6)))
          const sums = sumsOf(current)
          for (const { sign, bucket, sums: part } of revise(viewOf(written), sums))
            addSigned(table, bucket, part, sign)
          written = sums
          expect(close(table)).toEqual(close(sums))
        }
      }),
      { numRuns: 150 },
    )
  })

  test('no more time is given out than has passed', () => {
    fc.assert(
      fc.property(views(), (events) => {
        const sums = total(fold(events))
        const passed = Math.max(...events.map((e) => e.monoMs)) - Math.min(...events.map((e) => e.monoMs))
        expect(sums.playedMs + sums.stalledMs + sums.unknownMs).toBeLessThanOrEqual(passed + 1e-6)
        expect(sums.streams).toBeLessThanOrEqual(sums.starts)
      }),
    )
  })

  test('what waits behind a gap counts already, and what fills the gap puts it right', () => {
    const events = [...playFrom(0), at(2, 'heartbeat', { monoMs: 10_000, positionMs: 10_000 })]
    const late = at(3, 'pause', { monoMs: 20_000, positionMs: 20_000 })
    const after = [
      at(4, 'resume', { monoMs: 30_000, positionMs: 20_000 }),
      at(5, 'heartbeat', { monoMs: 40_000, positionMs: 30_000 }),
    ]
    const gapped = addEvents(addEvents(EMPTY_FOLD, events), after)
    expect(gapped.waiting).toHaveLength(2)
    // Without the pause the 20 s between look like 10 s of play.
    expect(total(gapped).playedMs).toBe(10_000 + 10_300 + 10_000)

    const filled = addEvents(gapped, [late])
    expect(filled.waiting).toEqual([])
    expect(total(filled).playedMs).toBe(30_000)
  })

  test('a fold that was stored while gaps had a time is read', () => {
    const { folded } = foldToJson(EMPTY_FOLD) as { folded: object }
    expect(foldFromJson({ folded, waiting: [], gapSince: NOON })).toEqual(EMPTY_FOLD)
  })

  test('at most 2,000 events wait; gaps are jumped from the front, and no more of them than needed', () => {
    const behind = Array.from({ length: 2_003 }, (_, i) =>
      at(10 + 2 * i, 'heartbeat', { monoMs: 10 + 2 * i, positionMs: 10 + 2 * i }),
    )
    const jumped = addEvents(EMPTY_FOLD, behind)
    expect(jumped.waiting).toHaveLength(2_000)
    expect(jumped.waiting[0]!.seq).toBe(16)
    // Too late for a gap that was jumped, in time for the next.
    expect(addEvents(jumped, [at(13, 'pause', { monoMs: 13, positionMs: 13 })])).toEqual(jumped)
    const filled = addEvents(jumped, [at(15, 'pause', { monoMs: 15, positionMs: 15 })])
    expect(filled.waiting).toHaveLength(1_999)
  })
})

function viewOf(written: ViewSums) {
  return { written, writtenColumns: COLUMNS, columns: COLUMNS }
}

function addSigned(table: Map<number, BucketSums>, bucket: number, part: BucketSums, sign: number): void {
  const sums = table.get(bucket) ?? { starts: 0, streams: 0, playedMs: 0, stalledMs: 0, unknownMs: 0 }
  for (const field of Object.keys(sums) as (keyof BucketSums)[]) sums[field] += sign * part[field]
  table.set(bucket, sums)
}

/** Sums that are not zero, to a thousandth of a millisecond: adding and taking away floats leaves dust. */
function close(sums: ViewSums): [number, number[]][] {
  return [...sums]
    .map(([bucket, values]): [number, number[]] => [
      bucket,
      Object.values(values as BucketSums).map((value) => Math.round(value * 1_000) / 1_000 + 0),
    ])
    .filter(([, values]) => values.some((value) => value !== 0))
    .sort(([a], [b]) => a - b)
}
