import { REPORT_LIMITS, type OverviewReport, type ReportQuery } from '@foyer/contracts'
import type { Events } from '../../storage/index.ts'
import type { CatalogueSize } from '../catalogue/index.ts'
import { boundsOf, checkRange, datesOf, previousRange } from './calendar.ts'
import {
  ANALYTICS_PURPOSE,
  overviewDays,
  overviewPlatforms,
  overviewRegistrations,
  overviewTitles,
  overviewTotals,
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
  const [totals, days, platforms, titles, [registered], catalogue] = await Promise.all([
    events.run(overviewTotals, { service, previousFrom: previous.from, from, to, purpose }, { signal }),
    events.run(overviewDays, { service, from, to, purpose }, { signal }),
    events.run(overviewPlatforms, { service, from, to, purpose }, { signal }),
    events.run(overviewTitles, { service, from, to, purpose, limit: REPORT_LIMITS.titlesMax }, { signal }),
    events.run(
      overviewRegistrations,
      {
        service,
        previousFrom: boundsOf({ ...previous, timeZone }).start,
        from: boundsOf({ from, to, timeZone }).start,
        to: boundsOf({ from, to, timeZone }).end,
        purpose: SERVICE_PURPOSE,
      },
      { signal },
    ),
    deps.catalogueSize(),
  ])
  const names = await deps.titleNames(titles.map((title) => title.content_id))
  const now = totals.find((row) => row.is_current === 1)
  const before = totals.find((row) => row.is_current === 0)
  const byDate = new Map(days.map((row) => [row.date, row]))
  return {
    service,
    timeZone,
    from,
    to,
    previous,
    registrations: { value: registered?.value ?? 0, previous: registered?.previous ?? 0 },
    activeViewers: { value: now?.viewers ?? 0, previous: before?.viewers ?? 0 },
    anonymousVisitors: { value: now?.visitors ?? 0, previous: before?.visitors ?? 0 },
    events: { value: now?.events ?? 0, previous: before?.events ?? 0 },
    starts: { value: now?.starts ?? 0, previous: before?.starts ?? 0 },
    streams: { value: now?.streams ?? 0, previous: before?.streams ?? 0 },
    minutes: { value: minutesOf(now?.played_ms ?? 0), previous: minutesOf(before?.played_ms ?? 0) },
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
      starts: row.starts,
      streams: row.streams,
      minutes: minutesOf(row.played_ms),
    })),
    platforms: platforms.map((row) => ({
      platform: row.platform,
      viewers: row.viewers,
      starts: row.starts,
      streams: row.streams,
      minutes: minutesOf(row.played_ms),
    })),
  }
}

/** Minutes to one decimal, halves up. A sum is rounded once, never its parts. */
export function minutesOf(playedMs: number): number {
  return Math.round(playedMs / 6_000) / 10
}
