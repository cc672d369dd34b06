import * as fc from 'fast-check'
import { LIVE, type LivePicture } from '@foyer/contracts'
import { describe, expect, test } from 'vitest'
import type { Subject } from '../../platform/ids.ts'
import { createPresence, windowOf, type Presence } from './presence.ts'
import { everybodyThemselves, type PersonOf } from './presence-count.ts'
import type { PersonSeen, PlaySeen, Sightings } from './presence-sightings.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const NOBODY: Sightings = { people: [], plays: [], received: new Map() }

function open(
  options: { personOf?: PersonOf; limits?: { playsMax: number; peopleMax: number } } = {},
): Presence {
  return createPresence({
    personOf: everybodyThemselves,
    nameOf: (id) => (id === 't1' ? 'Night Ferry' : null),
    ...options,
  })
}

const play = (more: Partial<PlaySeen> = {}): PlaySeen => ({
  key: 'app\nview',
  service: 'cine',
  subject: '1' as Subject,
  isSignedIn: false,
  platform: 'web',
  country: 'ES',
  contentId: 't1',
  contentKind: 'vod',
  state: 'playing',
  heardAt: NOW,
  ...more,
})

const person = (more: Partial<PersonSeen> = {}): PersonSeen => ({
  service: 'cine',
  subject: '1' as Subject,
  isSignedIn: false,
  platform: 'web',
  country: 'ES',
  heardAt: NOW,
  ...more,
})

const sighted = (more: Partial<Sightings>): Sightings => ({ ...NOBODY, ...more })

function cine(presence: Presence, asOf: number): LivePicture {
  const { services, nothing } = presence.picture(asOf)
  return services.get('cine') ?? nothing
}

const viewersOf = ({ viewers }: LivePicture): number => viewers.signedIn + viewers.anonymous
const playsOf = ({ plays }: LivePicture): number => plays.playing + plays.stalled + plays.ad

describe('a play', () => {
  test.each(['playing', 'stalled', 'ad'] as const)('that is %s is under way and named', (state) => {
    const presence = open()
    presence.take(sighted({ plays: [play({ state })] }))
    const picture = cine(presence, NOW)
    expect(picture.plays[state]).toBe(1)
    expect(picture.titles).toEqual([
      { contentId: 't1', contentKind: 'vod', name: 'Night Ferry', viewers: 1, plays: 1 },
    ])
  })

  test.each([
    ['paused', 'paused'],
    ['startup', 'starting'],
  ] as const)('in the state %s is shown apart, and its viewer counts', (state, name) => {
    const presence = open()
    presence.take(sighted({ plays: [play({ state })] }))
    const picture = cine(presence, NOW)
    expect(picture.plays).toEqual({ playing: 0, stalled: 0, ad: 0, paused: 0, starting: 0, [name]: 1 })
    expect(viewersOf(picture)).toBe(1)
    expect(picture.titles).toEqual([])
  })

  test('that ended is gone at once', () => {
    const presence = open()
    presence.take(sighted({ plays: [play()] }))
    presence.take(sighted({ plays: [play({ state: 'none', heardAt: NOW + 1 })] }))
    expect(playsOf(cine(presence, NOW + 1))).toBe(0)
  })

  test('that late events end is gone too', () => {
    const presence = open()
    presence.take(sighted({ plays: [play()] }))
    presence.take(sighted({ plays: [play({ state: 'none', heardAt: null })] }))
    expect(playsOf(cine(presence, NOW))).toBe(0)
  })

  test('of which only late events came does not begin', () => {
    const presence = open()
    presence.take(sighted({ plays: [play({ heardAt: null })] }))
    expect(viewersOf(cine(presence, NOW))).toBe(0)
  })

  test.each([
    ['playing', 30_000],
    ['ad', 30_000],
    ['startup', 30_000],
    ['stalled', 45_000],
    ['paused', 150_000],
  ] as const)('that is %s and silent leaves %i ms after its last event, and not before', (state, ms) => {
    const presence = open()
    presence.take(sighted({ plays: [play({ state })] }))
    expect(viewersOf(cine(presence, NOW + ms - 1))).toBe(1)
    expect(viewersOf(cine(presence, NOW + ms))).toBe(0)
  })

  test('whose late events say something new does not stay longer for it', () => {
    const presence = open()
    presence.take(sighted({ plays: [play()] }))
    presence.take(sighted({ plays: [play({ state: 'stalled', heardAt: null })] }))
    expect(cine(presence, NOW + 1).plays.stalled).toBe(1)
    expect(playsOf(cine(presence, NOW + LIVE.stalledMs))).toBe(0)
  })
})

