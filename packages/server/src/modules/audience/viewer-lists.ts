import {
  AGE_RANGES,
  UNKNOWN,
  type ActiveViewersQuery,
  type ActiveViewersReport,
  type RegisteredViewer,
  type RegisteredViewersQuery,
  type RegisteredViewersReport,
} from '@foyer/contracts'
import { Problem } from '../../platform/errors.ts'
import type { Subject } from '../../platform/ids.ts'
import type { Events } from '../../storage/index.ts'
import { boundsOf, checkRange, previousRange, toInstant, type Period } from './calendar.ts'
import { readListCursor, writeListCursor } from './list-cursor.ts'
import { ANY, viewersActive, viewersOfTitle, viewersRegistered, type ActiveRow } from './list-queries.ts'
import { minutesOf } from './overview.ts'
import { ANALYTICS_PURPOSE, SERVICE_PURPOSE } from './queries.ts'

/** Names of viewers, as far as whoever asks may see them. */
export type LabelsOf = (
  vids: readonly Subject[],
) => Promise<ReadonlyMap<Subject, { readonly viewerId: string; readonly label: string }>>

export interface ListDeps {
  readonly events: Events
  readonly labelsOf: LabelsOf
  readonly areNamesShown: boolean
  readonly signal: AbortSignal
}

interface ListedService {
  readonly timeZone: string
  readonly localCountry: string | null
}

/**
 * Who is behind a number of active viewers. The number is that of the report with the same filters, since the same rollup
 * is read in the same way. Throws request.invalid for filters that no rollup holds together.
 */
export async function activeViewersOf(
  deps: ListDeps,
  query: ActiveViewersQuery,
  service: ListedService,
): Promise<Omit<ActiveViewersReport, 'contentName'>> {
  checkRange(query)
  refuseMixed(query)
  const { limit } = query
  const rows = await activeRows(deps, query, service.timeZone)
  const [counted] = rows
  const found = rows.filter((row) => row.is_listed)
  const { shown, next } = pageOf(found, limit, query)
  const labels = await deps.labelsOf(shown.map((row) => row.vid as Subject))
  return {
    ...headOf(query, service, deps),
    total: counted?.viewers ?? 0,
    visitors: counted?.visitors ?? 0,
    items: shown.map((row) => ({
      ...labelled(labels, row.vid),
      minutes: minutesOf(row.played_ms),
      streams: row.streams,
      starts: row.starts,
      lastActiveOn: row.last_day,
    })),
    next,
  }
}

/** Who is behind a number of registrations. Throws request.invalid for a bar or place that is not wholly named. */
export async function registeredViewersOf(
  deps: ListDeps,
  query: RegisteredViewersQuery,
  service: ListedService,
): Promise<RegisteredViewersReport> {
  checkRange(query)
  const after = readListCursor(query.cursor, query)
  const { limit } = query
  const window = windowOf(query, service.timeZone)
  const ages = AGE_RANGES.find(({ id }) => id === query.ageRange)
  const place = placeOf(query)
  const rows = await deps.events.run(
    viewersRegistered,
    {
      service: query.service,
      purpose: SERVICE_PURPOSE,
      localCountry: service.localCountry ?? '',
      fromMs: window.start,
      toMs: window.end,
      gender: query.gender ?? ANY,
      ageFrom: ages?.from ?? -1,
      ageTo: ages ? (ages.to ?? -1) : AGE_MAX,
      ...place,
      isDescending: query.order === 'desc',
      sort: query.sort,
      afterKey: after.key,
      afterTie: after.tie,
      limit: limit + 1,
    },
    { signal: deps.signal },
  )
  const found = rows.filter((row) => row.is_listed)
  const { shown, next } = pageOf(found, limit, query)
  const labels = await deps.labelsOf(shown.map((row) => row.vid as Subject))
  return {
    ...headOf(query, service, deps),
    total: rows[0]?.viewers ?? 0,
    items: shown.map((row) => ({
      ...labelled(labels, row.vid),
      registeredAt: toInstant(row.registered_ms, service.timeZone),
      gender: row.gender as RegisteredViewer['gender'],
      age: row.age < 0 ? null : row.age,
      country: row.country || null,
      region: row.region || null,
      city: row.city || null,
    })),
    next,
  }
}

/** Above every age that is stored. */
const AGE_MAX = 255

