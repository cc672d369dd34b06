import type { z } from 'zod'
import { REPORT_LIMITS, type Compared, type OverviewReport, type ReportQuery } from '@foyer/contracts'
import type { Events } from '../../storage/index.ts'
import type { CatalogueSize } from '../catalogue/index.ts'
import { biggestChanges } from './biggest-changes.ts'
import { boundsOf, checkRange, datesOf, previousRange } from './calendar.ts'
import {
  ANALYTICS_PURPOSE,
  overviewPeople,
  overviewRegistrations,
  overviewTitles,
  overviewUse,
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
  const [[people], use, titles, [registered], catalogue] = await Promise.all([
    events.run(
      overviewPeople,
      {
        ...compared,
        beforeFrom: previousRange(previous).from,
        fromMs: bounds.start,
        toMs: bounds.end,
        previousFromMs: previousStart,
      },
      { signal },
    ),
    events.run(overviewUse, compared, { signal }),
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
  const platforms = use.filter(isKeyOf('platform')).toSorted(byMinutes)
  const countries = use.filter(isKeyOf('country')).toSorted(byPeople).slice(0, REPORT_LIMITS.countriesMax)
  const byDate = new Map(use.filter(({ part }) => part === 'day').map((row) => [row.date, row]))
  // All that happened, happened on one platform each, known or not.
  const sums = summed(use.filter(({ part }) => part === 'platform'))
  return {
    service,
    timeZone,
    from,
    to,
    previous,
    registrations: { value: registered?.value ?? 0, previous: registered?.previous ?? 0 },
    activeViewers: { value: people.viewers, previous: people.previous_viewers },
    anonymousVisitors: { value: people.visitors, previous: people.previous_visitors },
    events: { value: sums.events, previous: sums.previous_events },
    starts: { value: sums.starts, previous: sums.previous_starts },
    streams: { value: sums.streams, previous: sums.previous_streams },
    minutes: { value: minutesOf(sums.played_ms), previous: minutesOf(sums.previous_played_ms) },
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

type UseRow = z.infer<typeof overviewUse.row>

/** Rows of a part on whose key something happened; a day's view may have left nothing but what was taken back. */
function isKeyOf(part: UseRow['part']) {
  return (row: UseRow) =>
    row.part === part &&
    [row.viewers, row.visitors, row.played_ms, row.previous_viewers, row.previous_visitors].some((n) => n > 0)
}

const byMinutes = (a: UseRow, b: UseRow) =>
  b.played_ms - a.played_ms || b.streams - a.streams || (a.platform < b.platform ? -1 : 1)

const byPeople = (a: UseRow, b: UseRow) =>
  b.viewers + b.visitors - (a.viewers + a.visitors) ||
  b.played_ms - a.played_ms ||
  (a.country < b.country ? -1 : 1)

const SUMMED = ['events', 'starts', 'streams', 'played_ms'] as const
type Sums = Record<(typeof SUMMED)[number] | `previous_${(typeof SUMMED)[number]}`, number>

function summed(rows: readonly UseRow[]): Sums {
  const sum = (field: keyof Sums) => rows.reduce((total, row) => total + row[field], 0)
  return Object.fromEntries(
    SUMMED.flatMap((field) => [
      [field, sum(field)],
      [`previous_${field}`, sum(`previous_${field}`)],
    ]),
  ) as Sums
}

function usageOf(row: UseRow): Omit<OverviewReport['platforms'][number], 'platform'> {
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

function viewersOf(row: UseRow): Compared {
  return { value: row.viewers, previous: row.previous_viewers }
}

/** Minutes to one decimal, halves up. A sum is rounded once, never its parts. */
export function minutesOf(playedMs: number): number {
  return Math.round(playedMs / 6_000) / 10
}
