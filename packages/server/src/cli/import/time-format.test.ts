import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTimeFormat, readDay, readTime } from './time-format.ts'

describe('readTime', () => {
  it.each([
    ['881250949', 'unix', 'UTC', '1997-12-04T15:55:49.000Z'],
    ['881250949123', 'unixMs', 'UTC', '1997-12-04T15:55:49.123Z'],
    ['2026-05-01T12:00:00+02:00', 'iso', 'America/Lima', '2026-05-01T10:00:00.000Z'],
    ['2026-05-01 12:00', 'iso', 'Europe/Madrid', '2026-05-01T10:00:00.000Z'],
    ['2026-01-01', 'iso', 'Europe/Madrid', '2025-12-31T23:00:00.000Z'],
    ['01/02/2026 03:04', 'DD/MM/YYYY HH:mm', 'UTC', '2026-02-01T03:04:00.000Z'],
    ['4-Feb-1971', 'DD-MMM-YYYY', 'UTC', '1971-02-04T00:00:00.000Z'],
    ['20260501T120000.5'.replace('.5', ''), 'YYYYMMDDTHHmmss', 'UTC', '2026-05-01T12:00:00.000Z'],
    // The hour that comes twice is the first one; the one that is skipped is the later.
    ['2026-10-25 02:30', 'iso', 'Europe/Madrid', '2026-10-25T00:30:00.000Z'],
    ['2026-03-29 02:30', 'iso', 'Europe/Madrid', '2026-03-29T01:30:00.000Z'],
  ])('reads %s as %s in %s', (text, format, zone, expected) => {
    const time = readTime(text, { format, zone })
    expect(time === null ? null : new Date(time).toISOString()).toBe(expected)
  })

  it.each([
    ['2026-02-30', 'iso'],
    ['2026-02-30T00:00:00Z', 'iso'],
    ['2026-05-01T25:00', 'iso'],
    ['2026-13-01', 'iso'],
    ['yesterday', 'iso'],
    ['31/04/2026', 'DD/MM/YYYY'],
    ['05/13/2026', 'DD/MM/YYYY'],
    ['1/2/26', 'DD/MM/YYYY'],
    ['01-Foo-1995', 'DD-MMM-YYYY'],
    ['x01/02/2026', 'DD/MM/YYYY'],
    ['12a', 'unix'],
    ['', 'unix'],
  ])('refuses %s as %s', (text, format) => {
    expect(readTime(text, { format, zone: 'UTC' })).toBeNull()
  })

  it('reads back what any pattern wrote', () => {
    const format = 'YYYY.MM.DD HH:mm:ss,SSS'
    const time = fc.integer({ min: 0, max: 4_102_444_800_000 })
    fc.assert(
      fc.property(time, (at) => {
        const [, y, mo, d, rest, ms] = /^(\d+)-(\d\d)-(\d\d)T([\d:]+)\.(\d+)Z$/.exec(
          new Date(at).toISOString(),
        )!
        expect(readTime(`${y}.${mo}.${d} ${rest},${ms}`, { format, zone: 'UTC' })).toBe(at)
      }),
    )
  })
})

it('knows a format from a typing error', () => {
  expect(['iso', 'unix', 'unixMs', 'DD/MM/YYYY', 'MMM DD YYYY'].map(isTimeFormat)).toEqual([
    true,
    true,
    true,
    true,
    true,
  ])
  expect(['', 'Unix', 'DD/MM', 'YYYY', 'YYYY-MM-DD DD'].map(isTimeFormat)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ])
})

it('reads days whatever time stands behind them', () => {
  expect(readDay('1990-02-28T10:00:00Z', 'iso')).toBe('1990-02-28')
  expect(readDay('28.2.1990', 'DD.MM.YYYY')).toBe('1990-02-28')
  expect(readDay('1990-02-30', 'iso')).toBeNull()
  expect(readDay('881250949', 'unix')).toBe('1997-12-04')
})