describe('viewers', () => {
  test('are there until half a minute after their last event', () => {
    const presence = open()
    presence.take(sighted({ people: [person()] }))
    expect(viewersOf(cine(presence, NOW + LIVE.presentMs - 1))).toBe(1)
    expect(viewersOf(cine(presence, NOW + LIVE.presentMs))).toBe(0)
  })

  test('who watch on two devices are one person, on both platforms and in both countries', () => {
    const presence = open({ personOf: () => ({ person: '9' as Subject, isDenied: false }) })
    presence.take(
      sighted({
        plays: [
          play({ key: 'a', isSignedIn: true }),
          play({ key: 'b', subject: '2' as Subject, platform: 'tizen', country: 'PT' }),
        ],
      }),
    )
    const picture = cine(presence, NOW)
    expect(picture.viewers).toEqual({ signedIn: 1, anonymous: 0 })
    expect(picture.platforms).toEqual([
      { platform: 'tizen', viewers: 1, plays: 1 },
      { platform: 'web', viewers: 1, plays: 1 },
    ])
    expect(picture.countries.map(({ country, viewers }) => [country, viewers])).toEqual([
      ['ES', 1],
      ['PT', 1],
    ])
    expect(picture.titles.map(({ viewers, plays }) => [viewers, plays])).toEqual([[1, 2]])
  })

  test('who restricted the use of what they do are not counted at all, nor are their plays', () => {
    const presence = open({ personOf: (person) => ({ person, isDenied: person === '1' }) })
    presence.take(
      sighted({ people: [person()], plays: [play(), play({ key: 'b', subject: '2' as Subject })] }),
    )
    const picture = cine(presence, NOW)
    expect([viewersOf(picture), playsOf(picture)]).toEqual([1, 1])
  })

  test('who are restricted while they watch leave with the next picture', () => {
    let isDenied = false
    const presence = open({ personOf: (person) => ({ person, isDenied }) })
    presence.take(sighted({ plays: [play()] }))
    expect(playsOf(cine(presence, NOW))).toBe(1)
    isDenied = true
    expect(playsOf(cine(presence, NOW))).toBe(0)
  })

  test('of one service are not those of another', () => {
    const presence = open()
    presence.take(sighted({ people: [person(), person({ service: 'radio' })] }))
    const { services } = presence.picture(NOW)
    expect([...services].map(([id, picture]) => [id, viewersOf(picture)])).toEqual([
      ['cine', 1],
      ['radio', 1],
    ])
  })
})

describe('limits', () => {
  const limits = { playsMax: 2, peopleMax: 2 }

  test('above them newcomers are not counted and the picture says so', () => {
    const presence = open({ limits })
    presence.take(sighted({ plays: ['a', 'b', 'c'].map((key) => play({ key })) }))
    expect(presence.picture(NOW).isPartial).toBe(true)
    expect(playsOf(cine(presence, NOW))).toBe(2)
  })

  test('who is counted already stays, and the place of who left is free', () => {
    const presence = open({ limits })
    presence.take(sighted({ people: ['1', '2', '3'].map((id) => person({ subject: id as Subject })) }))
    presence.take(sighted({ people: [person({ heardAt: NOW + 20_000 })] }))
    expect(viewersOf(cine(presence, NOW + LIVE.presentMs))).toBe(1)
    presence.take(sighted({ people: [person({ subject: '3' as Subject, heardAt: NOW + 31_000 })] }))
    const { isPartial } = presence.picture(NOW + 31_000)
    expect([viewersOf(cine(presence, NOW + 31_000)), isPartial]).toEqual([2, false])
  })

  test('no more titles are listed than the picture may have; the others are in the sums', () => {
    const presence = open()
    const plays = Array.from({ length: 30 }, (_, i) => play({ key: `${i}`, contentId: `title-${i}` }))
    presence.take(sighted({ plays }))
    const picture = cine(presence, NOW)
    expect([picture.titles.length, picture.titlesTotal, playsOf(picture)]).toEqual([LIVE.titlesMax, 30, 30])
  })
})

