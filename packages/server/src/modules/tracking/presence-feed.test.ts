import type { LivePicture } from '@foyer/contracts'
import { afterEach, describe, expect, test } from 'vitest'
import { NOW } from '../../../test/recorder.ts'
import { playback, until, useRecorderStore } from '../../../test/recorder-store.ts'
import { manualClock, type ManualClock } from '../../platform/clock.ts'
import { createLogger } from '../../platform/log.ts'
import { createMetrics } from '../../platform/metrics.ts'
import type { Events, RecorderState } from '../../storage/index.ts'
import { everybodyThemselves } from './presence-count.ts'
import { createPresenceFeed, type LiveNews, type PresenceFeed } from './presence-feed.ts'

const { store, open } = useRecorderStore()
const feeds: PresenceFeed[] = []
afterEach(() => {
  for (const feed of feeds.splice(0)) feed.stop()
})

interface TestFeed extends PresenceFeed {
  readonly news: LiveNews[]
  /** Lets the next news come. */
  taken: () => void
}

/** Presence over a real EVENTS, with the recorder's own clock and state. */
function feedOf(options: {
  clock: ManualClock
  state: () => Pick<RecorderState, 'get'>
  events?: Pick<Events, 'run'>
  isSlow?: boolean
}): TestFeed {
  const news: LiveNews[] = []
  const made: TestFeed = {
    ...createPresenceFeed({
      events: options.events ?? store().events,
      state: { get: (kind, key) => options.state().get(kind, key) },
      personOf: everybodyThemselves,
      nameOf: () => null,
      publish(told, done) {
        news.push(told)
        made.taken = done
        if (!options.isSlow) done()
      },
      clock: options.clock,
      metrics: createMetrics('test'),
      log: createLogger({ role: 'test', level: 'silent' }),
    }),
    news,
    taken: () => undefined,
  }
  feeds.push(made)
  return made
}

/** A recorder with a feed; what it sends is under a service of its own. */
function recording(service: string, options: { folder?: string; insert?: Events['insert'] } = {}) {
  const clock = manualClock(NOW)
  const feed: TestFeed = feedOf({ clock, state: () => made.state() })
  const { folder, insert } = options
  const made = open(
    { clock, presence: feed, ...(folder ? { folder } : {}) },
    insert ? { insert } : store().events,
  )
  feed.start()
  const send = (viewId: string, events: Record<string, unknown>[], more: object = {}): Promise<void> =>
    made.append(
      { service, app: `${service}-app`, receivedAt: clock.now(), ...more },
      playback(viewId, events, clock.now()),
    )
  const last = (): LivePicture => {
    clock.advance(1_000)
    const told = feed.news.at(-1)!
    return told.services[service] ?? told.nothing
  }
  return { ...made, clock, feed, send, last }
}

const STARTED = [{ type: 'play' }, { type: 'first_frame' }]
const viewersOf = ({ viewers }: LivePicture): number => viewers.signedIn + viewers.anonymous

describe('the live picture', () => {
  test('counts what the recorder recorded: plays by state, people, platforms, events', async () => {
    const { send, recorder, last } = recording('counts')
    await send('v1', STARTED)
    await send('v2', [...STARTED, { type: 'pause' }])
    await send('v3', [...STARTED, { type: 'stall_start' }])
    await send('v4', [...STARTED, { type: 'view_end' }])
    await send('v5', [{ type: 'play' }])
    await recorder.drain()
    const picture = last()
    expect(picture.plays).toEqual({ playing: 1, stalled: 1, ad: 0, paused: 1, starting: 1 })
    expect(viewersOf(picture)).toBe(5)
    expect(picture.history.reduce((sum, { events }) => sum + events, 0)).toBe(12)
    expect(picture.platforms).toEqual([{ platform: 'web', viewers: 5, plays: 2 }])
    expect(picture.titles).toEqual([
      { contentId: 'movie-load', contentKind: 'vod', name: null, viewers: 2, plays: 2 },
    ])
  })

  test('is the same whatever the order in which a view’s events come, and if they come twice', async () => {
    const { send, recorder, last } = recording('order')
    const at = (seq: number, type: string) => ({ type, seq })
    await send('v1', [at(3, 'heartbeat'), at(2, 'resume')])
    await recorder.drain()
    await send('v1', [at(1, 'pause'), at(0, 'first_frame'), at(2, 'resume')])
    await recorder.drain()
    await send('v1', [at(1, 'pause')])
    await recorder.drain()
    const picture = last()
    expect([picture.plays.playing, picture.plays.paused]).toEqual([1, 0])
    expect(picture.history.reduce((sum, { events }) => sum + events, 0)).toBe(4)
  })

  test('counts nobody who did not allow to be measured', async () => {
    const { send, recorder, last } = recording('refused')
    await send('v1', STARTED, { defaultMask: 0b00111 })
    await recorder.drain()
    const picture = last()
    expect([viewersOf(picture), picture.plays.playing, picture.eventsPerSecond]).toEqual([0, 0, 0])
  })

  test('does not take for presence what a player kept while it was offline', async () => {
    const { send, recorder, last } = recording('offline')
    const hourAgo = (type: string, seq: number) => ({ type, seq, ts: NOW - 3_600_000 + seq })
    await send('v1', [hourAgo('play', 0), hourAgo('first_frame', 1)])
    await recorder.drain()
    const picture = last()
    expect([viewersOf(picture), picture.plays.playing]).toEqual([0, 0])
    expect(picture.history.reduce((sum, { events }) => sum + events, 0)).toBe(2)
  })

  test('shows a sealed batch while EVENTS is away, and then lets time stand still', async () => {
    const stuck = Promise.withResolvers<void>()
    const { send, recorder, clock, feed } = recording('slow', { insert: () => stuck.promise })
    await recorder.drain()
    await send('v1', STARTED)
    const draining = recorder.drain()
    await until(async () => {
      clock.advance(250)
      return feed.news.at(-1)?.services['slow']?.plays.playing === 1
    })
    const before = feed.news.at(-1)!.at
    clock.advance(60_000)
    const { at, behindMs, services } = feed.news.at(-1)!
    expect(services['slow']!.plays.playing).toBe(1)
    expect(at - before).toBeLessThan(2_000)
    expect(behindMs).toBeGreaterThan(58_000)
    stuck.resolve()
    await draining
  })

  test('comes again as a sign of life', async () => {
    const { clock, feed, recorder } = recording('life')
    await recorder.drain()
    for (let second = 0; second < 20; second++) {
      clock.advance(1_000)
      await recorder.drain()
    }
    const gaps = feed.news.slice(1).map(({ at }, index) => at - feed.news[index]!.at)
    expect(gaps.length).toBeGreaterThan(8)
    for (const gap of gaps) expect(gap).toBeLessThanOrEqual(2_000)
  })

  test('waits for a reader that is slow', async () => {
    const clock = manualClock(NOW)
    const feed = feedOf({ clock, state: () => ({ get: () => undefined }), isSlow: true })
    await feed.betweenBatches()
    feed.readTo(NOW)
    feed.start()
    clock.advance(1_000)
    expect(feed.news).toHaveLength(1)
    feed.readTo(NOW + 5_000)
    clock.advance(5_000)
    expect(feed.news).toHaveLength(1)
    feed.taken()
    clock.advance(1_000)
    expect(feed.news).toHaveLength(2)
  })
})

