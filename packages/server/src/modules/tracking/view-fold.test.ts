import { describe, expect, test } from 'vitest'
import { readTrace, TRACE_NAMES, type TraceName } from '../../../test/player-traces.ts'
import { withRealInput } from '../../../test/real-inputs.ts'
import { at, fold, NOON, playFrom, total } from '../../../test/views.ts'
import {
  addEvents,
  BUCKET_MS,
  EMPTY_FOLD,
  stateNow,
  sumsOf,
  type BucketSums,
  type FoldEvent,
} from './view-fold.ts'

const traces = withRealInput('player-traces')
traces.describe('the recorded traces', () => {
  /** From the table in the recordings' README and the measurements of their players, ms. */
  const TRUTH: Record<TraceName, Partial<BucketSums> & { within: number }> = {
    'clean-play': { starts: 1, streams: 1, playedMs: 60_850, stalledMs: 0, unknownMs: 0, within: 100 },
    'pause-resume-rate-volume': {
      starts: 1,
      streams: 1,
      playedMs: 12_430,
      stalledMs: 0,
      unknownMs: 0,
      within: 100,
    },
    rebuffer: { starts: 1, streams: 1, playedMs: 29_270, stalledMs: 18_833, unknownMs: 0, within: 100 },
    // 9.44 s of content in pieces between seeks; no piece is 5 s long, so there is no stream.
    'seek-heavy': { starts: 1, streams: 0, playedMs: 9_900, stalledMs: 0, within: 300 },
    'aborted-start': { starts: 1, streams: 0, playedMs: 0, stalledMs: 0, unknownMs: 0, within: 0 },
    'error-manifest-404': { starts: 1, streams: 0, playedMs: 0, stalledMs: 0, unknownMs: 0, within: 0 },
    'tab-close-beacon': { starts: 1, streams: 0, playedMs: 1_570, stalledMs: 0, unknownMs: 0, within: 100 },
  }

  test.each(TRACE_NAMES)('%s', (name) => {
    const { within, ...truth } = TRUTH[name]
    const sums = total(fold(traceEvents(name)))
    for (const [field, value] of Object.entries(truth)) {
      const difference = Math.abs(sums[field as keyof BucketSums] - value)
      expect(difference, `${field} is ${sums[field as keyof BucketSums]}, not ${value}`).toBeLessThanOrEqual(
        within,
      )
    }
  })

  test('arrive shuffled, twice and in pieces, and amount to the same', () => {
    for (const name of TRACE_NAMES) {
      const events = traceEvents(name)
      const expected = sumsOf(fold(events))
      const shuffled = [...events, ...events].sort((a, b) => ((a.seq * 7) % 13) - ((b.seq * 7) % 13))
      let piecewise = EMPTY_FOLD
      for (let at = 0; at < shuffled.length; at += 5) {
        piecewise = addEvents(piecewise, shuffled.slice(at, at + 5))
      }
      expect(sumsOf(piecewise)).toEqual(expected)
    }
  })
})

