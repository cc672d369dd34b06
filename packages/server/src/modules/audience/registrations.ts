import {
  AGE_RANGES,
  GENDERS,
  type AgeRangeId,
  type Gender,
  type Granularity,
  type RegistrationPeriod,
  type RegistrationsQuery,
  type RegistrationsReport,
} from '@foyer/contracts'
import type { Events } from '../../storage/index.ts'
import {
  boundsOf,
  checkRange,
  granularityFor,
  periodsOf,
  toInstant,
  type LocalRange,
  type Period,
} from './calendar.ts'
import { percentages } from './percentages.ts'
import { citiesOf, countriesOf, statesOf, type PlaceCount } from './places.ts'
import { registrations, SERVICE_PURPOSE } from './queries.ts'

/** Counts the registrations of a service over a range (R24–R32). */
export async function registrationsOf(
  events: Events,
  query: RegistrationsQuery,
  service: { readonly timeZone: string; readonly localCountry: string | null },
  signal: AbortSignal,
): Promise<RegistrationsReport> {
  checkRange(query)
  const { timeZone, localCountry } = service
  const range = { from: query.from, to: query.to, timeZone }
  const granularity = query.granularity ?? granularityFor(range)
  const periods = periodsOf(range, granularity)
  const { start, end } = boundsOf(range)
  const rows = await events.run(
    registrations,
    {
      service: query.service,
      localCountry: localCountry ?? '',
      from: start,
      to: end,
      starts: periods.map((period) => period.start),
      purpose: SERVICE_PURPOSE,
    },
    { signal },
  )
  const part = (name: (typeof rows)[number]['part']) => rows.filter((row) => row.part === name)
  return registrationsReportOf(
    {
      periods: part('period').map((row) => ({ ...row, gender: row.gender === '' ? 'unknown' : row.gender })),
      ages: part('age').map(({ age, total }) => ({ age: age < 0 ? null : age, total })),
      countries: part('country'),
      regions: part('region'),
      cities: part('city'),
    },
    { service: query.service, range, granularity, periods, localCountry },
  )
}

/** What the report's query counted, by chart. */
export interface RegistrationCounts {
  /** By start of the bar (epoch ms) and gender. */
  readonly periods: readonly { start: number; gender: Gender; total: number }[]
  /** By whole years at registration; null where not known. */
  readonly ages: readonly { age: number | null; total: number }[]
  readonly countries: readonly PlaceCount[]
  readonly regions: readonly PlaceCount[]
  readonly cities: readonly PlaceCount[]
}

/** The report of registrations (R24–R32) out of what was counted. */
export function registrationsReportOf(
  counts: RegistrationCounts,
  options: {
    service: string
    range: LocalRange
    granularity: Granularity
    periods: readonly Period[]
    localCountry: string | null
  },
): RegistrationsReport {
  const { service, range, granularity, localCountry } = options
  const periods = barsOf(counts.periods, options.periods, range.timeZone)
  const byGender = GENDERS.map((gender) => periods.reduce((sum, bar) => sum + bar[gender], 0))
  const shares = percentages(byGender)
  return {
    service,
    timeZone: range.timeZone,
    from: range.from,
    to: range.to,
    granularity,
    localCountry,
    total: byGender.reduce((sum, total) => sum + total, 0),
    periods,
    genders: GENDERS.map((gender, index) => ({ gender, total: byGender[index]!, percent: shares[index]! })),
    ages: agesOf(counts.ages),
    countries: countriesOf(counts.countries),
    states: statesOf(counts.regions, localCountry),
    cities: citiesOf(counts.cities, localCountry),
  }
}

/** The range that an age falls into; null, and what no person reaches, is unknown. */
export function ageRangeOf(age: number | null): AgeRangeId {
  if (age === null) return 'unknown'
  const range = AGE_RANGES.find((band) => band.from !== null && age >= band.from && age <= band.to)
  return range?.id ?? 'unknown'
}

/** Every bar, empty ones too, with the highest marked: all of those that tie. */
function barsOf(
  counts: RegistrationCounts['periods'],
  periods: readonly Period[],
  timeZone: string,
): RegistrationPeriod[] {
  const byStart = new Map<number, Record<Gender, number>>()
  for (const { start, gender, total } of counts) {
    const bar = byStart.get(start) ?? { female: 0, male: 0, other: 0, unknown: 0 }
    bar[gender] += total
    byStart.set(start, bar)
  }
  const bars = periods.map(({ start, end }) => {
    // A local day that a zone skipped has no length; whatever began with it belongs to the bar after it.
    const found = end > start ? byStart.get(start) : undefined
    const bar = found ?? { female: 0, male: 0, other: 0, unknown: 0 }
    const total = bar.female + bar.male + bar.other + bar.unknown
    return { start: toInstant(start, timeZone), end: toInstant(end, timeZone), ...bar, total }
  })
  const highest = bars.reduce((most, bar) => Math.max(most, bar.total), 0)
  return bars.map((bar) => ({ ...bar, isPeak: highest > 0 && bar.total === highest }))
}

function agesOf(counts: RegistrationCounts['ages']): RegistrationsReport['ages'] {
  const totals = new Map<AgeRangeId, number>(AGE_RANGES.map((band) => [band.id, 0]))
  for (const { age, total } of counts) {
    const range = ageRangeOf(age)
    totals.set(range, totals.get(range)! + total)
  }
  return AGE_RANGES.map((band) => ({ range: band.id, total: totals.get(band.id)! }))
}
