import * as fc from 'fast-check'
import type { FoldEvent } from '../src/modules/tracking/view-fold.ts'
import type { ViewColumns } from '../src/modules/tracking/rows.ts'
import type { Subject } from '../src/platform/ids.ts'
import { NOON } from './views.ts'

/** What the revisions of a view are under. */
export const COLUMNS: ViewColumns = {
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

/** Views of 1 to 40 events whose clocks and positions mostly, but not always, make sense. */
export function views(): fc.Arbitrary<FoldEvent[]> {
  const types = (
    'play first_frame playing playing pause resume stall_start stall_end seek_start seek_end heartbeat heartbeat ' +
    'heartbeat rate ended error view_end ad_start ad_end'
  ).split(' ')
  const step = fc.record({
    type: fc.constantFrom(...types),
    passedMs: fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 2_000_000 })),
    movedMs: fc.option(fc.integer({ min: -50_000, max: 50_000 }), { nil: null }),
    moves: fc.boolean(),
    rate: fc.option(fc.constantFrom(1, 1, 2, 0.5, -1, 0), { nil: undefined }),
    isFatal: fc.boolean(),
  })
  return fc.array(step, { minLength: 1, maxLength: 40 }).map((steps) => {
    let monoMs = 0
    let positionMs = 0
    return steps.map(({ type, passedMs, movedMs, moves, rate, isFatal }, seq) => {
      monoMs += passedMs
      positionMs = Math.max(0, positionMs + (moves ? passedMs : (movedMs ?? 0)))
      const known = movedMs === null ? null : positionMs
      return { seq, type, ts: NOON + monoMs, monoMs, positionMs: known, rate, isFatal }
    })
  })
}

/** Shuffles in place. `draw` gives a whole number below another. */
export function shuffle<T>(items: T[], draw: (below: number) => number): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = draw(i + 1)
    const kept = items[i]!
    items[i] = items[j]!
    items[j] = kept
  }
  return items
}
