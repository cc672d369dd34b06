import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  contentOverview,
  overviewReport,
  qualityOverview,
  RIGHTS,
  type ContentOverview,
  type OverviewReport,
  type QualityOverview,
} from '@foyer/contracts'
import {
  BYTES,
  DENIED,
  FACTS,
  FROM,
  openLists,
  personOf,
  TO,
  VIEWERS,
  type Fact,
  type ListsFixture,
} from './lists.fixture.ts'

const BEFORE = { from: '2026-10-18', to: '2026-10-22' }

let lists: ListsFixture
let audience: OverviewReport
let content: ContentOverview
let quality: QualityOverview

beforeAll(async () => {
  lists = await openLists()
  const get = async (kind: string) =>
    (await lists.get(`/v1/reports/overview${kind}?service=cine&from=${FROM}&to=${TO}`)).body
  audience = overviewReport.parse(await get(''))
  content = contentOverview.parse(await get('/content'))
  quality = qualityOverview.parse(await get('/quality'))
})
afterAll(() => lists.close())

const isNow = ({ date }: Fact) => date >= FROM && date <= TO
const isBefore = ({ date }: Fact) => date >= BEFORE.from && date <= BEFORE.to
const mayMeasure = ({ mask }: Fact) => (mask & 16) !== 0
const isVisible = (fact: Fact) => mayMeasure(fact) && !DENIED.includes(fact.subject)

/** A number counted again over both ranges, fact by fact. */
function again(count: (facts: readonly Fact[]) => number, admits: (fact: Fact) => boolean = isVisible) {
  return {
    value: count(FACTS.filter(isNow).filter(admits)),
    previous: count(FACTS.filter(isBefore).filter(admits)),
  }
}
const playedMs = (facts: readonly Fact[]) => facts.reduce((sum, { view }) => sum + (view?.playedMs ?? 0), 0)
const minutes = (facts: readonly Fact[]) => Math.round(playedMs(facts) / 6_000) / 10
const starts = (facts: readonly Fact[]) => facts.reduce((sum, { view }) => sum + (view?.starts ?? 0), 0)
const streams = (facts: readonly Fact[]) => facts.reduce((sum, { view }) => sum + (view?.streams ?? 0), 0)
const viewers = (facts: readonly Fact[]) => {
  const acts = new Map<number, number>()
  for (const { subject, events, view } of facts)
    acts.set(personOf(subject), (acts.get(personOf(subject)) ?? 0) + events + (view?.starts ?? 0))
  return [...acts].filter(([person, count]) => count > 0 && isRegistered(person)).length
}
const isRegistered = (person: number) => VIEWERS.some(({ vid, isDeleted }) => vid === person && !isDeleted)

describe('the audience', () => {
  test('of each platform and country is compared with as many days before', () => {
    expect(audience.previous).toEqual(BEFORE)
    for (const row of audience.platforms) {
      const own = (count: (facts: readonly Fact[]) => number) =>
        again(count, (fact) => isVisible(fact) && fact.platform === row.platform)
      expect([row.platform, { value: row.viewers, previous: row.previous.viewers }]).toEqual([
        row.platform,
        own(viewers),
      ])
      expect({ value: row.minutes, previous: row.previous.minutes }).toEqual(own(minutes))
    }
    for (const row of audience.countries) {
      const own = again(viewers, (fact) => isVisible(fact) && fact.country === row.country)
      expect([row.country, { value: row.viewers, previous: row.previous.viewers }]).toEqual([
        row.country,
        own,
      ])
    }
  })

  test('that is new, returning or back is all of it, before too', () => {
    const { new: fresh, returning, back } = audience.loyalty
    expect(fresh.value + returning.value + back.value).toBe(audience.activeViewers.value)
    expect(fresh.previous + returning.previous + back.previous).toBe(audience.activeViewers.previous)
    expect(audience.activeViewers).toEqual(again(viewers))
  })

  test('changed most where the number of viewers moved most, and what did not move is not told', () => {
    const moves = audience.changes.map(({ viewers: { value, previous } }) => Math.abs(value - previous))
    expect(moves).toEqual(moves.toSorted((a, b) => b - a))
    expect(moves.every((move) => move > 0)).toBe(true)
    const largest = Math.max(
      ...[...audience.platforms, ...audience.countries].map((row) =>
        Math.abs(row.viewers - row.previous.viewers),
      ),
    )
    expect(moves[0]).toBe(largest)
  })
})

