import { expect, test } from 'vitest'
import { REPORT_LIMITS } from '@foyer/contracts'
import { citiesOf, countriesOf, statesOf, type PlaceCount } from './places.ts'

const counts: PlaceCount[] = [
  { country: 'CL', region: 'CL-RM', city: 'Santiago', total: 4 },
  { country: 'CL', region: 'CL-VS', city: 'Viña del Mar', total: 1 },
  { country: 'CL', region: '', city: '', total: 1 },
  { country: 'PE', region: '', city: '', total: 2 },
  { country: 'MX', region: '', city: '', total: 2 },
  { country: '', region: '', city: '', total: 3 },
]
const short = (rows: { kind: string; code: string | null; total: number }[]) =>
  rows.map(({ kind, code, total }) => `${kind} ${code} ${total}`)

test('countries are shown one by one, the unknown ones too', () => {
  expect(short(countriesOf(counts))).toEqual(['place CL 6', 'place MX 2', 'place PE 2', 'unknown null 3'])
})

test('states are those of the local country: registrations from abroad are Other, totals stay equal', () => {
  const states = statesOf(counts, 'CL')
  expect(short(states)).toEqual(['place CL-RM 4', 'place CL-VS 1', 'other null 4', 'unknown null 4'])
  expect(states.reduce((sum, row) => sum + row.total, 0)).toBe(13)
})

test('cities of one name in two states are two', () => {
  const cities = citiesOf(
    [
      { country: 'US', region: 'US-IL', city: 'Springfield', total: 2 },
      { country: 'US', region: 'US-MA', city: 'Springfield', total: 1 },
      { country: 'US', region: 'US-MA', city: '', total: 1 },
    ],
    'US',
  )
  expect(cities.map(({ kind, code, name, total }) => [kind, code, name, total])).toEqual([
    ['place', 'US-IL', 'Springfield', 2],
    ['place', 'US-MA', 'Springfield', 1],
    ['unknown', null, 'Unknown', 1],
  ])
})

test('without a local country everything known is Other', () => {
  expect(short(statesOf(counts, null))).toEqual(['other null 10', 'unknown null 3'])
})

test('places beyond the limit are folded into one row, so that nothing is lost', () => {
  const many = Array.from({ length: REPORT_LIMITS.placesMax + 3 }, (_, index) => ({
    country: 'CL',
    region: 'CL-RM',
    city: `City ${index}`,
    total: 1,
  }))
  const cities = citiesOf(many, 'CL')
  expect(cities).toHaveLength(REPORT_LIMITS.placesMax + 1)
  expect(cities.at(-1)).toMatchObject({ kind: 'rest', total: 3 })
})
