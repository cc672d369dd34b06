import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shuffle, views } from '../../../test/view-events.ts'
import { NOON } from '../../../test/views.ts'
import type { Subject } from '../../platform/ids.ts'
import type { ViewColumns } from './rows.ts'
import type { FoldEvent } from './view-fold.ts'
import { openViews } from './view-state.ts'

const HOUR_MS = 3_600_000

interface Arrival {
  readonly columns: ViewColumns
  readonly event: FoldEvent
}

describe('what is written of a view, added up', () => {
  test('is the same whatever the order, the batches and the hours in which its events arrive', () => {
    fc.assert(
      fc.property(views(), fc.infiniteStream(fc.nat()), (events, random) => {
        const draw = (below: number) => random.next().value! % below
        const arrivals = events.map((event) => ({ columns: COLUMNS, event }))
        const inOrder = written([{ at: NOON, arrivals }])
        expect(written(deliver(arrivals, draw))).toEqual(inOrder)
      }),
      { numRuns: 300 },
    )
  })
})

const COLUMNS: ViewColumns = {
  service: 'cine',
  app: 'web-app',
  viewId: 'view',
  subject: '7' as Subject,
  consentMask: 0b10111,
  device: '8',
  platform: 'web',
  deviceClass: 'desktop',
  country: 'ES',
  contentId: 'movie-1',
  contentKind: 'vod',
  contentType: 'movie',
}

interface Delivery {
  /** When, epoch ms. */
  readonly at: number
  readonly arrivals: readonly Arrival[]
}

/** Shuffled, in batches, and over 23 hours: within the day for which a view is remembered. */
function deliver(arrivals: readonly Arrival[], draw: (below: number) => number): Delivery[] {
  const queue = shuffle([...arrivals], draw)
  const deliveries: Delivery[] = []
  while (queue.length > 0) deliveries.push({ at: draw(23 * HOUR_MS), arrivals: queue.splice(0, 1 + draw(6)) })
  deliveries.sort((a, b) => a.at - b.at)
  return deliveries.map(({ at, arrivals: some }) => ({ at: NOON + at, arrivals: some }))
}

/**
 * The sums by everything that a revision is under, of what deliveries write. Each is a batch of a recorder that was just
 * started: nothing is known but what was remembered.
 */
function written(deliveries: readonly Delivery[]): [string, number[]][] {
  const remembered = new Map<string, Uint8Array>()
  const sums = new Map<string, number[]>()
  for (const { at, arrivals } of deliveries) {
    const views = openViews({ get: (_, key) => remembered.get(key) }, () => '2026-11-22')
    for (const { columns, event } of arrivals) views.add(columns, event)
    const { rows, remember } = views.finish({ now: at, timeZoneOf: () => 'UTC' })
    for (const { key, value } of remember) remembered.set(key, value!)
    for (const { line } of rows) addRow(sums, JSON.parse(line) as RevisionRow)
  }
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
