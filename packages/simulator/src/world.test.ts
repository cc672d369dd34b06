import { playbackBatch, segmentBatch, segmentMessage } from '@foyer/contracts'
import { describe, expect, it } from 'vitest'
import { countTruth } from './count-truth.ts'
import { PLANTED } from './planted.ts'
import type { Simulated } from './requests.ts'
import { truthSchema } from './truth.ts'
import { openWorld } from './world.ts'
import { writeTruth } from './write-truth.ts'

const OPTIONS = { seed: 7, viewers: 300, days: 20, until: Date.UTC(2026, 10, 1, 9) }

const world = openWorld(OPTIONS)
const history = [...world.history()]

function truthOf(of: Iterable<Simulated>, options = OPTIONS) {
  const counter = countTruth(openWorld(options))
  for (const each of of) counter.add(each)
  return counter.finish()
}

const truth = truthOf(history)

describe('a simulated world', () => {
  it('is the same to the byte for the same seed and another for another', () => {
    const text = (options: typeof OPTIONS) =>
      [...openWorld(options).history()].map(({ request }) => JSON.stringify(request)).join('\n')
    expect(text(OPTIONS)).toBe(history.map(({ request }) => JSON.stringify(request)).join('\n'))
    expect([...writeTruth(truthOf(openWorld(OPTIONS).history()))].join('')).toBe(
      [...writeTruth(truth)].join(''),
    )
    expect(text({ ...OPTIONS, seed: 8 })).not.toBe(text(OPTIONS))
  })

  it('gives a person the same life in a larger world', () => {
    const [one, other] = [OPTIONS, { ...OPTIONS, viewers: 400 }].map((options) =>
      [...openWorld(options).viewers()].slice(0, 290),
    )
    expect(other).toEqual(one)
    const of = (options: typeof OPTIONS) =>
      [...openWorld(options).history()].filter(({ item }) => item.viewer === 5).map(({ request }) => request)
    expect(of(OPTIONS).length).toBeGreaterThan(0)
    expect(of({ ...OPTIONS, viewers: 400 })).toEqual(of(OPTIONS))
  })

  it('speaks the wires that apps speak', () => {
    for (const { request } of history) {
      if (request.wire === 'playback')
        expect(playbackBatch.safeParse(request.body).error?.issues).toBeUndefined()
      else {
        expect(segmentBatch.safeParse(request.body).error?.issues).toBeUndefined()
        for (const message of request.body.batch)
          expect(segmentMessage.safeParse(message).error?.issues).toBeUndefined()
      }
    }
  })

  it('comes in order of time and stays within its history', () => {
    let last = world.from
    for (const { item, request, view } of history) {
      expect(item.at).toBeGreaterThanOrEqual(last)
      last = item.at
      expect(request.sentAt).toBeLessThanOrEqual(OPTIONS.until)
      if (view) expect(view.endedAt).toBeLessThanOrEqual(request.sentAt)
    }
  })

  it('names every view and page once, with nothing in the name that looks like a telephone number', () => {
    const ids = history.map(({ request: { wire, body } }) =>
      wire === 'playback' ? body.context.viewId : (body.batch[0] as { messageId: string }).messageId,
    )
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => /\d/.test(id))).toEqual([])
  })

  it('numbers the events of a view without gaps and never runs time backwards', () => {
    for (const { view } of history) {
      view?.events.forEach((event, index) => {
        expect(event.seq).toBe(index)
        if (index > 0) expect(event.monoMs).toBeGreaterThanOrEqual(view.events[index - 1]!.monoMs)
      })
    }
  })

  it('lets a device do one thing at a time', () => {
    const freeAt = new Map<string, number>()
    for (const { item, view } of history) {
      // A page beside one's own player is no contradiction; on a television it tells that somebody left.
      if (item.isBot || (item.kind === 'page' && item.viewer !== null)) continue
      expect(item.at).toBeGreaterThanOrEqual(freeAt.get(item.device.deviceId) ?? 0)
      freeAt.set(item.device.deviceId, view?.endedAt ?? item.at)
    }
  })

  it('signs nobody in before registering or after leaving', () => {
    const viewers = new Map([...world.viewers()].map((viewer) => [viewer.number, viewer]))
    for (const { item } of history) {
      if (item.viewer === null) continue
      const { registeredAt, churn } = viewers.get(item.viewer)!
      expect(item.at).toBeGreaterThanOrEqual(registeredAt)
      if (churn) expect(item.at).toBeLessThan(churn.at)
    }
  })

  it('says with heartbeats nothing else than without', () => {
    const few = { ...OPTIONS, viewers: 60, days: 4 }
    const plain = truthOf(openWorld(few).history(), few)
    const beating = truthOf(openWorld(few).history({ heartbeatMs: 10_000 }), few)
    for (const [id, { counted }] of Object.entries(plain.services)) {
      const { counted: beatingCounted } = beating.services[id]!
      expect(beatingCounted.playedMs).toBe(counted.playedMs)
      expect(beatingCounted.streams).toBe(counted.streams)
      expect(beatingCounted.events).toBeGreaterThan(counted.events)
    }
  })
})

const nextDay = (day: string) => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10)

