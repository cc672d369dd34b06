import { z } from 'zod'

/** No half of a surrogate pair alone: JSON can say one, UTF-8 cannot. */
export const WELL_FORMED = /^[^\ud800-\udfff]*$/u
export const WELL_FORMED_RULE = 'no half of a surrogate pair'

/**
 * An id that a client chose: 1 to 256 characters, no control characters, no half of a surrogate pair (in UTF-8 all halves
 * are one sign, and two ids would be one), no blank at either end (nobody sees it there),
 * and not `.` or `..`, which a URL cannot carry in its path. Rules are patterns, so that they stand in the JSON Schema.
 */
export const identifier = z
  .string()
  .min(1)
  .max(256)
  // oxlint-disable-next-line no-control-regex -- The rule is about control characters.
  .regex(/^[^\u0000-\u001f\u007f]+$/, 'no control characters')
  .regex(WELL_FORMED, WELL_FORMED_RULE)
  .regex(/^\S/, 'no blank at its start')
  .regex(/\S$/, 'no blank at its end')
  .regex(/[^.]|\.{3}/, 'more than a dot or two')

/** Epoch milliseconds between 1900 and 2300: what the stores can hold. Intake limits age and future further. */
export const timestamp = z.number().finite().min(-2_208_988_800_000).max(10_413_792_000_000)

/**
 * RFC 3339 time with a zone; its year in UTC is 1000 to 9999. With its zone a time may lie in a year that PostgreSQL does
 * not take, and the driver reads years before 100 back as 1950 to 2049.
 */
export const instant = z.iso
  .datetime({ offset: true })
  .refine((text) => !isOutside(Date.parse(text), YEARS), 'a time of the years 1000 to 9999, in UTC')

const YEARS = { from: Date.parse('1000-01-01T00:00:00Z'), to: Date.parse('9999-12-31T23:59:59.999Z') }

/** A local calendar day, YYYY-MM-DD, of the years 1 to 9999: there is no year 0 in RECORDS. */
export const localDate = z.iso.date().regex(/^(?!0000)/, 'a day of the years 1 to 9999')

// oxlint-disable-next-line no-control-regex -- The rule is about control characters.
export const WITHOUT_CONTROLS = /^[^\u0000-\u001f\u007f]*$/

/**
 * One line of text: no control characters (RECORDS takes no NUL, and nobody looks for the others), and none of what UTF-8
 * cannot say: it would be stored as another text than the one that was answered.
 */
export const lineOfText = z
  .string()
  .regex(WITHOUT_CONTROLS, 'no control characters')
  .regex(WELL_FORMED, WELL_FORMED_RULE)

/** ISO 3166-1 alpha-2 code, upper case. */
export const countryCode = z.string().regex(/^[A-Z]{2}$/, 'an ISO 3166-1 alpha-2 code, upper case')

/** BCP 47 language tag. */
export const languageTag = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'a BCP 47 language tag')
  .max(35)

/** IANA time zone name. An offset such as -05:00 is none: it knows no summer. */
export const timeZone = z
  .string()
  .regex(/^[A-Za-z]/, 'an IANA time zone name, such as Europe/Madrid')
  .refine(isTimeZone, 'an IANA time zone name, such as Europe/Madrid')

/** Page of a list: `next` is the cursor of the page after this one, null at the end. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() })
}

/** Query of every paged list. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: lineOfText.max(512).optional(),
})

/** What is no number is not outside: another rule says what is wrong with it. */
function isOutside(value: number, { from, to }: { from: number; to: number }): boolean {
  return value < from || value > to
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0
  } catch {
    return false
  }
}
