import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { COLUMNS, shuffle, views } from '../../../test/view-events.ts'
import { at, NOON, playFrom } from '../../../test/views.ts'
import type { Subject } from '../../platform/ids.ts'
import { REVISION_COLUMNS, type ViewColumns } from './rows.ts'
import type { FoldEvent, ViewSums } from './view-fold.ts'
import { openViews, revise, type ViewEvent } from './view-state.ts'

const HOUR_MS = 3_600_000

describe('what is written of a view, added up', () => {
  test('is the same whatever the order, the batches and the hours in which its events arrive', () => {
    fc.assert(
      fc.property(views(), fc.infiniteStream(fc.nat()), (events, random) => {
        const draw = (below: number) => random.next().value! % below
        const arrivals = events.map((event) => ({ columns: COLUMNS, isSignedIn: false, event }))
        const inOrder = written([{ at: NOON, arrivals }])
        expect(written(deliver(arrivals, draw))).toEqual(inOrder)
      }),
      { numRuns: 300 },
    )
  })

  test('is the same whoever of its people and whichever of its masks came first', () => {
    fc.assert(
      fc.property(views(), fc.infiniteStream(fc.nat()), (events, random) => {
        const draw = (below: number) => random.next().value! % below
        const arrivals = events.map((event) => {
          const isSignedIn = draw(2) === 0
          const person = { subject: String(draw(3) + (isSignedIn ? 10 : 20)) as Subject, isSignedIn }
          return arrivalOf(event, person, { consentMask: draw(4), platform: `platform-${event.seq}` })
        })
        const inOrder = written([{ at: NOON, arrivals }])
        expect(written(deliver(arrivals, draw))).toEqual(inOrder)
      }),
      { numRuns: 300 },
    )
  })
})

describe('whose a view is', () => {
  const play = [...playFrom(0), at(2, 'heartbeat', { monoMs: 10_000, positionMs: 10_000 })]
  const nobody = { subject: '20' as Subject, isSignedIn: false }
  const ann = { subject: '10' as Subject, isSignedIn: true }
  const bea = { subject: '11' as Subject, isSignedIn: true }

  test.each([
    { by: 'the signed-in one’s, though she came late', people: [nobody, nobody, ann], owner: ann },
    { by: 'the signed-in one’s, though she left', people: [ann, nobody, nobody], owner: ann },
    { by: 'the first signed-in one’s', people: [nobody, bea, ann], owner: bea },
  ])('$by', ({ people, owner }) => {
    const arrivals = play.map((event, index) => arrivalOf(event, people[index]!))
    for (const order of [arrivals, arrivals.toReversed()]) {
      const sums = written(order.map((arrival, hour) => ({ at: NOON + hour * HOUR_MS, arrivals: [arrival] })))
      expect(sums.map(([under, values]) => [subjectIn(under), values])).toEqual([
        [owner.subject, [1, 1, 10_000, 0, 0]],
      ])
    }
  })

  test('and under which mask: what was written moves to the narrower one', () => {
    const sums: ViewSums = new Map([
      [NOON, { starts: 1, streams: 0, playedMs: 5, stalledMs: 0, unknownMs: 0 }],
    ])
    const narrower = { ...COLUMNS, consentMask: 0b00111 }
    const view = { written: sums, writtenColumns: COLUMNS, columns: narrower }
    expect(revise(view, sums).map(({ sign, columns }) => ({ sign, columns }))).toEqual([
      { sign: -1, columns: COLUMNS },
      { sign: 1, columns: narrower },
    ])
    expect(revise({ ...view, columns: { ...COLUMNS } }, sums)).toEqual([])
  })

  test('of before this was decided by rule keeps who it was given to, and is revised under the mask it was written with', () => {
    const key = `${COLUMNS.app}\n${COLUMNS.viewId}`
    const [first, ...others] = play.map((event) => arrivalOf(event, ann))
    const remembered = new Map<string, Uint8Array>()
    const sums = new Map<string, number[]>()
    receive([arrivalOf(first!.event, nobody)], NOON, { remembered, sums })
    const { columnsFrom: _, ...rest } = JSON.parse(String(remembered.get(key)))
    const old = { ...rest, writtenMask: rest.columns.consentMask }
    remembered.set(key, Buffer.from(JSON.stringify(old)))
    const narrower = others.map((each) => ({ ...each, columns: { ...each.columns, consentMask: 0b00111 } }))
    receive(narrower, NOON, { remembered, sums })
    const left = nonZero(sums)
    expect(left.map(([under, values]) => [subjectIn(under), values])).toEqual([
      [nobody.subject, [1, 1, 10_000, 0, 0]],
    ])
    expect(left[0]![0]).toContain('"consent_mask":7')
  })
})

