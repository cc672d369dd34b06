import {
  type CalendarDate,
  fromAbsolute,
  getDayOfWeek,
  parseDate,
  startOfMonth,
  toCalendarDate,
  toZoned,
} from '@internationalized/date'
import { REPORT_LIMITS, type Granularity } from '@foyer/contracts'
import { Problem } from '../../platform/errors.ts'

/**
 * Calendars of reports: which instants a range of local days covers and where its bars begin. All of it comes from the
 * zone's rules here, none from the engine, so that a report has one idea of a day.
 */

/** Local days, both included, of a zone. */
export interface LocalRange {
  readonly from: string
  readonly to: string
  readonly timeZone: string
}

/** A bar: epoch ms, the start included, the end not. */
export interface Period {
  readonly start: number
  readonly end: number
}

/** Years that the stores can hold. */
const YEARS = { min: 1900, max: 2299 }

/** Checks a range that came from outside. Throws report.range_invalid. */
export function checkRange(range: { from: string; to: string }): void {
  const from = parseDate(range.from)
  const to = parseDate(range.to)
  const invalid = (detail: string): never => {
    throw new Problem('report.range_invalid', detail)
  }
  if (from.year < YEARS.min || to.year > YEARS.max)
    invalid(`Dates lie between ${YEARS.min}-01-01 and ${YEARS.max}-12-31.`)
  if (to.compare(from) < 0) invalid(`The range ends (${range.to}) before it begins (${range.from}).`)
  const days = daysOf(range)
  if (days > REPORT_LIMITS.daysMax)
    invalid(`The range has ${days} days; at most ${REPORT_LIMITS.daysMax} are counted at once.`)
}

/** Number of local days of a range. */
export function daysOf(range: { from: string; to: string }): number {
  return epochDay(parseDate(range.to)) - epochDay(parseDate(range.from)) + 1
}

/** All local days of a range, in order. */
export function datesOf(range: { from: string; to: string }): string[] {
  const from = parseDate(range.from)
  return Array.from({ length: daysOf(range) }, (_, index) => from.add({ days: index }).toString())
}

/** As many days as the range has, ending the day before it: what a number is compared with. */
export function previousRange(range: { from: string; to: string }): { from: string; to: string } {
  const from = parseDate(range.from)
  return {
    from: from.subtract({ days: daysOf(range) }).toString(),
    to: from.subtract({ days: 1 }).toString(),
  }
}

/** The instants that a range covers. */
export function boundsOf(range: LocalRange): Period {
  return {
    start: startOfDay(parseDate(range.from), range.timeZone),
    end: startOfDay(parseDate(range.to).add({ days: 1 }), range.timeZone),
  }
}

/** The length of bar that shows a range with between 2 and about 110 bars. */
export function granularityFor(range: { from: string; to: string }): Granularity {
  const days = daysOf(range)
  if (days <= 2) return 'hour'
  if (days <= 92) return 'day'
  if (days <= 731) return 'week'
  return 'month'
}

/**
 * The bars of a range: they follow each other without a gap and cover it exactly.
 * Throws report.range_invalid when there are more than a chart can show.
 */
export function periodsOf(range: LocalRange, granularity: Granularity): Period[] {
  const bounds = boundsOf(range)
  const starts = granularity === 'hour' ? hourStarts(bounds, range.timeZone) : dayStarts(range, granularity)
  return starts.map((start, index) => ({ start, end: starts[index + 1] ?? bounds.end }))
}

/** An instant as RFC 3339 with the offset that the zone has then. */
export function toInstant(epochMs: number, timeZone: string): string {
  const zoned = fromAbsolute(epochMs, timeZone)
  const pad = (value: number, width = 2) => String(value).padStart(width, '0')
  const offset = Math.round(zoned.offset / 60_000)
  const sign = offset < 0 ? '-' : '+'
  return (
    `${pad(zoned.year, 4)}-${pad(zoned.month)}-${pad(zoned.day)}T` +
    `${pad(zoned.hour)}:${pad(zoned.minute)}:${pad(zoned.second)}.${pad(zoned.millisecond, 3)}` +
    `${sign}${pad(Math.floor(Math.abs(offset) / 60))}:${pad(Math.abs(offset) % 60)}`
  )
}

/** The local day of an instant. */
export function localDateOf(epochMs: number, timeZone: string): string {
  return toCalendarDate(fromAbsolute(epochMs, timeZone)).toString()
}

/** The first instant of a local day, also where the clocks skip or repeat midnight. */
function startOfDay(date: CalendarDate, timeZone: string): number {
  return toZoned(date, timeZone, 'compatible').toDate().getTime()
}

function dayStarts(range: LocalRange, granularity: 'day' | 'week' | 'month'): number[] {
  const to = parseDate(range.to)
  const starts: number[] = []
  for (let date = parseDate(range.from); date.compare(to) <= 0; date = nextStart(date, granularity)) {
    starts.push(startOfDay(date, range.timeZone))
    checkCount(starts, granularity)
  }
  return starts
}

function nextStart(date: CalendarDate, granularity: 'day' | 'week' | 'month'): CalendarDate {
  if (granularity === 'day') return date.add({ days: 1 })
  if (granularity === 'week') return date.add({ days: 7 - getDayOfWeek(date, 'en', 'mon') })
  return startOfMonth(date).add({ months: 1 })
}

/**
 * An hour begins where the local clock shows a full hour and where the clock is changed: the day on which Madrid turns
 * back has 25, the half hour that Lord Howe Island repeats is a bar of its own.
 */
function hourStarts(bounds: Period, timeZone: string): number[] {
  const starts: number[] = []
  for (let start = bounds.start; start < bounds.end;) {
    starts.push(start)
    checkCount(starts, 'hour')
    const { offset } = fromAbsolute(start, timeZone)
    const next = start + HOUR - modulo(start + offset, HOUR)
    start = fromAbsolute(next, timeZone).offset === offset ? next : clockChange(start, next, timeZone)
  }
  return starts
}

/** The first instant after `from`, at or before `to`, with another offset than `from`. */
function clockChange(from: number, to: number, timeZone: string): number {
  const { offset } = fromAbsolute(from, timeZone)
  let before = from
  let after = to
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (fromAbsolute(middle, timeZone).offset === offset) before = middle
    else after = middle
  }
  return after
}

function checkCount(starts: readonly number[], granularity: Granularity): void {
  if (starts.length <= REPORT_LIMITS.periodsMax) return
  throw new Problem(
    'report.range_invalid',
    `By ${granularity} this range has more than ${REPORT_LIMITS.periodsMax} bars; choose a shorter range or longer bars.`,
  )
}

const HOUR = 3_600_000
const DAY = 86_400_000

function epochDay(date: CalendarDate): number {
  return Math.round(Date.UTC(date.year, date.month - 1, date.day) / DAY)
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}