describe('the truth of a world', () => {
  it('is written as its schema says, and read back', () => {
    const text = [...writeTruth(truth)].join('')
    expect(truthSchema.parse(JSON.parse(text))).toEqual(truth)
  })

  it('adds up: titles, platforms, countries, days and persons', () => {
    for (const [id, { counted }] of Object.entries(truth.services)) {
      for (const field of ['starts', 'streams', 'playedMs'] as const) {
        const sumOf = (parts: Record<string, Record<typeof field, number>>) =>
          Object.values(parts).reduce((sum, part) => sum + part[field], 0)
        expect(sumOf(counted.byTitle)).toBe(counted[field])
        expect(sumOf(counted.byPlatform)).toBe(counted[field])
        expect(sumOf(counted.byCountry)).toBe(counted[field])
        expect(sumOf(counted.byDay)).toBe(counted[field])
      }
      const people = truth.persons.filter(({ service }) => service === id)
      expect(people.length).toBe(counted.activeViewers)
      const theirs = people.reduce((sum, { playedMs, linked }) => sum + playedMs + linked.playedMs, 0)
      expect(theirs).toBeLessThanOrEqual(counted.playedMs)
    }
  })

  it('gives the loved series and everything to all ages together as to all persons together', () => {
    const { byAge } = truth.lovedSeries
    const total = (of: readonly { starts: number; playedMs: number }[]) =>
      of.reduce(
        (sum, { starts, playedMs }) => ({ starts: sum.starts + starts, playedMs: sum.playedMs + playedMs }),
        { starts: 0, playedMs: 0 },
      )
    expect(total(Object.values(byAge).map(({ all }) => all))).toEqual(
      total(truth.persons.flatMap((person) => [person, person.linked])),
    )
    const episodes = Object.values(truth.services).flatMap(({ counted }) =>
      Object.entries(counted.byTitle).filter(([id]) => id.startsWith('series-2-')),
    )
    const played = total(episodes.map(([, sums]) => sums))
    const byPersons = total(Object.values(byAge).map(({ series }) => series))
    expect(byPersons.starts).toBeGreaterThan(0)
    expect(byPersons.starts).toBeLessThanOrEqual(played.starts)
    expect(byPersons.playedMs).toBeLessThanOrEqual(played.playedMs)
  })

  it('sees nobody who left after the day of leaving, and everybody else on their last day', () => {
    const lastDays = new Map(truth.persons.map(({ externalId, lastActiveOn }) => [externalId, lastActiveOn]))
    const seen = truth.churners.filter(({ externalId }) => lastDays.has(externalId))
    expect(seen.length).toBeGreaterThan(0)
    for (const { externalId, service, leftAt } of seen) {
      const { timeZone } = truth.services[service]!
      const leftOn = new Intl.DateTimeFormat('en-CA', { timeZone }).format(new Date(leftAt))
      // Who begins to watch before leaving may see it to its end.
      expect([externalId, lastDays.get(externalId)! <= nextDay(leftOn)]).toEqual([externalId, true])
    }
    const last = Math.max(...[...lastDays.values()].map((day) => Date.parse(day)))
    expect(last).toBe(Math.floor(OPTIONS.until / 86_400_000) * 86_400_000)
  })

  it('counts everybody who is registered once by gender, country and age', () => {
    const sum = (parts: Record<string, number>) => Object.values(parts).reduce((all, part) => all + part, 0)
    let total = 0
    for (const { registered } of Object.values(truth.services)) {
      for (const parts of [registered.byGender, registered.byCountry, registered.byAge])
        expect(sum(parts)).toBe(registered.total)
      total += registered.total
    }
    expect(total).toBe(OPTIONS.viewers)
  })

  it('gives anonymous use on a shared television to nobody but who signs in next', () => {
    const linked = history.filter(
      ({ item, unit }) => item.viewer === null && !item.isBot && unit <= OPTIONS.viewers,
    )
    expect(linked.length).toBeGreaterThan(10)
    for (const each of linked) {
      const owner = world.nextViewerOn(each)
      const after = history.filter(
        ({ item }) => item.device.deviceId === each.item.device.deviceId && item.at > each.item.at,
      )
      expect(owner).toBe(after.find(({ item }) => item.viewer !== null)?.item.viewer ?? null)
    }
  })

  it('has planted a peak day, a scene, a lift, a network that stalls, people who leave, fraud, bots and refusals', () => {
    const { inBracket, others, byAge } = truthOf(openWorld({ ...OPTIONS, viewers: 3_000 }).history(), {
      ...OPTIONS,
      viewers: 3_000,
    }).lovedSeries
    const shareOf = (range: string) => byAge[range]!.series.starts / byAge[range]!.all.starts
    const ranges = Object.keys(byAge).filter((range) => byAge[range]!.all.starts > 100)
    expect(ranges.length).toBeGreaterThan(4)
    expect(ranges.toSorted((a, b) => shareOf(b) - shareOf(a))[0]).toBe('18-24')
    const lift = inBracket.series / inBracket.all / (others.series / others.all)
    expect(lift).toBeGreaterThan(1.6)
    expect(lift).toBeLessThan(2.4)

    const match =
      Math.floor(world.from / 86_400_000) + Math.floor((OPTIONS.days - 1) * PLANTED.match.atShareOfDays)
    expect(truth.services['demo']!.peakDay).toBe(new Date(match * 86_400_000).toISOString().slice(0, 10))
    expect(truth.scene.passes).toBeGreaterThan(truth.scene.views)
    const stalledShare = (name: string) => truth.cdns[name]!.stalledMs / truth.cdns[name]!.playedMs
    expect(stalledShare('far-edge')).toBeGreaterThan(5 * stalledShare('north-edge'))
    expect(truth.churners.length).toBeGreaterThan(0)
    expect(truth.fraud.map(({ externalId }) => externalId)).toEqual(['demo-17', 'demo-268'])
    expect(truth.bots.views).toBeGreaterThan(PLANTED.bots.machineViewsADay * (OPTIONS.days - 1))
    expect(truth.consent.refused.length).toBeGreaterThan(0)
    expect(truth.consent.withdrawn.length).toBeGreaterThan(0)
    expect(truth.services['demo']!.refused.starts).toBeGreaterThan(0)
  })
})