function activeRows(deps: ListDeps, query: ActiveViewersQuery, timeZone: string): Promise<ActiveRow[]> {
  const after = readListCursor(query.cursor, query)
  const { service, from, to, loyalty } = query
  const shared = {
    service,
    from,
    to,
    purpose: ANALYTICS_PURPOSE,
    isDescending: query.order === 'desc',
    sort: query.sort,
    afterKey: after.key,
    afterTie: after.tie,
    // One more than asked for tells whether there are further ones.
    limit: query.limit + 1,
  }
  const { signal } = deps
  if (query.contentId !== undefined || query.contentKind !== undefined) {
    const title = {
      contentKind: query.contentKind ?? ANY,
      isAnyTitle: query.contentId === undefined,
      contentId: query.contentId ?? '',
    }
    return deps.events.run(viewersOfTitle, { ...shared, ...title }, { signal })
  }
  const { start: fromMs, end: toMs } = boundsOf({ from, to, timeZone })
  return deps.events.run(
    viewersActive,
    {
      ...shared,
      previousFrom: loyalty === undefined ? from : previousRange(query).from,
      fromMs,
      toMs,
      platform: stored(query.platform),
      country: stored(query.country),
      loyalty: loyalty ?? ANY,
    },
    { signal },
  )
}

/** A title is counted by one rollup, platforms, countries and days of people by another. */
function refuseMixed(query: ActiveViewersQuery): void {
  if (query.contentId === undefined && query.contentKind === undefined) return
  const beside = (['platform', 'country', 'loyalty'] as const).filter((field) => query[field] !== undefined)
  if (beside.length === 0) return
  throw invalid(
    beside.map((field) => ({
      field: `querystring.${field}`,
      message: 'cannot be asked for together with a title or a kind of content',
    })),
  )
}

/** The instants that a list of registrations covers: its days, or one bar within them. */
function windowOf(query: RegisteredViewersQuery, timeZone: string): Period {
  const days = boundsOf({ from: query.from, to: query.to, timeZone })
  if (query.start === undefined && query.end === undefined) return days
  if (query.start === undefined || query.end === undefined) {
    const missing = query.start === undefined ? 'start' : 'end'
    throw invalid([{ field: `querystring.${missing}`, message: 'start and end of a bar come together' }])
  }
  const [start, end] = [Date.parse(query.start), Date.parse(query.end)]
  if (end <= start) throw invalid([{ field: 'querystring.end', message: 'not after start' }])
  if (start < days.start || end > days.end)
    throw invalid([{ field: 'querystring.start', message: 'the bar does not lie within from and to' }])
  return { start, end }
}

/** A row of a geography table, in the words of the query. */
function placeOf(query: RegisteredViewersQuery): {
  geography: string
  place: string
  code: string
  city: string
} {
  const { geography, place, code = '', city = '' } = query
  if (geography === undefined && place === undefined && code === '' && city === '')
    return { geography: ANY, place: ANY, code, city }
  const fault = (field: string, message: string) => invalid([{ field: `querystring.${field}`, message }])
  if (geography === undefined) throw fault('geography', 'names the table that the place stands in')
  if (place === undefined) throw fault('place', 'names the row of the table')
  if (place === 'other' && geography === 'country')
    throw fault('place', 'countries are all shown, none is other')
  if (place === 'place' && geography !== 'city' && code === '')
    throw fault('code', `names the ${geography}; it is missing`)
  if (place === 'place' && geography === 'city' && city === '')
    throw fault('city', 'names the city; it is missing')
  return { geography, place, code, city }
}

function stored(filter: string | undefined): string {
  if (filter === undefined) return ANY
  return filter === UNKNOWN ? '' : filter
}

function pageOf<Row extends { sort_key: string; tie: string }>(
  rows: readonly Row[],
  limit: number,
  query: Readonly<Record<string, unknown>>,
): { shown: readonly Row[]; next: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const hasMore = rows.length > limit && last !== undefined
  return { shown, next: hasMore ? writeListCursor({ key: last.sort_key, tie: last.tie }, query) : null }
}

function labelled(
  labels: Awaited<ReturnType<LabelsOf>>,
  vid: string,
): { viewerId: string | null; label: string } {
  const { viewerId = null, label = 'A viewer who was erased' } = labels.get(vid as Subject) ?? {}
  return { viewerId, label }
}

function headOf(
  query: { service: string; from: string; to: string },
  service: ListedService,
  { areNamesShown }: ListDeps,
) {
  const { from, to } = query
  return { service: query.service, timeZone: service.timeZone, from, to, areNamesShown }
}

function invalid(errors: { field: string; message: string }[]): Problem {
  return new Problem('request.invalid', `See errors: ${errors.map(({ field }) => field).join(', ')}.`, {
    errors,
  })
}
