/** Numbers, dates and names in the reader's language. */
const LOCALE = navigator.language

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
export const formatPercent = (value: number): string => `${oneDecimal.format(value)}%`

/** How much more, as a part of what was before; null where there was nothing before. */
export function formatChange(value: number, previous: number): string | null {
  if (previous === 0) return null
  const change = value / previous - 1
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

/** An instant to the millisecond, in a zone, with the zone's name. */
export function formatInstant(instant: string | number, timeZone: string): string {
  return new Intl.DateTimeFormat(LOCALE, {
    timeZone,
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
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
