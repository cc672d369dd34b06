import { REPORT_LIMITS, type Compared, type OverviewReport, type ReportQuery } from '@foyer/contracts'
import type { Events } from '../../storage/index.ts'
import type { CatalogueSize } from '../catalogue/index.ts'
import { biggestChanges } from './biggest-changes.ts'
import { boundsOf, checkRange, datesOf, previousRange } from './calendar.ts'
import {
  ANALYTICS_PURPOSE,
  overviewCountries,
  overviewDays,
  overviewPeople,
  overviewPlatforms,
  overviewRegistrations,
  overviewTitles,
  SERVICE_PURPOSE,
} from './queries.ts'

/** How a service does over a range, and over as many days before. */
export async function overviewOf(
  deps: {
    events: Events
    titleNames(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
    catalogueSize(): Promise<CatalogueSize>
  },
  query: ReportQuery,
  timeZone: string,
  signal: AbortSignal,
): Promise<OverviewReport> {
  checkRange(query)
  const { service, from, to } = query
  const previous = previousRange(query)
  const purpose = ANALYTICS_PURPOSE
  const { events } = deps
  const bounds = boundsOf({ from, to, timeZone })
  const previousStart = boundsOf({ ...previous, timeZone }).start
  const compared = { service, previousFrom: previous.from, from, to, purpose }
  const [[people], days, platforms, countries, titles, [registered], catalogue] = await Promise.all([
    events.run(
      overviewPeople,
      {
        ...compared,
        beforeFrom: previousRange(previous).from,
        fromMs: bounds.start,
        previousFromMs: previousStart,
      },
      { signal },
    ),
    events.run(overviewDays, { service, from, to, purpose }, { signal }),
    events.run(overviewPlatforms, compared, { signal }),
    events.run(overviewCountries, { ...compared, limit: REPORT_LIMITS.countriesMax }, { signal }),
    events.run(overviewTitles, { service, from, to, purpose, limit: REPORT_LIMITS.titlesMax }, { signal }),
    events.run(
      overviewRegistrations,
      {
        service,
        previousFrom: previousStart,
        from: bounds.start,
        to: bounds.end,
        purpose: SERVICE_PURPOSE,
      },
      { signal },
    ),
    deps.catalogueSize(),
  ])
  const names = await deps.titleNames(titles.map((title) => title.content_id))
  if (people === undefined) throw new Error('the sums over no rows are a row too')
  const byDate = new Map(days.map((row) => [row.date, row]))
  return {
    service,
    timeZone,
    from,
    to,
    previous,
    registrations: { value: registered?.value ?? 0, previous: registered?.previous ?? 0 },
    activeViewers: { value: people.viewers, previous: people.previous_viewers },
    anonymousVisitors: { value: people.visitors, previous: people.previous_visitors },
    events: { value: people.events, previous: people.previous_events },
    starts: { value: people.starts, previous: people.previous_starts },
    streams: { value: people.streams, previous: people.previous_streams },
    minutes: { value: minutesOf(people.played_ms), previous: minutesOf(people.previous_played_ms) },
    catalogue,
    days: datesOf(query).map((date) => {
      const row = byDate.get(date)
      return {
        date,
        activeViewers: row?.viewers ?? 0,
        events: row?.events ?? 0,
        starts: row?.starts ?? 0,
        streams: row?.streams ?? 0,
        minutes: minutesOf(row?.played_ms ?? 0),
      }
    }),
    titles: titles.map((row) => ({
      contentId: row.content_id,
      contentKind: row.content_kind,
      name: names.get(row.content_id) ?? null,
      viewers: row.viewers,
      visitors: row.visitors,
      starts: row.starts,
      streams: row.streams,
      minutes: minutesOf(row.played_ms),
    })),
    platforms: platforms.map((row) => ({ platform: row.platform, ...usageOf(row) })),
    countries: countries.map((row) => ({ country: row.country, ...usageOf(row) })),
    loyalty: {
      new: { value: people.new, previous: people.previous_new },
      returning: { value: people.returning, previous: people.previous_returning },
      back: { value: people.back, previous: people.previous_back },
      lost: { value: people.lost, previous: people.previous_lost },
    },
    changes: biggestChanges(
      [
        ...platforms.map((row) => ({
          dimension: 'platform' as const,
          key: row.platform,
          viewers: viewersOf(row),
        })),
        ...countries.map((row) => ({
          dimension: 'country' as const,
          key: row.country,
          viewers: viewersOf(row),
        })),
      ],
      (part) => part.viewers,
      REPORT_LIMITS.changesMax,
    ),
  }
}

interface UsageRow {
  readonly viewers: number
  readonly visitors: number
  readonly starts: number
  readonly streams: number
  readonly played_ms: number
  readonly previous_viewers: number
  readonly previous_visitors: number
  readonly previous_played_ms: number
}

function usageOf(row: UsageRow): Omit<OverviewReport['platforms'][number], 'platform'> {
  return {
    viewers: row.viewers,
    visitors: row.visitors,
    starts: row.starts,
    streams: row.streams,
    minutes: minutesOf(row.played_ms),
    previous: {
      viewers: row.previous_viewers,
      visitors: row.previous_visitors,
      minutes: minutesOf(row.previous_played_ms),
    },
  }
}

function viewersOf(row: UsageRow): Compared {
  return { value: row.viewers, previous: row.previous_viewers }
}

/** Minutes to one decimal, halves up. A sum is rounded once, never its parts. */
export function minutesOf(playedMs: number): number {
  return Math.round(playedMs / 6_000) / 10
}
