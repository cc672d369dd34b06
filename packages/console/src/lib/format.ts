import { LOCALE } from './locale.ts'

/** Numbers, dates and names in the reader's language. */

const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 })
const oneDecimal = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const signedPercent = new Intl.NumberFormat(LOCALE, {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  signDisplay: 'exceptZero',
})
const signedWholePercent = new Intl.NumberFormat(LOCALE, {
  style: 'percent',
  maximumFractionDigits: 0,
  signDisplay: 'exceptZero',
})
const regions = new Intl.DisplayNames(LOCALE, { type: 'region' })

export const formatCount = (value: number): string => whole.format(value)
export const formatMinutes = (value: number): string => oneDecimal.format(value)
/** A difference of minutes: tenths only where they are a part worth seeing. */
export const formatMinutesMoved = (value: number): string =>
  (Math.abs(value) < 100 ? oneDecimal : whole).format(value)
export const formatPercent = (value: number): string => `${oneDecimal.format(value)}%`

const twoDecimals = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 2, maximumFractionDigits: 2 })

/** A part of a whole, 0 to 1, in percent. */
export const formatRatio = (value: number): string => `${twoDecimals.format(value * 100)}%`
/** The same as an axis wants it: as many digits as tell its ticks apart. */
export const formatRatioTick = (value: number): string => `${threeDigits.format(value * 100)}%`
const threeDigits = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 3 })
/** A difference of two such parts, in percentage points. */
export const formatPoints = (value: number): string => `${twoDecimals.format(value * 100)} pt`

const BYTE_UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Bytes in the largest unit that they fill, by thousands. */
export function formatBytes(bytes: number): string {
  const filled = bytes === 0 ? 0 : Math.floor(Math.log10(Math.abs(bytes)) / 3)
  const unit = Math.min(BYTE_UNITS.length - 1, Math.max(0, filled))
  const scaled = bytes / 1_000 ** unit
  return `${unit === 0 ? whole.format(scaled) : oneDecimal.format(scaled)} ${BYTE_UNITS[unit]}`
}

/** A duration in whole minutes or hours, as long as it is long. */
export function formatDuration(ms: number): string {
  if (ms < 60_000) return `${whole.format(ms / 1_000)} s`
  if (ms < 3_600_000 * 2) return `${oneDecimal.format(ms / 60_000)} min`
  return `${oneDecimal.format(ms / 3_600_000)} h`
}

/** A difference with its sign. */
export function formatSigned(value: number, format: (size: number) => string): string {
  const size = format(Math.abs(value))
  if (size === format(0)) return size
  return `${value < 0 ? '−' : '+'}${size}`
}

/** How much more, as a part of what was before; null where there was nothing before. */
export function formatChange(value: number, previous: number): string | null {
  if (previous === 0) return null
  const change = value / previous - 1
  // Thousands of percent are hard to read, and mostly of tiny numbers.
  if (change >= 9) return `×${whole.format(value / previous)}`
  // What more than doubled needs no tenths.
  return (Math.abs(change) >= 1 ? signedWholePercent : signedPercent).format(change)
}

export function formatDate(date: string, style: 'short' | 'long' = 'short'): string {
  return dayFormats[style].format(new Date(`${date}T00:00:00Z`))
}

const dayFormats = {
  short: new Intl.DateTimeFormat(LOCALE, { timeZone: 'UTC', day: 'numeric', month: 'short' }),
  long: new Intl.DateTimeFormat(LOCALE, { timeZone: 'UTC', dateStyle: 'medium' }),
}

/** Days of a range, without repeating what both share. */
export function formatRange(range: { from: string; to: string }): string {
  return dayFormats.long.formatRange(new Date(`${range.from}T00:00:00Z`), new Date(`${range.to}T00:00:00Z`))
}

/** An instant to the millisecond or to the minute, in a zone, with the zone's name. */
export function formatInstant(
  instant: string | number,
  timeZone: string,
  precision: 'millisecond' | 'minute' = 'millisecond',
): string {
  return new Intl.DateTimeFormat(LOCALE, {
    timeZone,
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    ...(precision === 'millisecond' ? { second: '2-digit', fractionalSecondDigits: 3 } : {}),
    timeZoneName: 'short',
  }).format(new Date(instant))
}

/** The time of day of an instant in a zone, to the second. */
export function formatTime(instant: string | number, timeZone: string): string {
  let format = timeFormats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat(LOCALE, { timeZone, timeStyle: 'medium' })
    timeFormats.set(timeZone, format)
  }
  return format.format(new Date(instant))
}

const timeFormats = new Map<string, Intl.DateTimeFormat>()

/** A span of whole seconds or minutes, as in a sentence: `30 s`, `5 min`. */
export function formatSeconds(ms: number): string {
  return ms >= 120_000 && ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1_000} s`
}

/** A duration or position: 1:02:03.456 hours, minutes, seconds; a minus in front where it is negative. */
export function formatPosition(ms: number, options: { withMs?: boolean } = {}): string {
  const sign = ms < 0 ? '−' : ''
  const rest = Math.abs(ms)
  const pad = (value: number, width = 2) => String(value).padStart(width, '0')
  const hours = Math.floor(rest / 3_600_000)
  const minutes = Math.floor(rest / 60_000) % 60
  const seconds = Math.floor(rest / 1000) % 60
  const fraction = options.withMs ? `.${pad(Math.round(rest % 1000), 3)}` : ''
  return hours > 0
    ? `${sign}${hours}:${pad(minutes)}:${pad(seconds)}${fraction}`
    : `${sign}${minutes}:${pad(seconds)}${fraction}`
}

/** A country's name in the reader's language; the code where it has none. */
export function formatCountry(code: string): string {
  try {
    return regions.of(code) ?? code
  } catch {
    return code
  }
}

/** `1 title`, `2 titles`. */
export function formatNumberOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`
}
