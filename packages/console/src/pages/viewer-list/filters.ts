import { AGE_RANGES, UNKNOWN, type ActiveViewersReport } from '@foyer/contracts'
import { formatCountry, formatInstant } from '../../lib/format.ts'
import { platformLabel } from '../../lib/platforms.ts'
import type { ViewerListName } from '../../lib/viewer-lists.ts'

/** A filter of the list as it stands in the URL, in words; taking it away takes its parameters away. */
export interface ListFilter {
  readonly parameters: readonly string[]
  /** What it is about: `platform`. */
  readonly subject: string
  readonly value: string
}

/** Parameters that go to the API as they stand in the URL. The API says which are wrong. */
export const LIST_PARAMETERS: Record<ViewerListName, readonly string[]> = {
  active: ['contentId', 'contentKind', 'platform', 'country', 'loyalty'],
  registered: ['start', 'end', 'gender', 'ageRange', 'geography', 'place', 'code', 'city'],
}

const LOYALTY_NAMES: Record<string, string> = {
  new: 'new',
  returning: 'returning',
  back: 'back again',
  lost: 'not seen again',
}

export function filtersOf(
  list: ViewerListName,
  search: URLSearchParams,
  known: { contentName: ActiveViewersReport['contentName']; timeZone: string },
): ListFilter[] {
  return (list === 'active' ? activeFilters(search, known) : registeredFilters(search, known)).filter(
    (filter) => filter !== null,
  )
}

function activeFilters(
  search: URLSearchParams,
  { contentName }: { contentName: string | null },
): (ListFilter | null)[] {
  const content = search.get('contentId')
  const kind = search.get('contentKind')
  const kindName = kind === 'live' ? 'live' : 'on demand'
  return [
    content !== null
      ? {
          parameters: ['contentId', 'contentKind'],
          subject: kind === 'live' ? 'channel' : 'title',
          value: contentName ?? content,
        }
      : kind !== null
        ? { parameters: ['contentKind'], subject: 'content', value: kindName }
        : null,
    one(search, 'platform', 'platform', (value) => platformLabel(value === UNKNOWN ? '' : value)),
    one(search, 'country', 'country', placeName),
    one(search, 'loyalty', 'viewer', (value) => LOYALTY_NAMES[value] ?? value),
  ]
}

function registeredFilters(
  search: URLSearchParams,
  { timeZone }: { timeZone: string },
): (ListFilter | null)[] {
  const geography = search.get('geography')
  const start = search.get('start')
  return [
    start === null || Number.isNaN(Date.parse(start))
      ? null
      : { parameters: ['start', 'end'], subject: 'hour', value: formatInstant(start, timeZone, 'minute') },
    one(search, 'gender', 'gender', (value) => value),
    one(
      search,
      'ageRange',
      'age',
      (value) => AGE_RANGES.find(({ id }) => id === value)?.label.toLowerCase() ?? value,
    ),
    geography === null
      ? null
      : {
          parameters: ['geography', 'place', 'code', 'city'],
          subject: geography,
          value: placeOf(search),
        },
  ]
}

function one(
  search: URLSearchParams,
  parameter: string,
  subject: string,
  nameOf: (value: string) => string,
): ListFilter | null {
  const value = search.get(parameter)
  return value === null ? null : { parameters: [parameter], subject, value: nameOf(value) }
}

function placeOf(search: URLSearchParams): string {
  const place = search.get('place') ?? ''
  if (place !== 'place') return place === 'other' ? 'other countries' : place
  const code = search.get('code') ?? ''
  const city = search.get('city')
  if (city !== null) return code === '' ? city : `${city} (${code})`
  return search.get('geography') === 'country' ? placeName(code) : code
}

function placeName(value: string): string {
  return value === UNKNOWN ? 'unknown' : formatCountry(value)
}
