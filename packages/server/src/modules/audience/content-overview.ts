import { REPORT_LIMITS, type ContentOverview, type OverviewQuery, type TitleUse } from '@foyer/contracts'
import type { Events } from '../../storage/index.ts'
import type { AddedItems } from '../catalogue/index.ts'
import { boundsOf, checkRange, localDateOf, previousRange } from './calendar.ts'
import { minutesOf } from './overview.ts'
import { ANALYTICS_PURPOSE, contentTitles } from './queries.ts'

/** What was watched over a range, what moved against as many days before, and what is new in the catalogue. */
export async function contentOverviewOf(
  deps: {
    events: Events
    titleNames(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
    /** The catalogue's newest entries of a time, and how many there are. */
    addedBetween(time: { start: number; end: number }, limit: number): Promise<AddedItems>
  },
  query: OverviewQuery,
  timeZone: string,
  signal: AbortSignal,
): Promise<ContentOverview> {
  checkRange(query)
  const { service, from, to } = query
  const previous = previousRange(query)
  const added = await deps.addedBetween(boundsOf({ from, to, timeZone }), NEWEST_MAX)
  const limit = REPORT_LIMITS.titlesMax
  const rows = await deps.events.run(
    contentTitles,
    {
      service,
      previousFrom: previous.from,
      from,
      to,
      purpose: ANALYTICS_PURPOSE,
      limit,
      ids: added.items.map(({ id }) => id),
    },
    { signal },
  )
  const names = await deps.titleNames([...new Set(rows.map((row) => row.content_id))])
  const useOf = (row: (typeof rows)[number]): TitleUse => ({
    contentId: row.content_id,
    contentKind: row.content_kind,
    name: names.get(row.content_id) ?? null,
    viewers: row.viewers,
    visitors: row.visitors,
    starts: row.starts,
    streams: row.streams,
    minutes: { value: minutesOf(row.played_ms), previous: minutesOf(row.previous_played_ms) },
  })
  const movers = (rank: 'rank_up' | 'rank_down', sign: 1 | -1) =>
    rows
      .filter((row) => row[rank] <= limit && (row.played_ms - row.previous_played_ms) * sign > 0)
      .toSorted((a, b) => a[rank] - b[rank])
      .map(useOf)
  const [sums] = rows
  const addedOn = new Map(added.items.map(({ id, addedAt }) => [id, localDateOf(addedAt, timeZone)]))
  return {
    service,
    timeZone,
    from,
    to,
    previous,
    titlesWatched: { value: sums?.all_titles ?? 0, previous: sums?.previous_all_titles ?? 0 },
    starts: { value: sums?.all_starts ?? 0, previous: sums?.previous_all_starts ?? 0 },
    streams: { value: sums?.all_streams ?? 0, previous: sums?.previous_all_streams ?? 0 },
    minutes: {
      value: minutesOf(sums?.all_played_ms ?? 0),
      previous: minutesOf(sums?.previous_all_played_ms ?? 0),
    },
    liveMinutes: {
      value: minutesOf(sums?.all_live_ms ?? 0),
      previous: minutesOf(sums?.previous_all_live_ms ?? 0),
    },
    titles: rows
      .filter((row) => row.rank_by_minutes <= limit && (row.starts > 0 || row.played_ms > 0))
      .map(useOf),
    movers: { up: movers('rank_up', 1), down: movers('rank_down', -1) },
    added: {
      total: added.total,
      titles: newest(added.items, rows.filter((row) => addedOn.has(row.content_id)).map(useOf))
        .slice(0, limit)
        .map((title) => ({ ...title, addedOn: addedOn.get(title.contentId)! })),
    },
  }
}

/** So many new entries are asked for what was watched of them; of a larger import the newest. */
const NEWEST_MAX = 500

/** New entries, those first that were watched most, then the rest as the catalogue gave them. */
function newest(items: AddedItems['items'], watched: readonly TitleUse[]): TitleUse[] {
  const seen = new Set(watched.map(({ contentId }) => contentId))
  const untouched = items
    .filter(({ id }) => !seen.has(id))
    .map(({ id, name, kind }): TitleUse => ({
      contentId: id,
      contentKind: kind === 'channel' ? 'live' : 'vod',
      name,
      viewers: 0,
      visitors: 0,
      starts: 0,
      streams: 0,
      minutes: { value: 0, previous: 0 },
    }))
  return [...watched, ...untouched]
}
