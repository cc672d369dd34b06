import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Problem } from '../../platform/errors.ts'
import {
  boundsOf,
  checkRange,
  datesOf,
  granularityFor,
  localDateOf,
  periodsOf,
  previousRange,
  toInstant,
} from './calendar.ts'

const ZONES = [
  'America/Santiago',
  'Europe/Madrid',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/Havana',
  'UTC',
  'Pacific/Apia',
]
const HOUR = 3_600_000

const local = (timeZone: string, epochMs: number) =>
  new Date(epochMs).toLocaleString('sv-SE', { timeZone, hour12: false })

describe('days', () => {
  test('23:59:59.999 and 00:00:00 local lie on different days', () => {
    const range = { from: '2026-10-25', to: '2026-10-25', timeZone: 'Europe/Madrid' }
    const { start, end } = boundsOf(range)
    expect(local('Europe/Madrid', start)).toBe('2026-10-25 00:00:00')
    expect(local('Europe/Madrid', end)).toBe('2026-10-26 00:00:00')
    expect(localDateOf(end - 1, 'Europe/Madrid')).toBe('2026-10-25')
    expect(localDateOf(end, 'Europe/Madrid')).toBe('2026-10-26')
  })

  test('a day on which the clocks change has 23, 25, 23.5 or 24.5 hours', () => {
    const hours = (date: string, timeZone: string) => {
      const { start, end } = boundsOf({ from: date, to: date, timeZone })
      return (end - start) / HOUR
    }
    expect(hours('2026-03-29', 'Europe/Madrid')).toBe(23)
    expect(hours('2026-10-25', 'Europe/Madrid')).toBe(25)
    expect(hours('2026-10-04', 'Australia/Lord_Howe')).toBe(23.5)
    expect(hours('2026-04-05', 'Australia/Lord_Howe')).toBe(24.5)
    // Midnight itself is skipped in Santiago, repeated in Havana.
    expect(hours('2026-09-06', 'America/Santiago')).toBe(23)
    expect(hours('2026-11-01', 'America/Havana')).toBe(25)
  })

  test('a day that a zone left out has no length', () => {
    const range = { from: '2011-12-29', to: '2011-12-31', timeZone: 'Pacific/Apia' }
    expect(periodsOf(range, 'day').map(({ start, end }) => (end - start) / HOUR)).toEqual([24, 0, 24])
  })
})

