import { strict as assert } from 'node:assert'
import { z } from 'zod'
import { ANY, viewersActive } from '../src/modules/audience/list-queries.ts'
import {
  contentTitles,
  overviewPeople,
  overviewTitles,
  overviewUse,
  registrations,
  viewerEvents,
  viewerOverview,
} from '../src/modules/audience/queries.ts'
import type { People } from '../src/modules/tracking/stitching/people.ts'
import type { Events } from '../src/storage/index.ts'
import type { PeopleOracle } from './people-oracle.ts'

const DAY_MS = 86_400_000

/** A history as far as it has been lived. */
export interface LivedHistory {
  readonly events: Events
  readonly people: Pick<People, 'subjectsOf'>
  readonly oracle: PeopleOracle
  readonly service: string
  /** Epoch ms. */
  readonly start: number
  readonly now: number
  /** Name it when something differs. */
  readonly seed: string
  readonly step: number
}

/** Asks reports and oracle the same of everybody. Throws at the first difference; resolves with how many answers agree. */
export async function compareWithOracle({
  events,
  people,
  oracle,
  ...history
}: LivedHistory): Promise<number> {
  const { service, start, now, seed, step } = history
  let comparisons = 0
  const day = (ts: number) => new Date(ts).toISOString().slice(0, 10)
  const range = { from: day(start - 3 * DAY_MS), to: day(now) }
  const purpose = 16
  function same(what: string, actual: unknown, expected: unknown): void {
    assert.deepEqual(actual, expected, `seed ${seed}, step ${step}: ${what} differ from the oracle`)
    comparisons++
  }

  const use = (from: string) =>
    events.run(overviewUse, { service, previousFrom: from, from, to: range.to, purpose })
  const days = (await use(range.from)).filter(({ part }) => part === 'day')
  same(
    'daily viewers',
    days
      .toSorted((a, b) => (a.date < b.date ? -1 : 1))
      .map(({ date, viewers, ...row }) => ({ date, viewers, ...usedOf([row]) })),
    oracle.days(range.from, range.to),
  )

  const middle = day(now - DAY_MS)
  const [all] = await events.run(overviewPeople, {
    service,
    beforeFrom: middle,
    previousFrom: middle,
    from: middle,
    to: range.to,
    fromMs: 0,
    toMs: now,
    previousFromMs: 0,
    purpose,
  })
  const platforms = (await use(middle)).filter(({ part }) => part === 'platform')
  same(
    'totals',
    { viewers: all!.viewers, visitors: all!.visitors, ...usedOf(platforms) },
    oracle.totals(middle, range.to),
  )

  await compareLoyalty()

  const titles = await events.run(overviewTitles, { service, ...range, purpose, limit: 10 })
  same('titles', titles.map(camel), oracle.titles())
  const content = await events.run(contentTitles, {
    service,
    ...range,
    previousFrom: range.from,
    purpose,
    limit: 10,
    ids: [],
  })
  same(
    'titles of the content page',
    content
      .filter(({ starts, played_ms }) => starts > 0 || played_ms > 0)
      .map(({ content_id: title, viewers, visitors, starts, streams, played_ms: playedMs }) => ({
        title,
        viewers,
        visitors,
        starts,
        streams,
        playedMs,
      })),
    oracle.titles(),
  )

  for (const { vid } of oracle.viewers) {
    const subjects = await people.subjectsOf(vid)
    const of = { service, subjects, person: subjects[0]!, purpose }
    const [played] = await events.run(viewerOverview, { ...of, ...range })
    const rows = await events.run(viewerEvents, {
      ...of,
      from: 0,
      to: now + 1,
      afterAt: -8_000_000_000_000,
      afterId: '00000000-0000-0000-0000-000000000000',
      limit: 100_000,
    })
    const { times, ...expected } = oracle.person(vid)
    same('what one viewer played', camel(played!), expected)
    same(
      "one viewer's timeline",
      rows.map(({ at }) => at),
      times,
    )
  }

  const registered = await events.run(registrations, {
    service,
    localCountry: '',
    from: start - 30 * DAY_MS,
    to: now,
    starts: Array.from({ length: 40 }, (_, n) => Math.floor(start / DAY_MS + n - 30) * DAY_MS),
    purpose: 1,
  })
  same(
    'registrations',
    registered
      .filter(({ part }) => part === 'period')
      .flatMap(({ start: at, gender, total }) =>
        Array.from({ length: total }, () => `${day(at)} ${gender === 'unknown' ? '' : gender}`),
      )
      .toSorted((a, b) => (a < b ? -1 : 1)),
    oracle.registrations(),
  )

  const sums = await events.query(
    `SELECT content_id, sum(starts) AS starts, sum(streams) AS streams, sum(played_ms) AS played_ms
     FROM content WHERE service = {service:String} GROUP BY content_id HAVING starts != 0 ORDER BY content_id`,
    { params: { service }, row: publicSums },
  )
  same('sums without people', sums.map(camel), oracle.publicSums())

  const [raw] = await events.query(
    `SELECT sum(bytes) AS bytes, (SELECT sum(bytes) FROM bytes_day WHERE service = {service:String}) AS rolled
     FROM events WHERE service = {service:String}`,
    { params: { service }, row: z.object({ bytes: count, rolled: count }) },
  )
  same('bytes', [raw!.bytes, raw!.rolled], [oracle.bytes(), oracle.bytes()])
  return comparisons

  /** Today beside yesterday beside the day before, in the report and in the lists behind it. */
  async function compareLoyalty(): Promise<void> {
    const [beforeFrom, previousFrom, from] = [2, 1, 0].map((days) => day(now - days * DAY_MS))
    const days = { beforeFrom: beforeFrom!, previousFrom: previousFrom!, from: from!, to: from! }
    const fromMs = Date.parse(days.from)
    const bounds = { fromMs, toMs: fromMs + DAY_MS }
    const [row] = await events.run(overviewPeople, {
      service,
      ...days,
      ...bounds,
      previousFromMs: Date.parse(days.previousFrom),
      purpose,
    })
    const { new: isNew, returning, back, lost } = row!
    const previous = {
      new: row!.previous_new,
      returning: row!.previous_returning,
      back: row!.previous_back,
      lost: row!.previous_lost,
    }
    const expected = oracle.loyalty(days)
    same('who is new, returning, back and lost', { new: isNew, returning, back, lost, previous }, expected)
    for (const kind of ['new', 'returning', 'back', 'lost'] as const) {
      const [first] = await events.run(viewersActive, {
        service,
        purpose,
        previousFrom: days.previousFrom,
        from: days.from,
        to: days.to,
        ...bounds,
        platform: ANY,
        country: ANY,
        loyalty: kind,
        sort: 'minutes',
        isDescending: true,
        afterKey: '-9223372036854775808',
        afterTie: '0',
        limit: 10,
      })
      same(`the list of the ${kind}`, first?.viewers ?? 0, expected[kind])
    }
  }
}

/** What was used, summed over rows of a report. */
function usedOf(rows: readonly { events: number; starts: number; streams: number; played_ms: number }[]) {
  const sum = (field: 'events' | 'starts' | 'streams' | 'played_ms') =>
    rows.reduce((total, row) => total + row[field], 0)
  return {
    events: sum('events'),
    starts: sum('starts'),
    streams: sum('streams'),
    playedMs: sum('played_ms'),
  }
}

const count = z.coerce.number()
const publicSums = z.object({ content_id: z.string(), starts: count, streams: count, played_ms: count })

/** A row in the oracle's words. */
function camel(row: Record<string, unknown>): Record<string, unknown> {
  const { content_id, content_kind: _kind, is_current: _current, played_ms, ...same } = row
  return { ...(content_id === undefined ? {} : { title: content_id }), ...same, playedMs: played_ms }
}