describe('the content', () => {
  const isTitle = (fact: Fact) => isVisible(fact) && fact.view !== undefined && fact.view.contentKind !== 'ad'
  const isOf = (id: string, kind: string) => (fact: Fact) =>
    isTitle(fact) && fact.view!.contentId === id && fact.view!.contentKind === kind

  test('is summed over titles and channels, without advertisements', () => {
    expect(content.minutes).toEqual(again(minutes, isTitle))
    expect(content.starts).toEqual(again(starts, isTitle))
    expect(content.streams).toEqual(again(streams, isTitle))
    expect(content.liveMinutes).toEqual(
      again(minutes, (fact) => isTitle(fact) && fact.view!.contentKind === 'live'),
    )
    expect(content.titlesWatched.value).toBe(4)
  })

  test('is told title by title, by minutes, each compared with before', () => {
    expect(content.titles).toHaveLength(4)
    for (const title of content.titles) {
      const own = isOf(title.contentId, title.contentKind)
      expect(title.minutes).toEqual(again(minutes, own))
      expect(title.starts).toBe(again(starts, own).value)
    }
    const order = content.titles.map((title) => title.minutes.value)
    expect(order).toEqual(order.toSorted((a, b) => b - a))
  })

  test('moves up or down by minutes, and each title stands on one side at most', () => {
    const move = (title: ContentOverview['titles'][number]) => title.minutes.value - title.minutes.previous
    expect(content.movers.up.every((title) => move(title) > 0)).toBe(true)
    expect(content.movers.down.every((title) => move(title) < 0)).toBe(true)
    expect(content.movers.up.map(move)).toEqual(content.movers.up.map(move).toSorted((a, b) => b - a))
    expect(content.movers.up.length + content.movers.down.length).toBe(4)
  })

  test('that is new stands with what was watched of it, on the local day on which it came', () => {
    expect(content.added.total).toBe(3)
    expect(content.added.titles.map(({ contentId, addedOn }) => [contentId, addedOn])).toEqual([
      ['t2', '2026-10-25'],
      // Half past midnight in Madrid.
      ['t3', '2026-10-25'],
    ])
    expect(content.added.titles[0]!.minutes).toEqual(again(minutes, isOf('t2', 'vod')))
    expect(content.added.titles[1]).toMatchObject({ name: 'Salt Letters', viewers: 0, starts: 0 })
  })
})

describe('the quality', () => {
  const sums = (facts: readonly Fact[]) => ({
    starts: starts(facts),
    streams: streams(facts),
    playedMs: playedMs(facts),
    stalledMs: facts.reduce((sum, { view }) => sum + Math.floor((view?.playedMs ?? 0) / 10), 0),
    unknownMs: facts.reduce((sum, { view }) => sum + Math.floor((view?.playedMs ?? 0) / 100), 0),
  })
  const both = (admits: (fact: Fact) => boolean) => ({
    value: sums(FACTS.filter((fact) => isNow(fact) && mayMeasure(fact) && admits(fact))),
    previous: sums(FACTS.filter((fact) => isBefore(fact) && mayMeasure(fact) && admits(fact))),
  })

  test('is that of all views that may be measured, whole and by platform, device and day', () => {
    expect(quality.total).toEqual(both(() => true))
    for (const { platform, ...values } of quality.platforms)
      expect([platform, values]).toEqual([platform, both((fact) => fact.platform === platform)])
    expect(quality.devices).toEqual(
      expect.arrayContaining([
        { deviceClass: 'tv', ...both((fact) => fact.platform === 'tizen') },
        { deviceClass: 'unknown', ...both((fact) => fact.platform !== 'tizen') },
      ]),
    )
    expect(quality.devices).toHaveLength(2)
    for (const { date, bytes: _bytes, ...day } of quality.days)
      expect([date, day]).toEqual([
        date,
        sums(FACTS.filter((fact) => fact.date === date && mayMeasure(fact))),
      ])
  })

  test('changed most where stalled time moved most', () => {
    const moves = quality.changes.map(({ stalledMs: { value, previous } }) => Math.abs(value - previous))
    expect(moves).toEqual(moves.toSorted((a, b) => b - a))
    expect(moves.length).toBeGreaterThan(0)
  })

  test('counts bytes for invoices, which need no consent to be measured', () => {
    const bytes = (facts: readonly Fact[]) => facts.reduce((sum, { events }) => sum + events * BYTES, 0)
    const isBilled = ({ subject }: Fact) => !DENIED.includes(subject)
    expect(quality.bytes).toEqual(again(bytes, isBilled))
    for (const day of quality.days)
      expect(day.bytes).toBe(bytes(FACTS.filter((fact) => fact.date === day.date && isBilled(fact))))
  })
})

describe('refusals', () => {
  test.each([
    ['content', 'service=nobody&from=2026-03-01&to=2026-03-01', 404, 'service.not_found'],
    ['quality', 'service=nobody&from=2026-03-01&to=2026-03-01', 404, 'service.not_found'],
    ['content', 'service=cine&from=2026-03-02&to=2026-03-01', 400, 'report.range_invalid'],
    ['quality', 'service=cine&from=2026-03-02&to=2026-03-01', 400, 'report.range_invalid'],
    ['quality', 'service=cine&from=2026-13-02&to=2026-13-02', 400, 'request.invalid'],
  ])('%s of %s answers %i %s', async (kind, query, status, code) => {
    expect(await lists.get(`/v1/reports/overview/${kind}?${query}`)).toMatchObject({ status, body: { code } })
  })

  test('who may not read reports sees neither', async () => {
    lists.setRights(RIGHTS.filter((right) => right !== 'reports.read'))
    for (const kind of ['content', 'quality']) {
      const refused = await lists.get(`/v1/reports/overview/${kind}?service=cine&from=${FROM}&to=${TO}`)
      expect(refused).toMatchObject({ status: 403, body: { code: 'operator.right_missing' } })
    }
    lists.setRights(RIGHTS)
  })

  test('days on which nothing happened are zeros and not faults', async () => {
    const empty = 'service=cine&from=2024-01-01&to=2024-01-02'
    const nothing = contentOverview.parse((await lists.get(`/v1/reports/overview/content?${empty}`)).body)
    expect(nothing).toMatchObject({
      minutes: { value: 0, previous: 0 },
      titles: [],
      movers: { up: [], down: [] },
    })
    const still = qualityOverview.parse((await lists.get(`/v1/reports/overview/quality?${empty}`)).body)
    expect(still).toMatchObject({ platforms: [], devices: [], bytes: { value: 0, previous: 0 } })
    expect(still.days.map(({ starts }) => starts)).toEqual([0, 0])
  })
})
