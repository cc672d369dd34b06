import { iso31661 } from 'iso-3166/1.js'
import { iso31662 } from 'iso-3166/2.js'
import { REPORT_LIMITS, type RegistrationPlace } from '@foyer/contracts'

/** Registrations of one country, state or city; empty text where not known. */
export interface PlaceCount {
  readonly country: string
  readonly region: string
  readonly city: string
  readonly total: number
}

/**
 * The geography of registrations (R31, R32). Countries are shown one by one. States and cities are those of the service's
 * local country; registrations from any other country are folded into Other there, and what is not known stays visible,
 * so the totals of all three tables are equal.
 */
export function countriesOf(counts: readonly PlaceCount[]): RegistrationPlace[] {
  return folded(counts, ({ country }) =>
    country === '' ? UNKNOWN : { kind: 'place', code: country, name: countryName(country) },
  )
}

export function statesOf(counts: readonly PlaceCount[], localCountry: string | null): RegistrationPlace[] {
  return folded(counts, ({ country, region }) => {
    if (country === '') return UNKNOWN
    if (country !== localCountry) return OTHER
    return region === '' ? UNKNOWN : { kind: 'place', code: region, name: stateName(region) }
  })
}

/** Cities of one name in two states are two. */
export function citiesOf(counts: readonly PlaceCount[], localCountry: string | null): RegistrationPlace[] {
  return folded(counts, ({ country, region, city }) => {
    if (country === '') return UNKNOWN
    if (country !== localCountry) return OTHER
    return city === '' ? UNKNOWN : { kind: 'place', code: region === '' ? null : region, name: city }
  })
}

type PlaceKey = Omit<RegistrationPlace, 'total'>

const UNKNOWN: PlaceKey = { kind: 'unknown', code: null, name: 'Unknown' }
const OTHER: PlaceKey = { kind: 'other', code: null, name: 'Other' }
const REST: PlaceKey = { kind: 'rest', code: null, name: 'Further places' }
/** Places first, most registrations first; then the rows that are not places. */
const ORDER = { place: 0, rest: 1, other: 2, unknown: 3 } as const

function folded(counts: readonly PlaceCount[], keyOf: (count: PlaceCount) => PlaceKey): RegistrationPlace[] {
  const rows = new Map<string, RegistrationPlace>()
  for (const count of counts) {
    const key = keyOf(count)
    const id = JSON.stringify([key.kind, key.code, key.kind === 'place' ? key.name : ''])
    const row = rows.get(id)
    if (row) row.total += count.total
    else rows.set(id, { ...key, total: count.total })
  }
  const sorted = [...rows.values()].sort(
    (a, b) => ORDER[a.kind] - ORDER[b.kind] || b.total - a.total || compareText(a.name, b.name),
  )
  const places = sorted.filter((row) => row.kind === 'place')
  if (places.length <= REPORT_LIMITS.placesMax) return sorted
  const rest = places.slice(REPORT_LIMITS.placesMax).reduce((sum, row) => sum + row.total, 0)
  return [
    ...places.slice(0, REPORT_LIMITS.placesMax),
    { ...REST, total: rest },
    ...sorted.filter((row) => row.kind !== 'place'),
  ]
}

const countryNames = new Map<string, string>(iso31661.map((country) => [country.alpha2, country.name]))
const stateNames = new Map<string, string>(iso31662.map((state) => [state.code, state.name]))

function countryName(code: string): string {
  return countryNames.get(code) ?? code
}

function stateName(code: string): string {
  return stateNames.get(code) ?? code
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
