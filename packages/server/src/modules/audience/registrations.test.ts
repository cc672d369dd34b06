import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  AGE_RANGES,
  GENDERS,
  purposeMask,
  type Gender,
  type Granularity,
  type RegistrationsReport,
} from '@foyer/contracts'
import { ndjson } from '../../../test/event-rows.ts'
import { openTestEvents, type TestEvents } from '../../../test/events.ts'
import { Problem } from '../../platform/errors.ts'
import { ageRangeOf, registrationsOf } from './registrations.ts'

/** A viewer as the report's table has one. */
interface Registered {
  readonly registeredAt: number
  readonly gender: Gender
  readonly age: number | null
  readonly country: string
  readonly region: string
  readonly city: string
}

const NOBODY: Registered = {
  registeredAt: Date.parse('2026-10-25T12:00:00Z'),
  gender: 'unknown',
  age: null,
  country: '',
  region: '',
  city: '',
}

describe('registrations over the engine', () => {
  let store: TestEvents
  let made = 0

  beforeAll(async () => {
    store = await openTestEvents()
  })
  afterAll(() => store.close())

  /** Registers viewers with a service of their own and answers its id. */
  async function serviceWith(viewers: readonly Partial<Registered & { row: object }>[]): Promise<string> {
    const service = `service-${++made}`
    const rows = viewers.map((given, index) => {
      const viewer = { ...NOBODY, ...given }
      return {
        vid: String(made * 1_000_000 + index + 1),
        version: '1',
        is_deleted: 0,
        service,
        registered_at: new Date(viewer.registeredAt).toISOString().replace('T', ' ').replace('Z', ''),
        gender: viewer.gender === 'unknown' ? '' : viewer.gender,
        age_at_registration: viewer.age,
        country: viewer.country,
        region: viewer.region,
        city: viewer.city,
        consent_mask: purposeMask(['service']),
        ...given.row,
      }
    })
    if (rows.length > 0) await store.events.insert('viewer', { ndjson: ndjson(rows), token: service })
    return service
  }

  function report(
    service: string,
    options: {
      timeZone?: string
      localCountry?: string | null
      from: string
      to: string
      granularity?: Granularity
    },
  ): Promise<RegistrationsReport> {
    const { timeZone = 'Europe/Madrid', localCountry = 'ES', ...range } = options
    return registrationsOf(
      store.events,
      { service, ...range },
      { timeZone, localCountry },
      new AbortController().signal,
    )
  }

  test('what is counted equals an independent count, in every zone, by hour, day, week and month', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('America/Santiago', 'Europe/Madrid', 'Asia/Kolkata', 'Australia/Lord_Howe'),
        // Ranges around the changes of the clocks and the turn of the year.
        fc.constantFrom('2026-03-27', '2026-04-03', '2026-09-04', '2026-10-02', '2026-10-23', '2026-12-28'),
        fc.constantFrom<Granularity>('hour', 'day', 'week', 'month'),
        fc.integer({ min: 1, max: 12 }),
        fc.array(registered(), { minLength: 1, maxLength: 150 }),
        async (timeZone, from, granularity, days, viewers) => {
          const to = addDays(from, days - 1)
          const moved = viewers.map((viewer) => ({
            ...viewer,
            registeredAt: Date.parse(`${from}T00:00:00Z`) + viewer.registeredAt,
          }))
          const service = await serviceWith(moved)
          const actual = await report(service, { timeZone, from, to, granularity })
          expectEqualsOracle(actual, moved, { timeZone, from, to, granularity })
        },
      ),
      { numRuns: 40 },
    )
  })

  test('a registration at 23:59:59.999 and one at 00:00:00 local fall on different days', async () => {
    const midnight = Date.parse('2026-10-25T23:00:00Z')
    const service = await serviceWith([{ registeredAt: midnight - 1 }, { registeredAt: midnight }])
    const { periods } = await report(service, { from: '2026-10-25', to: '2026-10-26', granularity: 'day' })
    expect(periods.map((period) => [period.start, period.total])).toEqual([
      ['2026-10-25T00:00:00.000+02:00', 1],
      ['2026-10-26T00:00:00.000+01:00', 1],
    ])
  })

  test('what lies outside of the range is not counted', async () => {
    const service = await serviceWith([
      { registeredAt: Date.parse('2026-10-24T21:59:59.999Z') },
      { registeredAt: Date.parse('2026-10-25T23:00:00.000Z') },
    ])
    const day = await report(service, { from: '2026-10-25', to: '2026-10-25' })
    expect(day.total).toBe(0)
    expect(day.periods).toHaveLength(25)
    expect(day.periods.every((period) => !period.isPeak)).toBe(true)
  })

  test('every bar that ties for the most registrations is marked', async () => {
    const at = (day: number) => ({ registeredAt: Date.parse(`2026-11-0${day}T12:00:00Z`) })
    const service = await serviceWith([at(2), at(2), at(3), at(5), at(5)])
    const { periods } = await report(service, { from: '2026-11-01', to: '2026-11-06', granularity: 'day' })
    expect(periods.map(({ total, isPeak }) => [total, isPeak])).toEqual([
      [0, false],
      [2, true],
      [1, false],
      [0, false],
      [2, true],
      [0, false],
    ])
  })

  test('geography is exact, with Other from abroad and Unknown, and all totals are equal', async () => {
    const from = (country: string, region = '', city = '') => ({ country, region, city })
    const service = await serviceWith([
      ...Array.from({ length: 4 }, () => from('CL', 'CL-RM', 'Santiago')),
      from('CL', 'CL-VS', 'Valparaíso'),
      from('CL', 'CL-VS'),
      from('PE', 'PE-LIM', 'Lima'),
      from('PE'),
      from('MX'),
      from('MX'),
    ])
    const geography = await report(service, {
      localCountry: 'CL',
      timeZone: 'America/Santiago',
      from: '2026-10-25',
      to: '2026-10-25',
    })
    const short = (rows: RegistrationsReport['countries']) =>
      rows.map(({ name, total }) => `${name} ${total}`)
    expect(short(geography.countries)).toEqual(['Chile 6', 'Mexico 2', 'Peru 2'])
    expect(short(geography.states)).toEqual(['Región Metropolitana de Santiago 4', 'Valparaíso 2', 'Other 4'])
    expect(short(geography.cities)).toEqual(['Santiago 4', 'Valparaíso 1', 'Other 4', 'Unknown 1'])
  })

  test('deleted viewers, viewers without the purpose and viewers of another service do not count', async () => {
    const service = await serviceWith([
      { row: { is_deleted: 1 } },
      { row: { consent_mask: purposeMask(['analytics']) } },
      { row: { service: 'another' } },
      {},
    ])
    expect((await report(service, { from: '2026-10-25', to: '2026-10-25' })).total).toBe(1)
  })

  test('merged accounts are one person, registered with the first and at its age, else as the one that stays', async () => {
    const at = (date: string) => Date.parse(`${date}T12:00:00Z`)
    const service = await serviceWith([
      { registeredAt: at('2026-10-27'), gender: 'female', age: 20, country: 'ES', region: 'ES-MD' },
      { registeredAt: at('2026-10-25'), gender: 'male', age: 45, country: 'FR' },
      { registeredAt: at('2026-10-26'), gender: 'other', age: 70 },
      { registeredAt: at('2026-10-24'), row: { is_deleted: 1 } },
      { registeredAt: at('2026-10-23'), row: { consent_mask: purposeMask(['analytics']) } },
    ])
    const [stays, ...merged] = [1, 2, 3, 4, 5].map((n) => made * 1_000_000 + n)
    const rows = merged.map((subject) => `(${subject}, ${stays}, 0, 0, 1)`).join()
    await store.events.command(`INSERT INTO person_of VALUES ${rows}`)
    await store.events.command('SYSTEM RELOAD DICTIONARY person_0')

    const { total, genders, ages, periods } = await report(service, { from: '2026-10-23', to: '2026-10-28' })
    expect(total).toBe(1)
    expect(genders.filter((of) => of.total > 0).map((of) => of.gender)).toEqual(['female'])
    expect(ages.filter((of) => of.total > 0).map((of) => of.range)).toEqual([ageRangeOf(45)])
    expect(periods.filter((of) => of.total > 0).map((of) => of.start.slice(0, 10))).toEqual(['2026-10-25'])
    expect((await report(service, { from: '2026-10-26', to: '2026-10-28' })).total).toBe(0)
  })

  test('a viewer who changed is counted once, as now', async () => {
    const service = await serviceWith([{ gender: 'male' }])
    await store.events.insert('viewer', {
      ndjson: ndjson([
        {
          vid: String(made * 1_000_000 + 1),
          version: '2',
          is_deleted: 0,
          service,
          registered_at: '2026-10-25 12:00:00.000',
          gender: 'female',
          age_at_registration: 33,
          country: '',
          region: '',
          city: '',
          consent_mask: 1,
        },
      ]),
      token: `${service}-2`,
    })
    const { total, genders } = await report(service, { from: '2026-10-25', to: '2026-10-25' })
    expect(total).toBe(1)
    expect(genders.find(({ gender }) => gender === 'female')).toEqual({
      gender: 'female',
      total: 1,
      percent: 100,
    })
  })

  test('years that the calendar of the stores cannot hold are refused', async () => {
    await expect(report('any', { from: '1899-01-01', to: '1899-01-02' })).rejects.toBeInstanceOf(Problem)
  })
})