test('a change is told at once, the next one when a quarter of a second has passed', async () => {
  const { send, recorder, clock, feed } = recording('soon')
  await recorder.drain()
  clock.advance(5_900)
  const before = feed.news.length
  for (const [view, afterMs, told] of [
    ['v1', 0, 1],
    ['v2', 249, 1],
    ['v2', 1, 2],
  ] as const) {
    await send(view, STARTED)
    await recorder.drain()
    clock.advance(afterMs)
    expect(feed.news.length - before).toBe(told)
  }
})

describe('after a restart', () => {
  test('the picture is the one before, with what waited in the journal', async () => {
    const before = recording('again')
    await before.send('playing', STARTED)
    await before.send('paused', [...STARTED, { type: 'pause' }])
    await before.send('ended', [...STARTED, { type: 'view_end' }])
    await before.recorder.drain()
    const was = before.last()

    const clock = manualClock(before.clock.now())
    const feed = feedOf({ clock, state: before.state })
    const again = open({ folder: before.folder, clock, presence: feed }, store().events)
    feed.start()
    await before.send('waiting', STARTED)
    await again.recorder.drain()
    clock.advance(250)
    const is = feed.news.at(-1)!.services['again']!
    expect(is.plays).toEqual({ ...was.plays, playing: was.plays.playing + 1 })
    expect(is.viewers).toEqual({ ...was.viewers, anonymous: was.viewers.anonymous + 1 })
    expect(is.history.map(({ events }) => events).reduce((a, b) => a + b)).toBe(10)
    expect(is.history.slice(0, -2).every(({ plays }) => plays === null)).toBe(true)
  })

  test('who has left meanwhile is not there', async () => {
    const before = recording('left')
    await before.send('playing', STARTED)
    await before.send('paused', [...STARTED, { type: 'pause' }])
    await before.recorder.drain()
    const clock = manualClock(NOW + 60_000)
    const feed = feedOf({ clock, state: before.state })
    await feed.betweenBatches()
    feed.readTo(clock.now())
    feed.start()
    clock.advance(1)
    const { plays } = feed.news.at(-1)!.services['left']!
    expect([plays.playing, plays.paused]).toEqual([0, 1])
  })

  test('nothing is said before EVENTS can be asked, and recording goes on', async () => {
    const clock = manualClock(NOW)
    const away: Pick<Events, 'run'> = {
      run: async () => {
        throw new Error('EVENTS is away')
      },
    }
    const feed = feedOf({ clock, state: () => ({ get: () => undefined }), events: away })
    feed.start()
    await feed.betweenBatches()
    feed.take({ people: [], plays: [], received: new Map() })
    feed.readTo(NOW)
    clock.advance(10_000)
    expect(feed.news).toEqual([])
  })

  test('nothing is said before the journal was read to its end', async () => {
    const clock = manualClock(NOW)
    const feed = feedOf({ clock, state: () => ({ get: () => undefined }) })
    feed.start()
    await feed.betweenBatches()
    feed.readTo(NOW - 60_000)
    clock.advance(1_000)
    expect(feed.news).toEqual([])
    feed.readTo(clock.now())
    clock.advance(250)
    expect(feed.news).toHaveLength(1)
  })
})