describe('time', () => {
  test('a television that slept has not watched: playing is believed as far as the position moved', () => {
    // Seen with a stopped process: no event at all, 25 s later the next heartbeat, the playhead 0.36 s on.
    const sums = total(
      fold([
        ...playFrom(0),
        at(2, 'heartbeat', { monoMs: 12_000, positionMs: 12_000 }),
        at(3, 'heartbeat', { monoMs: 37_360, positionMs: 12_360 }),
        at(4, 'heartbeat', { monoMs: 37_860, positionMs: 12_860 }),
      ]),
    )
    expect(sums.playedMs).toBe(12_000 + 660 + 500)
    expect(sums.unknownMs).toBe(25_360 - 660)
    expect(sums.stalledMs).toBe(0)
  })

  test('without positions 45 s between events are believed, not a night', () => {
    const night = 8 * 3_600_000
    const sums = total(
      fold([
        at(0, 'play', { monoMs: 0, positionMs: null }),
        at(1, 'playing', { monoMs: 100, positionMs: null }),
        at(2, 'heartbeat', { monoMs: 10_100, positionMs: null }),
        at(3, 'heartbeat', { monoMs: 10_100 + night, positionMs: null }),
      ]),
    )
    expect(sums.playedMs).toBe(10_000 + 45_000)
    expect(sums.unknownMs).toBe(night - 45_000)
  })

  test('a monotonic clock or a position that jumps by years adds six hours at most', () => {
    const years = 8e12
    const sums = total(fold([...playFrom(0), at(2, 'heartbeat', { monoMs: years, positionMs: years })]))
    expect(sums.playedMs).toBe(6 * 3_600_000)
    expect(sums.unknownMs).toBe(years - 6 * 3_600_000)
  })

  test('a film whose player sends no heartbeats counts in full, each quarter of an hour its share', () => {
    const film = 2 * 3_600_000
    const sums = sumsOf(
      fold([...playFrom(0), { ...at(2, 'view_end', { monoMs: film, positionMs: film }), ts: NOON + film }]),
    )
    expect([...sums.values()].map(({ playedMs }) => playedMs)).toEqual(
      Array.from({ length: 8 }, () => BUCKET_MS),
    )
  })

  test('a monotonic clock that runs backwards adds nothing', () => {
    const sums = total(
      fold([...playFrom(50_000), at(2, 'heartbeat', { monoMs: 10_000, positionMs: 60_000 })]),
    )
    expect(sums).toMatchObject({ playedMs: 0, unknownMs: 0 })
  })

  test('at double rate 10 s of wall time pass for 20 s of content', () => {
    const sums = total(
      fold([
        ...playFrom(0),
        at(2, 'rate', { monoMs: 1_000, positionMs: 1_000, rate: 2 }),
        at(3, 'heartbeat', { monoMs: 11_000, positionMs: 21_000, rate: 2 }),
      ]),
    )
    expect(sums).toMatchObject({ playedMs: 11_000, unknownMs: 0 })
  })

  test('rewinding at a negative rate is playing too', () => {
    const sums = total(
      fold([
        ...playFrom(60_000),
        at(2, 'rate', { monoMs: 60_000, positionMs: 60_000, rate: -2 }),
        at(3, 'heartbeat', { monoMs: 70_000, positionMs: 40_000, rate: -2 }),
      ]),
    )
    expect(sums).toMatchObject({ playedMs: 10_000, unknownMs: 0 })
  })

  test('is split at the quarter of an hour', () => {
    const sums = sumsOf(
      fold([
        { ...at(0, 'play', { monoMs: 0, positionMs: 0 }), ts: NOON - 4_000 },
        { ...at(1, 'playing', { monoMs: 0, positionMs: 0 }), ts: NOON - 4_000 },
        { ...at(2, 'heartbeat', { monoMs: 10_000, positionMs: 10_000 }), ts: NOON + 6_000 },
      ]),
    )
    expect(sums.get(NOON - BUCKET_MS)).toMatchObject({ starts: 1, streams: 1, playedMs: 4_000 })
    expect(sums.get(NOON)).toMatchObject({ starts: 0, streams: 0, playedMs: 6_000 })
  })
})

