import { REPORT_LIMITS } from '@foyer/contracts'
import type { Events } from '../src/storage/events/events.ts'
import { contentOverviewOf } from '../src/modules/audience/content-overview.ts'
import { overviewOf } from '../src/modules/audience/overview.ts'
import { qualityOverviewOf } from '../src/modules/audience/quality-overview.ts'
import { registrationsOf } from '../src/modules/audience/registrations.ts'
import { activeViewersOf } from '../src/modules/audience/viewer-lists.ts'
import { viewerEventsOf, viewerOverviewOf } from '../src/modules/audience/viewer-report.ts'
import { openTestEvents } from '../test/events.ts'
import type { Bench } from './bench.ts'
import { busiestPerson, fillPeople, FIRST_DAY, type KnownPerson } from './many-people.ts'
import { median, percentile } from './statistics.ts'

/**
 * What the console's pages ask when they are opened, over 20 million events: the last 28 days beside the 28 before, all the
 * reports of a page at once, as the api runs them. Three such ranges are held, since loyalty looks back so far.
 */
export const bench: Bench = {
  id: 'Pages',
  title: 'slowest default page at 20M events ÷ 300 ms that it may take',
  hold: { max: 1 },
  async run({ isQuick, report: tell }) {
    const rows = isQuick ? 200_000 : 20_000_000
    const store = await openTestEvents({ options: { queryMsMax: 60_000 } })
    try {
      tell(`making ${rows} events and who is who`)
      await fillPeople(store.events, { rows, days: DAYS })
      const figures: Record<string, number> = { events: rows }
      const slowest: number[] = []
      for (const [page, open] of Object.entries(pages(store.events, await busiestPerson(store.events)))) {
        const times: number[] = []
        // The first ones are for caches, and for merges that the filling has left to do.
        for (let round = 0; round < WARM_UP; round++) await open()
        for (let round = 0; round < ROUNDS; round++) times.push(await elapsed(open))
        slowest.push(percentile(times, 95))
        figures[`${page}Ms`] = Math.round(median(times))
        figures[`${page}P95Ms`] = Math.round(percentile(times, 95))
      }
      return {
        ratio: Math.max(...slowest) / 300,
        figures,
        method: `28 days beside the 28 before, in 84 days of events; all reports of a page at once, ${ROUNDS} times each after ${WARM_UP} to warm up, parts not merged by hand, one view in twenty of the last two days taken back and not merged yet. Reports alone: no HTTP, no names from RECORDS, nobody sending. The figure is the slowest page's 95th percentile.`,
      }
    } finally {
      await store.close()
    }
  },
}

const ROUNDS = 21
const WARM_UP = 5
const DAYS = 84
const PAGE_DAYS = 28
const ZONE = 'UTC'

function pages(events: Events, { person, subjects }: KnownPerson): Record<string, () => Promise<unknown>> {
  const dayAt = (offset: number) =>
    new Date(Date.parse(FIRST_DAY) + offset * 86_400_000).toISOString().slice(0, 10)
  const query = { service: 'cine', from: dayAt(DAYS - PAGE_DAYS), to: dayAt(DAYS - 1) }
  const signal = new AbortController().signal
  const nameless = async () => new Map()
  const overviewDeps = {
    events,
    titleNames: nameless,
    catalogueSize: async () => ({ titles: 0, channels: 0 }),
  }
  const service = { timeZone: ZONE, localCountry: 'DE' }
  return {
    overview: () => overviewOf(overviewDeps, query, ZONE, signal),
    content: () =>
      contentOverviewOf(
        { events, titleNames: nameless, addedBetween: async () => ({ total: 0, items: [] }) },
        query,
        ZONE,
        signal,
      ),
    quality: () => qualityOverviewOf(events, query, ZONE, signal),
    registrations: () => registrationsOf(events, { ...query, granularity: 'day' }, service, signal),
    viewers: () =>
      activeViewersOf(
        { events, labelsOf: nameless, areNamesShown: false, signal },
        { ...query, sort: 'minutes', order: 'desc', limit: 50 },
        service,
      ),
    viewer: () => {
      const viewer = { viewerId: 'busiest', vid: person, subjects }
      const scope = { viewer, service: 'cine', range: { ...query, timeZone: ZONE }, signal }
      return Promise.all([
        viewerOverviewOf(events, scope),
        viewerEventsOf({ events, titleNames: nameless }, scope, { limit: REPORT_LIMITS.viewerEventsMax }),
      ])
    },
  }
}

async function elapsed(open: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await open()
  return performance.now() - start
}
