import { expect, test } from 'vitest'
import type { RegistrationPeriod, RegistrationPlace } from '@foyer/contracts'
import type { ViewerListLinks } from '../../lib/viewer-lists.ts'
import { listOfPeriod, listOfPlace } from './registration-lists.ts'

/** Links that say what they were asked for. */
const lists: ViewerListLinks = {
  active: (filters, days) => JSON.stringify([filters, days ?? null]),
  registered: (filters, days) => JSON.stringify([filters, days ?? null]),
}
const bar = (start: string, end: string) =>
  ({
    start,
    end,
    female: 0,
    male: 0,
    other: 0,
    unknown: 3,
    total: 3,
    isPeak: false,
  }) satisfies RegistrationPeriod
const place = (fields: Partial<RegistrationPlace>): RegistrationPlace => ({
  kind: 'place',
  code: null,
  name: 'Unknown',
  total: 2,
  ...fields,
})

test.each([
  // The day on which the clocks go back, and one that begins at one o'clock, since midnight was skipped.
  ['day', '2026-10-25T00:00:00.000+02:00', '2026-10-26T00:00:00.000+01:00', '2026-10-25', '2026-10-25'],
  ['day', '2026-09-06T01:00:00.000-03:00', '2026-09-07T00:00:00.000-03:00', '2026-09-06', '2026-09-06'],
  ['week', '2026-10-24T00:00:00.000+02:00', '2026-10-26T00:00:00.000+01:00', '2026-10-24', '2026-10-25'],
  ['month', '2026-02-01T00:00:00.000+01:00', '2026-03-01T00:00:00.000+01:00', '2026-02-01', '2026-02-28'],
] as const)('a bar of a %s from %s is its days', (granularity, start, end, from, to) => {
  expect(listOfPeriod(bar(start, end), { granularity }, lists)).toBe(JSON.stringify([{}, { from, to }]))
})

test('a bar of an hour is its moments, within its local day', () => {
  const [start, end] = ['2026-10-25T02:00:00.000+01:00', '2026-10-25T03:00:00.000+01:00']
  expect(listOfPeriod(bar(start, end), { granularity: 'hour' }, lists)).toBe(
    JSON.stringify([
      { start, end },
      { from: '2026-10-25', to: '2026-10-25' },
    ]),
  )
})

test('a place is named by its code, a city by its name too', () => {
  expect(listOfPlace('country', place({ code: 'ES', name: 'Spain' }), lists)).toContain('"code":"ES"')
  expect(JSON.parse(listOfPlace('city', place({ code: 'ES-MD', name: 'Getafe' }), lists)!)).toEqual([
    { geography: 'city', place: 'place', code: 'ES-MD', city: 'Getafe' },
    null,
  ])
  expect(JSON.parse(listOfPlace('state', place({ kind: 'other', name: 'Other' }), lists)!)).toEqual([
    { geography: 'state', place: 'other' },
    null,
  ])
})

test('many places in one row, and a row of nobody, have no list', () => {
  expect(listOfPlace('city', place({ kind: 'rest', name: 'Further places' }), lists)).toBeNull()
  expect(listOfPlace('country', place({ code: 'ES', total: 0 }), lists)).toBeNull()
})
