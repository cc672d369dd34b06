import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ageAt, ageBefore, localDate } from './age.ts'

const UTC = 'UTC'
const at = (iso: string, timeZone = UTC) => ({ instant: Date.parse(iso), timeZone })

describe('age at registration', () => {
  it('turns on the birthday, and not a day before', () => {
    expect(ageAt('2000-06-15', at('2026-06-14T23:59:59.999Z'))).toEqual({ age: 25 })
    expect(ageAt('2000-06-15', at('2026-06-15T00:00:00Z'))).toEqual({ age: 26 })
  })

  it('turns with the calendar of the service, not with UTC', () => {
    const midnightInMadrid = '2026-06-14T22:00:00Z'
    expect(ageAt('2000-06-15', at(midnightInMadrid, 'Europe/Madrid'))).toEqual({ age: 26 })
    expect(ageAt('2000-06-15', at(midnightInMadrid, 'America/New_York'))).toEqual({ age: 25 })
    expect(ageAt('2000-06-15', at('2026-06-14T10:00:00Z', 'Pacific/Kiritimati'))).toEqual({ age: 26 })
  })

  it('of 29 February turns on 1 March of years without it', () => {
    expect(ageAt('2004-02-29', at('2023-02-28T12:00:00Z'))).toEqual({ age: 18 })
    expect(ageAt('2004-02-29', at('2023-03-01T00:00:00Z'))).toEqual({ age: 19 })
    expect(ageAt('2004-02-29', at('2024-02-29T00:00:00Z'))).toEqual({ age: 20 })
  })

  it('is refused for days that are none, lie ahead or are too long ago', () => {
    const registration = at('2026-06-15T12:00:00Z')
    for (const text of ['2001-02-29', '2001-13-01', '2001-00-10', '15/06/2001', '2001-6-15', '', '20010615'])
      expect(ageAt(text, registration)).toEqual({ fault: 'not a date' })
    expect(ageAt('2026-06-16', registration)).toEqual({ fault: 'after the registration' })
    expect(ageAt('2300-01-01', registration)).toEqual({ fault: 'after the registration' })
    expect(ageAt('1900-01-01', registration)).toEqual({ fault: 'more than 120 years before' })
    expect(ageAt('1906-06-15', registration)).toEqual({ age: 120 })
    expect(ageAt('1905-06-15', registration)).toEqual({ fault: 'more than 120 years before' })
  })

  const zone = fc.constantFrom('UTC', 'Europe/Madrid', 'America/St_Johns', 'Pacific/Apia', 'Asia/Kathmandu')
  const day = fc
    .date({ min: new Date('1935-01-01'), max: new Date('2020-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10))
  const instant = fc.integer({ min: Date.parse('2021-01-02'), max: Date.parse('2049-12-31') })

  it('never falls as time goes on, and gains one year a year', () => {
    fc.assert(
      fc.property(day, instant, zone, fc.integer({ min: 0, max: 400 }), (born, instant, timeZone, days) => {
        const now = ageOf(born, instant, timeZone)
        const later = ageOf(born, instant + days * 86_400_000, timeZone)
        expect(later - now).toBeGreaterThanOrEqual(0)
        expect(later - now).toBeLessThanOrEqual(Math.ceil(days / 365))
        expect(ageOf(born, instant + 366 * 86_400_000, timeZone) - now).toBeGreaterThanOrEqual(1)
      }),
    )
  })

  it('is the count of birthdays that have passed', () => {
    fc.assert(
      fc.property(day, instant, zone, (born, instant, timeZone) => {
        const today = localDate(instant, timeZone)
        let birthdays = 0
        for (let year = Number(born.slice(0, 4)) + 1; year <= Number(today.slice(0, 4)); year++) {
          const birthday = new Date(Date.UTC(year, Number(born.slice(5, 7)) - 1, Number(born.slice(8))))
          if (birthday.toISOString().slice(0, 10) <= today) birthdays++
        }
        expect(ageOf(born, instant, timeZone)).toBe(birthdays)
      }),
    )
  })
})

describe('an age without a birth date', () => {
  it('stated at registration is kept', () => {
    const instant = Date.parse('2026-01-01T00:00:00Z')
    expect(ageBefore(31, { registeredAt: instant, statedAt: instant, timeZone: UTC })).toBe(31)
  })

  it('stated later loses the years between', () => {
    const between = {
      registeredAt: Date.parse('2020-05-01'),
      statedAt: Date.parse('2026-05-02'),
      timeZone: UTC,
    }
    expect(ageBefore(31, between)).toBe(25)
    expect(ageBefore(3, between)).toBeNull()
  })
})

describe('the day of an instant', () => {
  it('follows the zone through changes of its offset', () => {
    expect(localDate(Date.parse('2026-03-29T00:59:59Z'), 'Europe/Madrid')).toBe('2026-03-29')
    expect(localDate(Date.parse('2026-10-24T22:00:00Z'), 'Europe/Madrid')).toBe('2026-10-25')
    expect(localDate(Date.parse('2026-10-25T22:59:59Z'), 'Europe/Madrid')).toBe('2026-10-25')
    expect(localDate(Date.parse('2026-10-25T23:00:00Z'), 'Europe/Madrid')).toBe('2026-10-26')
  })
})

function ageOf(born: string, instant: number, timeZone: string): number {
  const result = ageAt(born, { instant, timeZone })
  if (!('age' in result)) throw new Error(result.fault)
  return result.age
}