describe('states', () => {
  const playedIn = (events: FoldEvent[]) => total(fold(events))

  test('waiting before the first frame is startup, not a stall', () => {
    const sums = playedIn([
      at(0, 'play', { monoMs: 0, positionMs: 0 }),
      at(1, 'stall_start', { monoMs: 100, positionMs: 0 }),
      at(2, 'first_frame', { monoMs: 3_000, positionMs: 0 }),
      at(3, 'view_end', { monoMs: 3_000, positionMs: 0 }),
    ])
    expect(sums).toMatchObject({ stalledMs: 0, playedMs: 0 })
  })

  test('waiting within a seek is the seek, and a seek hides a stall', () => {
    const sums = playedIn([
      ...playFrom(0),
      at(2, 'stall_start', { monoMs: 1_000, positionMs: 1_000 }),
      at(3, 'seek_start', { monoMs: 3_000, positionMs: 50_000, fromMs: 1_000 }),
      at(4, 'stall_start', { monoMs: 4_000, positionMs: 50_000 }),
      at(5, 'seek_end', { monoMs: 9_000, positionMs: 50_000 }),
      at(6, 'heartbeat', { monoMs: 10_000, positionMs: 51_000 }),
    ])
    expect(sums).toMatchObject({ playedMs: 1_000 + 1_000, stalledMs: 2_000 })
  })

  test('a pause ends a stall and is not counted', () => {
    const sums = playedIn([
      ...playFrom(0),
      at(2, 'stall_start', { monoMs: 1_000, positionMs: 1_000 }),
      at(3, 'pause', { monoMs: 3_000, positionMs: 1_000 }),
      at(4, 'resume', { monoMs: 60_000, positionMs: 1_000 }),
      at(5, 'heartbeat', { monoMs: 62_000, positionMs: 3_000 }),
    ])
    expect(sums).toMatchObject({ playedMs: 3_000, stalledMs: 2_000, unknownMs: 0 })
  })

  test('an advertisement is not play of the content', () => {
    const sums = playedIn([
      at(0, 'play', { monoMs: 0, positionMs: 0 }),
      at(1, 'ad_break_start', { monoMs: 100, positionMs: 0 }),
      at(2, 'ad_start', { monoMs: 100, positionMs: 0 }),
      at(3, 'first_frame', { monoMs: 200, positionMs: 0 }),
      at(4, 'ad_end', { monoMs: 20_000, positionMs: 0 }),
      at(5, 'ad_break_end', { monoMs: 21_000, positionMs: 0 }),
      at(6, 'playing', { monoMs: 21_000, positionMs: 0 }),
      at(7, 'heartbeat', { monoMs: 24_000, positionMs: 3_000 }),
    ])
    expect(sums).toMatchObject({ starts: 1, playedMs: 3_000, streams: 0 })
  })

  test.each(['ended', 'view_end'])('after %s nothing is counted until it plays again', (type) => {
    const sums = playedIn([
      ...playFrom(0),
      at(2, type, { monoMs: 6_000, positionMs: 6_000 }),
      at(3, 'heartbeat', { monoMs: 16_000, positionMs: 6_000 }),
      at(4, 'playing', { monoMs: 20_000, positionMs: 6_000 }),
      at(5, 'heartbeat', { monoMs: 22_000, positionMs: 8_000 }),
    ])
    expect(sums).toMatchObject({ starts: 1, playedMs: 8_000 })
  })

  test('a fatal error ends play, another one does not', () => {
    const after = (isFatal: boolean) =>
      playedIn([
        ...playFrom(0),
        { ...at(2, 'error', { monoMs: 1_000, positionMs: 1_000 }), isFatal },
        at(3, 'heartbeat', { monoMs: 11_000, positionMs: 11_000 }),
      ]).playedMs
    expect(after(true)).toBe(1_000)
    expect(after(false)).toBe(11_000)
  })

  test('playing again after the end is a second start', () => {
    const sums = playedIn([
      ...playFrom(0),
      at(2, 'ended', { monoMs: 6_000, positionMs: 6_000 }),
      at(3, 'play', { monoMs: 7_000, positionMs: 0 }),
      at(4, 'playing', { monoMs: 7_000, positionMs: 0 }),
      at(5, 'heartbeat', { monoMs: 13_000, positionMs: 6_000 }),
    ])
    expect(sums).toMatchObject({ starts: 2, streams: 2, playedMs: 12_000 })
  })

  test('a start becomes a stream at 5 s of continuous play, and not by pieces', () => {
    const pieces = [...playFrom(0)]
    for (let i = 0; i < 5; i++) {
      pieces.push(at(2 + 2 * i, 'pause', { monoMs: 4_000 + 5_000 * i, positionMs: 4_000 * (i + 1) }))
      pieces.push(at(3 + 2 * i, 'resume', { monoMs: 5_000 + 5_000 * i, positionMs: 4_000 * (i + 1) }))
    }
    expect(playedIn(pieces)).toMatchObject({ playedMs: 20_000, streams: 0 })
    const whole = [...playFrom(0), at(2, 'heartbeat', { monoMs: 5_000, positionMs: 5_000 })]
    expect(playedIn(whole)).toMatchObject({ streams: 1 })
  })

  test('a view that goes on without its beginning adds minutes and no start', () => {
    const sums = playedIn([
      at(40, 'playing', { monoMs: 100_000, positionMs: 100_000 }),
      at(41, 'heartbeat', { monoMs: 110_000, positionMs: 110_000 }),
    ])
    expect(sums).toMatchObject({ starts: 0, streams: 0, playedMs: 10_000 })
  })
})

function traceEvents(name: TraceName): FoldEvent[] {
  return readTrace(name).map((event) => ({ ...event, positionMs: event.positionMs ?? null }))
}

describe('what the viewer sees now', () => {
  /** Events a second apart that nothing is known of but their type. */
  const stateAfter = (types: string, skip: readonly number[] = []) =>
    stateNow(
      fold(
        types
          .split(' ')
          .map((type, seq) => ({
            ...at(seq, type, { monoMs: 1_000 * seq, positionMs: null }),
            isFatal: true,
          }))
          .filter(({ seq }) => !skip.includes(seq)),
      ),
    )

  test.each([
    ['play', 'startup'],
    ['play first_frame', 'playing'],
    ['play first_frame heartbeat', 'playing'],
    ['play first_frame stall_start', 'stalled'],
    ['play first_frame pause heartbeat', 'paused'],
    ['play first_frame pause resume', 'playing'],
    ['play ad_start', 'ad'],
    ['play first_frame view_end', 'none'],
    ['play first_frame ended', 'none'],
    ['play error', 'none'],
    ['play first_frame view_end heartbeat', 'none'],
    ['play first_frame ended play', 'startup'],
    ['heartbeat heartbeat', 'none'],
  ])('after %s: %s', (types, state) => {
    expect(stateAfter(types)).toBe(state)
  })

  test('a seek counts as what it interrupts', () => {
    expect(stateAfter('play first_frame seek_start')).toBe('playing')
    expect(stateAfter('play first_frame pause seek_start')).toBe('paused')
    expect(stateAfter('play seek_start')).toBe('startup')
  })

  test('what lies behind a gap counts already', () => {
    expect(stateAfter('play first_frame heartbeat pause', [2])).toBe('paused')
    expect(stateAfter('play first_frame heartbeat view_end', [1, 2])).toBe('none')
  })
})
