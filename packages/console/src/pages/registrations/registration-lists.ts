import { parseDate } from '@internationalized/date'
import {
  UNKNOWN,
  type RegistrationPeriod,
  type RegistrationPlace,
  type RegistrationsReport,
} from '@foyer/contracts'
import type { ViewerListLinks } from '../../lib/viewer-lists.ts'

/** A bar of whole days is its days; one of an hour is named by its moments, within its day. */
export function listOfPeriod(
  { start, end }: RegistrationPeriod,
  report: Pick<RegistrationsReport, 'granularity'>,
  lists: ViewerListLinks,
): string | null {
  // Instants come with the offset of the zone: their first ten signs are the local day.
  const from = start.slice(0, 10)
  if (report.granularity === 'hour') return lists.registered({ start, end }, { from, to: from })
  const to = parseDate(end.slice(0, 10)).subtract({ days: 1 }).toString()
  return lists.registered({}, { from, to })
}

/** The list behind a row of a geography table; none behind many places in one. */
export function listOfPlace(
  geography: 'country' | 'state' | 'city',
  { kind, code, name, total }: RegistrationPlace,
  lists: ViewerListLinks,
): string | null {
  if (total === 0 || kind === 'rest') return null
  if (kind !== 'place') return lists.registered({ geography, place: kind === 'unknown' ? UNKNOWN : kind })
  return lists.registered({
    geography,
    place: kind,
    ...(code === null ? {} : { code }),
    ...(geography === 'city' ? { city: name } : {}),
  })
}
