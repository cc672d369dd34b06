import {
  emailAddress,
  GENDERS,
  phoneNumber,
  VIEWER_LIMITS,
  type FieldError,
  type Gender,
} from '@foyer/contracts'
import { localDate } from './age.ts'
import { countryCodeOf } from './places.ts'

/** A value of a trait: anything that JSON holds. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** What somebody states about a viewer. What is absent is not stated; null takes a value away. */
export interface ViewerChanges {
  /** Epoch ms. */
  registeredAt?: number
  gender?: Gender
  /** YYYY-MM-DD. */
  birthDate?: string | null
  /** Whole years when it was stated. */
  age?: number | null
  /** Whole years at registration. */
  ageAtRegistration?: number | null
  /** ISO 3166-1 alpha-2. */
  country?: string | null
  /** As stated: which region it is depends on the country that is known. */
  region?: string | null
  city?: string | null
  name?: string | null
  firstName?: string | null
  lastName?: string | null
  email?: string | null
  phone?: string | null
  traits?: Record<string, Json>
}

export type ViewerField = Exclude<keyof ViewerChanges, 'traits'>

/** A stated value that was not taken, and why. Never holds the value. */
export type Dropped = FieldError

/** Values as anybody may state them; each is read and checked by itself. */
export type StatedFields = { readonly [F in ViewerField]?: unknown }

/**
 * Reads stated values. One that is wrong is left out and listed; the others are not touched by it. `now` bounds the time
 * of registration; `timeZone` is the service's, where instants become days.
 */
export function readFields(
  stated: StatedFields,
  when: { readonly now: number; readonly timeZone: string },
): { changes: ViewerChanges; dropped: Dropped[] } {
  const changes: Record<string, unknown> = {}
  const dropped: Dropped[] = []
  for (const [field, value] of Object.entries(stated) as [ViewerField, unknown][]) {
    if (value === undefined) continue
    const result = value === null ? clear(field) : READERS[field](value, when)
    if (typeof result === 'object' && result !== null) dropped.push({ field, message: result.fault })
    else changes[field] = result
  }
  return { changes: changes, dropped }
}

/** Times of registration before this are mistakes: nobody streamed. */
const REGISTERED_AT_MIN = 0
/** How far a server's clock may be ahead of ours. */
const CLOCK_SKEW_MS_MAX = 300_000

type Read = string | number | { fault: string }

const READERS: Record<
  ViewerField,
  (value: unknown, when: { readonly now: number; readonly timeZone: string }) => Read
> = {
  registeredAt(value, { now }) {
    const time = timeOf(value)
    if (time === null) return fault('not a time (RFC 3339, or epoch milliseconds)')
    if (time < REGISTERED_AT_MIN) return fault('before 1970')
    if (time > now + CLOCK_SKEW_MS_MAX) return fault('in the future')
    return time
  },
  gender(value) {
    const gender = typeof value === 'string' ? GENDER_WORDS.get(value.trim().toLowerCase()) : undefined
    return gender ?? fault(`not one of ${GENDERS.join(', ')}`)
  },
  birthDate(value, { timeZone }) {
    const text = typeof value === 'string' ? value.trim() : ''
    // A day; one that a program wrote as its midnight in UTC; or a local time of it.
    const day = /^(\d{4}-\d{2}-\d{2})(T00:00(:00(\.0+)?)?Z|T[\d:.]+)?$/i.exec(text)?.[1]
    if (day !== undefined) return day
    // A browser's midnight, which east of Greenwich lies on the day before in UTC.
    const instant = /^\d{4}-\d{2}-\d{2}T/i.test(text) ? timeOf(text) : null
    return instant === null ? fault('not a calendar day YYYY-MM-DD') : localDate(instant, timeZone)
  },
  age: wholeYears,
  ageAtRegistration: wholeYears,
  country: (value) =>
    (typeof value === 'string' && value.length <= 80 && countryCodeOf(value)) ||
    fault('no country in ISO 3166-1 has this code or name; one of them is ES, ESP or Spain'),
  region: (value) => line(value, 80),
  city: (value) => line(value, VIEWER_LIMITS.cityLengthMax),
  name: (value) => line(value, VIEWER_LIMITS.nameLengthMax),
  firstName: (value) => line(value, VIEWER_LIMITS.nameLengthMax),
  lastName: (value) => line(value, VIEWER_LIMITS.nameLengthMax),
  email: (value) => emailAddress.safeParse(value).data ?? fault('not an e-mail address'),
  phone: (value) => phoneNumber.safeParse(value).data ?? fault('not a telephone number'),
}

const GENDER_WORDS = new Map<string, Gender>([
  ...GENDERS.map((gender) => [gender, gender] as const),
  ['f', 'female'],
  ['woman', 'female'],
  ['m', 'male'],
  ['man', 'male'],
  ['x', 'other'],
  ['d', 'other'],
  ['diverse', 'other'],
  ['non-binary', 'other'],
  ['nonbinary', 'other'],
  ['', 'unknown'],
])

function clear(field: ViewerField): string | null | { fault: string } {
  if (field === 'gender') return 'unknown'
  return field === 'registeredAt' ? fault('cannot be taken away') : null
}

function wholeYears(value: unknown): Read {
  const age = typeof value === 'string' && /^\d{1,3}$/.test(value.trim()) ? Number(value) : value
  if (typeof age !== 'number' || !Number.isInteger(age) || age < 0 || age > VIEWER_LIMITS.ageMax)
    return fault(`not whole years from 0 to ${VIEWER_LIMITS.ageMax}`)
  return age
}

function line(value: unknown, lengthMax: number): Read {
  if (typeof value !== 'string') return fault('not a text')
  const text = value.trim()
  if (text === '') return fault('empty')
  if (text.length > lengthMax) return fault(`longer than ${lengthMax} characters`)
  return /\p{Cc}/u.test(text) ? fault('has control characters') : text
}

/** RFC 3339, a calendar day (its start in UTC), or epoch seconds or milliseconds, as Segment's `createdAt` comes. */
function timeOf(value: unknown): number | null {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return null
    return Math.round(Math.abs(value) < 100_000_000_000 ? value * 1_000 : value)
  }
  if (typeof value !== 'string') return null
  if (/^\d{9,13}$/.test(value)) return timeOf(Number(value))
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2}))?$/i.test(value)) return null
  const time = Date.parse(value)
  return Number.isNaN(time) ? null : time
}

function fault(reason: string): { fault: string } {
  return { fault: reason }
}