test('age ranges hold every age once', () => {
  for (let age = 0; age <= 255; age++) {
    const holding = AGE_RANGES.filter((band) => band.from !== null && age >= band.from && age <= band.to)
    expect(holding.map((band) => band.id)).toEqual([ageRangeOf(age)])
  }
  expect([17, 18, 24, 25, 64, 65].map(ageRangeOf)).toEqual([
    'under-18',
    '18-24',
    '18-24',
    '25-34',
    '55-64',
    '65-plus',
  ])
  expect(ageRangeOf(null)).toBe('unknown')
})

/** Somebody who registers up to 13 days after the range's first midnight in UTC, or half a day before it. */
function registered(): fc.Arbitrary<Registered> {
  const place = fc.constantFrom(
    { country: 'ES', region: 'ES-MD', city: 'Madrid' },
    { country: 'ES', region: 'ES-MD', city: '' },
    { country: 'ES', region: '', city: '' },
    { country: 'FR', region: 'FR-75C', city: 'Paris' },
    { country: '', region: '', city: '' },
  )
  return fc
    .record({
      // Quarters of an hour, exactly or a millisecond before: where boundaries are.
      quarter: fc.integer({ min: -48, max: 13 * 96 }),
      before: fc.constantFrom(0, 1),
      gender: fc.constantFrom(...GENDERS),
      age: fc.option(fc.integer({ min: 0, max: 120 }), { nil: null }),
      place,
    })
    .map(({ quarter, before, gender, age, place: where }) => ({
      registeredAt: quarter * 900_000 - before,
      gender,
      age,
      ...where,
    }))
}