describe('bars', () => {
  test('hours of the day on which Madrid turns back are 25, both twos among them', () => {
    const range = { from: '2026-10-25', to: '2026-10-25', timeZone: 'Europe/Madrid' }
    const hours = periodsOf(range, 'hour')
    expect(hours).toHaveLength(25)
    expect(hours.slice(2, 4).map(({ start }) => toInstant(start, 'Europe/Madrid'))).toEqual([
      '2026-10-25T02:00:00.000+02:00',
      '2026-10-25T02:00:00.000+01:00',
    ])
  })

  test('the half hour that Lord Howe Island repeats is a bar of its own', () => {
    const range = { from: '2026-04-05', to: '2026-04-05', timeZone: 'Australia/Lord_Howe' }
    const starts = periodsOf(range, 'hour').map(({ start }) => toInstant(start, 'Australia/Lord_Howe'))
    expect(starts.slice(1, 4)).toEqual([
      '2026-04-05T01:00:00.000+11:00',
      '2026-04-05T01:30:00.000+10:30',
      '2026-04-05T02:00:00.000+10:30',
    ])
  })

  test('hours of a zone at half past begin at its own full hour', () => {
    const [first] = periodsOf({ from: '2026-01-01', to: '2026-01-01', timeZone: 'Asia/Kolkata' }, 'hour')
    expect(new Date(first!.start).toISOString()).toBe('2025-12-31T18:30:00.000Z')
  })

  test('weeks begin on Monday and are cut at the range', () => {
    const weeks = periodsOf({ from: '2026-11-18', to: '2026-12-01', timeZone: 'UTC' }, 'week')
    expect(weeks.map(({ start }) => localDateOf(start, 'UTC'))).toEqual([
      '2026-11-18',
      '2026-11-23',
      '2026-11-30',
    ])
    expect(new Date(weeks.at(-1)!.end).toISOString()).toBe('2026-12-02T00:00:00.000Z')
  })

  test('months begin on the first, after a month that began on the 31st too', () => {
    const months = periodsOf({ from: '2026-01-31', to: '2026-03-01', timeZone: 'UTC' }, 'month')
    expect(months.map(({ start }) => localDateOf(start, 'UTC'))).toEqual([
      '2026-01-31',
      '2026-02-01',
      '2026-03-01',
    ])
  })

  test('cover the range without gap or overlap, in any zone and length', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.integer({ min: 0, max: 20_000 }),
        fc.integer({ min: 0, max: 40 }),
        fc.constantFrom('hour', 'day', 'week', 'month'),
        (timeZone, firstDay, days, granularity) => {
          const day = (offset: number) =>
            new Date((firstDay + offset) * 86_400_000).toISOString().slice(0, 10)
          const range = { from: day(0), to: day(days), timeZone }
          const bounds = boundsOf(range)
          const periods = periodsOf(range, granularity)
          expect(periods[0]!.start).toBe(bounds.start)
          expect(periods.at(-1)!.end).toBe(bounds.end)
          for (const [index, period] of periods.entries()) {
            expect(period.end).toBeGreaterThanOrEqual(period.start)
            if (index > 0) expect(period.start).toBe(periods[index - 1]!.end)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  test('more of them than a chart can show are refused, not cut', () => {
    const range = { from: '2020-01-01', to: '2026-01-01', timeZone: 'UTC' }
    expect(() => periodsOf(range, 'hour')).toThrow(Problem)
    expect(() => periodsOf(range, 'week')).not.toThrow()
  })

  test('their length follows the range', () => {
    const forDays = (to: string) => granularityFor({ from: '2026-01-01', to })
    expect(forDays('2026-01-02')).toBe('hour')
    expect(forDays('2026-01-03')).toBe('day')
    expect(forDays('2026-04-02')).toBe('day')
    expect(forDays('2026-04-03')).toBe('week')
    expect(forDays('2028-01-01')).toBe('week')
    expect(forDays('2028-01-02')).toBe('month')
  })
})

describe('ranges', () => {
  test('the range before has as many days and ends the day before', () => {
    expect(previousRange({ from: '2026-03-01', to: '2026-03-28' })).toEqual({
      from: '2026-02-01',
      to: '2026-02-28',
    })
    expect(previousRange({ from: '2026-03-01', to: '2026-03-01' })).toEqual({
      from: '2026-02-28',
      to: '2026-02-28',
    })
  })

  test('all days of a range are listed, the leap day too', () => {
    expect(datesOf({ from: '2024-02-28', to: '2024-03-01' })).toEqual([
      '2024-02-28',
      '2024-02-29',
      '2024-03-01',
    ])
  })

  test.each([
    [{ from: '2026-02-02', to: '2026-02-01' }, /ends \(2026-02-01\) before it begins/],
    [{ from: '1899-12-31', to: '2026-01-01' }, /between 1900-01-01/],
    [{ from: '2026-01-01', to: '2300-01-01' }, /and 2299-12-31/],
    [{ from: '2010-01-01', to: '2026-01-01' }, /5845 days; at most 3660/],
  ])('%o is refused', (range, message) => {
    expect(() => checkRange(range)).toThrow(message)
  })
})

test('an instant carries the offset that its zone has then', () => {
  expect(toInstant(Date.parse('2026-07-01T10:00:00.123Z'), 'Europe/Madrid')).toBe(
    '2026-07-01T12:00:00.123+02:00',
  )
  expect(toInstant(Date.parse('2026-07-01T10:00:00.000Z'), 'America/Santiago')).toBe(
    '2026-07-01T06:00:00.000-04:00',
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...ZONES),
      fc.integer({ min: 0, max: 4_102_444_800_000 }),
      (zone, epochMs) => {
        expect(Date.parse(toInstant(epochMs, zone))).toBe(epochMs)
      },
    ),
  )
})
