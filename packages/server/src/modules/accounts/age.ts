import { VIEWER_LIMITS } from '@foyer/contracts'

/** Why no age follows from a birth date. */
export type AgeFault = 'not a date' | 'after the registration' | 'more than 120 years before'

/**
 * Whole years between a birth date (YYYY-MM-DD, a day without zone) and an instant (epoch ms), told by the calendar of a
 * zone. Who was born on 29 February is a year older on 1 March of years without that day.
 */
export function ageAt(
  birthDate: string,
  at: { instant: number; timeZone: string },
): { age: number } | { fault: AgeFault } {
  if (!isCalendarDay(birthDate)) return { fault: 'not a date' }
  const age = yearsBetween(birthDate, localDate(at.instant, at.timeZone))
  if (age < 0) return { fault: 'after the registration' }
  if (age > VIEWER_LIMITS.ageMax) return { fault: 'more than 120 years before' }
  return { age }
}

/**
 * The age at registration of somebody of whom only the age on a later day is known: the years between are taken off, so
 * it is one too few or too many where a birthday lies between. Null when that would be before birth.
 */
export function ageBefore(
  age: number,
  between: { registeredAt: number; statedAt: number; timeZone: string },
): number | null {
  const registered = localDate(between.registeredAt, between.timeZone)
  const stated = localDate(between.statedAt, between.timeZone)
  const earlier = age - Math.max(0, yearsBetween(registered, stated))
  return earlier < 0 ? null : earlier
}

/** Day of an instant in a zone, YYYY-MM-DD. */
export function localDate(instant: number, timeZone: string): string {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    })
    formats.set(timeZone, format)
  }
  const parts = Object.fromEntries(format.formatToParts(instant).map((part) => [part.type, part.value]))
  return `${parts['year']!.padStart(4, '0')}-${parts['month']}-${parts['day']}`
}

/** Formats cost 50 µs to make. There are as many as zones of services. */
const formats = new Map<string, Intl.DateTimeFormat>()

/** Whole years from one day to another; negative when it lies before. */
function yearsBetween(from: string, to: string): number {
  const years = Number(to.slice(0, 4)) - Number(from.slice(0, 4))
  return to.slice(5) < from.slice(5) ? years - 1 : years
}

function isCalendarDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