describe('the history', () => {
  const received = (...seconds: [number, number][]) =>
    sighted({ received: new Map([['cine', new Map(seconds.map(([s, n]) => [NOW / 1_000 + s, n]))]]) })

  test('holds every event of five minutes once', () => {
    const presence = open()
    presence.take(received([0, 3], [1, 4]))
    presence.take(received([1, 5], [280, 7]))
    const { history } = cine(presence, NOW + 280_000)
    expect(history.reduce((sum, { events }) => sum + events, 0)).toBe(19)
    expect(
      history.filter(({ events }) => events > 0).map(({ at, events }) => [Date.parse(at) - NOW, events]),
    ).toEqual([
      [0, 12],
      [280_000, 7],
    ])
  })

  test('ends with the step under way and forgets what is older', () => {
    const presence = open()
    presence.take(received([0, 3]))
    const { history } = cine(presence, NOW + 300_001)
    expect([history.length, history.at(-1)!.at]).toEqual([60, new Date(NOW + 300_000).toISOString()])
    expect(history.every(({ events }) => events === 0)).toBe(true)
  })

  test('keeps the most of each step; what nobody counted is not zero', () => {
    const presence = open()
    presence.take(sighted({ plays: [play({ key: 'a' }), play({ key: 'b' })] }))
    cine(presence, NOW)
    presence.take(sighted({ plays: [play({ key: 'a', state: 'none' })] }))
    cine(presence, NOW + 1_000)
    const { history } = cine(presence, NOW + 6_000)
    expect(history.slice(-3).map(({ plays }) => plays)).toEqual([null, 2, 1])
  })

  test('a rate is the mean of the last ten whole seconds', () => {
    const presence = open()
    presence.take(received([-11, 1_000], [-10, 30], [-1, 45], [0, 900]))
    expect(cine(presence, NOW + 400).eventsPerSecond).toBe(7.5)
  })

  test('a service where nothing happened for five minutes is forgotten', () => {
    const presence = open()
    presence.take(sighted({ ...received([0, 3]), people: [person()] }))
    cine(presence, NOW)
    expect(presence.picture(NOW + 310_000).services.size).toBe(0)
  })
})

describe('in any order', () => {
  const someone = fc.record({
    subject: fc.constantFrom('1', '2', '3', '4'),
    heardAt: fc.integer({ min: NOW - 200_000, max: NOW }),
    platform: fc.constantFrom('web', 'tizen'),
    service: fc.constantFrom('cine', 'radio'),
  })

  test('people are those with an event in the window, whatever the order and however often they are told', () => {
    fc.assert(
      fc.property(
        fc.array(someone, { maxLength: 40 }),
        fc.integer({ min: 0, max: 60_000 }),
        (all, laterMs) => {
          const asOf = NOW + laterMs
          const truth = new Set(
            all
              .filter(({ service, heardAt }) => service === 'cine' && asOf - heardAt < LIVE.presentMs)
              .map(({ subject }) => subject),
          )
          for (const told of [all, all.toReversed(), [...all, ...all]]) {
            const presence = open()
            for (const seen of told)
              presence.take(sighted({ people: [person({ ...seen, subject: seen.subject as Subject })] }))
            expect(viewersOf(cine(presence, asOf))).toBe(truth.size)
          }
        },
      ),
    )
  })

  const someplay = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    state: fc.constantFrom('none', 'startup', 'playing', 'stalled', 'ad', 'paused'),
    heardAt: fc.option(fc.integer({ min: NOW - 200_000, max: NOW }), { nil: null }),
    platform: fc.constantFrom('web', 'tizen', ''),
    country: fc.constantFrom('ES', 'PT', ''),
    contentId: fc.constantFrom('t1', 't2', ''),
  })

  test('the parts of the picture agree with each other and with a count by hand, batched or not', () => {
    fc.assert(
      fc.property(fc.array(someplay, { maxLength: 40 }), fc.nat({ max: 7 }), (all, size) => {
        const batched = open()
        for (let at = 0; at < all.length; at += size + 1)
          batched.take(sighted({ plays: all.slice(at, at + size + 1).map(play) }))
        const single = open()
        single.take(sighted({ plays: all.map(play) }))
        const picture = cine(batched, NOW)
        expect(picture).toEqual(cine(single, NOW))

        const last = new Map<string, { state: PlaySeen['state']; heardAt: number; platform: string }>()
        for (const { key, state, heardAt, platform } of all) {
          const at = Math.max(last.get(key)?.heardAt ?? -Infinity, heardAt ?? -Infinity)
          if (state === 'none' || at === -Infinity) last.delete(key)
          else last.set(key, { state, heardAt: at, platform })
        }
        const there = [...last.values()].filter(({ state, heardAt }) => NOW - heardAt < windowOf(state))
        const isUnderWay = ({ state }: { state: string }) => ['playing', 'stalled', 'ad'].includes(state)
        expect(playsOf(picture)).toBe(there.filter(isUnderWay).length)
        expect(picture.plays.paused).toBe(there.filter(({ state }) => state === 'paused').length)
        for (const rows of [picture.platforms, picture.countries])
          expect(rows.reduce((sum, { plays }) => sum + plays, 0)).toBe(playsOf(picture))
        for (const { platform, plays } of picture.platforms)
          expect(plays).toBe(there.filter((one) => isUnderWay(one) && one.platform === platform).length)
      }),
    )
  })
})