/** Counts again, by the words of Intl alone: nothing of calendar.ts or of the engine is used. */
function expectEqualsOracle(
  actual: RegistrationsReport,
  all: readonly Registered[],
  scope: { timeZone: string; from: string; to: string; granularity: Granularity },
): void {
  const labelOf = labeller(scope.timeZone)
  const counted = all.filter((viewer) => {
    const { date } = labelOf(viewer.registeredAt)
    return date >= scope.from && date <= scope.to
  })
  const keyOf = (epochMs: number): string => {
    const { date, hour } = labelOf(epochMs)
    if (scope.granularity === 'hour') return hour
    if (scope.granularity === 'day') return date
    if (scope.granularity === 'month') return date.slice(0, 7)
    return mondayOf(date)
  }
  const expected = countBy(counted, (viewer) => `${keyOf(viewer.registeredAt)} ${viewer.gender}`)
  const found = new Map<string, number>()
  for (const period of actual.periods) {
    for (const gender of GENDERS) {
      const key = `${keyOf(Date.parse(period.start))} ${gender}`
      if (period[gender] > 0) found.set(key, (found.get(key) ?? 0) + period[gender])
    }
  }
  expect(found).toEqual(expected)
  expect(actual.total).toBe(counted.length)
  const highest = Math.max(0, ...actual.periods.map((period) => period.total))
  for (const period of actual.periods) expect(period.isPeak).toBe(highest > 0 && period.total === highest)
  expect(new Map(actual.genders.map(({ gender, total }) => [gender, total]))).toEqual(
    new Map(GENDERS.map((gender) => [gender, counted.filter((viewer) => viewer.gender === gender).length])),
  )
  for (const { id, from, to } of AGE_RANGES) {
    const total = counted.filter(({ age }) =>
      from === null ? age === null : age !== null && age >= from && age <= to,
    ).length
    expect(actual.ages.find(({ range }) => range === id)?.total, id).toBe(total)
  }
  const countries = countBy(counted, (viewer) => viewer.country)
  expect(new Map(actual.countries.map(({ code, total }) => [code ?? '', total]))).toEqual(countries)
  for (const places of [actual.countries, actual.states, actual.cities])
    expect(places.reduce((sum, place) => sum + place.total, 0)).toBe(actual.total)
}

function labeller(timeZone: string): (epochMs: number) => { date: string; hour: string } {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  })
  return (epochMs) => {
    const parts = Object.fromEntries(format.formatToParts(epochMs).map(({ type, value }) => [type, value]))
    const date = `${parts['year']}-${parts['month']}-${parts['day']}`
    return { date, hour: `${date} ${parts['hour']} ${parts['timeZoneName']}` }
  }
}

function mondayOf(date: string): string {
  const day = new Date(`${date}T00:00:00Z`)
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7))
  return day.toISOString().slice(0, 10)
}

function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1)
  return counts
}