function arrivalOf(
  event: FoldEvent,
  { subject, isSignedIn }: { subject: Subject; isSignedIn: boolean },
  columns: Partial<ViewColumns> = {},
): ViewEvent {
  return { columns: { ...COLUMNS, subject, ...columns }, isSignedIn, event }
}

function subjectIn(under: string): unknown {
  return (JSON.parse(under) as { subject: unknown }).subject
}

interface Delivery {
  /** When, epoch ms. */
  readonly at: number
  readonly arrivals: readonly ViewEvent[]
}

/** Shuffled, in batches, and over 23 hours: within the day for which a view is remembered. */
function deliver(arrivals: readonly ViewEvent[], draw: (below: number) => number): Delivery[] {
  const queue = shuffle([...arrivals], draw)
  const deliveries: Delivery[] = []
  while (queue.length > 0) deliveries.push({ at: draw(23 * HOUR_MS), arrivals: queue.splice(0, 1 + draw(6)) })
  deliveries.sort((a, b) => a.at - b.at)
  return deliveries.map(({ at, arrivals: some }) => ({ at: NOON + at, arrivals: some }))
}

/** The sums of what deliveries write, by everything that a revision is under. */
function written(deliveries: readonly Delivery[]): [string, number[]][] {
  const store = { remembered: new Map<string, Uint8Array>(), sums: new Map<string, number[]>() }
  for (const { at, arrivals } of deliveries) receive(arrivals, at, store)
  return nonZero(store.sums)
}

/** A batch of a recorder that was just started: it knows nothing but what was remembered. */
function receive(
  arrivals: readonly ViewEvent[],
  now: number,
  { remembered, sums }: { remembered: Map<string, Uint8Array>; sums: Map<string, number[]> },
): void {
  const views = openViews({ get: (_, key) => remembered.get(key) }, () => '2026-11-22')
  for (const arrival of arrivals) views.add(arrival)
  const { rows, remember } = views.finish({ now, timeZoneOf: () => 'UTC' })
  for (const { key, value } of remember) remembered.set(key, value!)
  for (const { line } of rows) {
    const values = JSON.parse(line) as unknown[]
    const row = Object.fromEntries(REVISION_COLUMNS.map((column, index) => [column, values[index]]))
    addRow(sums, row as unknown as RevisionRow)
  }
}

function nonZero(sums: ReadonlyMap<string, number[]>): [string, number[]][] {
  return [...sums].filter(([, values]) => values.some((value) => value !== 0)).sort()
}

interface RevisionRow {
  readonly sign: number
  readonly written_at: string
  readonly starts: number
  readonly streams: number
  readonly played_ms: number
  readonly stalled_ms: number
  readonly unknown_ms: number
}

function addRow(into: Map<string, number[]>, row: RevisionRow): void {
  const { sign, written_at: _, starts, streams, played_ms, stalled_ms, unknown_ms, ...under } = row
  const key = JSON.stringify(under)
  const before = into.get(key) ?? [0, 0, 0, 0, 0]
  const values = [starts, streams, played_ms, stalled_ms, unknown_ms]
  into.set(
    key,
    before.map((value, index) => value + sign * values[index]!),
  )
}
