/**
 * Finds what names or can be used to reach or charge a person inside free text: e-mail addresses, telephone numbers and
 * payment card numbers, by their shape. It cuts exactly those and leaves what is behaviour readable: titles, versions,
 * dates, numeric ids, epoch times.
 *
 * Everything here is linear in the length of the text, whatever the text.
 */

/** E-mail-, card- and phone-shaped parts of a text, masked as `[e-mail]`, `[card]` and `[phone]`. */
export function maskPersonal(text: string): string {
  return maskNumbers(maskEmails(text), true)
}

/**
 * The same for an id: groups of digits with hyphens or spaces are the id's own form (an EIDR, an order number) and stay;
 * e-mails, card numbers and international telephone numbers do not.
 */
export function maskPersonalInId(id: string): string {
  return maskNumbers(maskEmails(id), false)
}

/** Whether a number, as it stands in JSON, is a payment card's. */
export function isCardNumber(value: number): boolean {
  return value >= 1e12 && Number.isSafeInteger(value) && isCard(value.toFixed(0))
}

/**
 * A local part, `@` (also as %40 or full width), and a domain with a dot and letters at its end. Walked by hand: one
 * regular expression for it takes quadratic time on a long text without a domain.
 */
function maskEmails(text: string): string {
  let masked = ''
  let done = 0
  for (const { 0: at, index } of text.matchAll(AT)) {
    if (index < done) continue
    const fromMin = Math.max(done, index - LOCAL_LENGTH_MAX)
    let from = index
    while (from > fromMin && !LOCAL_END.test(text[from - 1]!)) from--
    if (from === index) from = startOfQuoted(text, { fromMin, index })
    if (from === index) while (from > fromMin && !LOCAL_END_LOOSE.test(text[from - 1]!)) from--
    const domainFrom = index + at.length
    const domain = domainAt(text, domainFrom)
    if (from === index || domain === '') continue
    const to = domainFrom + domain.length
    masked += `${text.slice(done, from)}[e-mail]`
    done = to
  }
  return masked + text.slice(done)
}

/** Where a local part in quotes begins, `"ana ruiz"@…`, a quote inside it behind a backslash; `index` where there is none. */
function startOfQuoted(text: string, { fromMin, index }: { fromMin: number; index: number }): number {
  if (text[index - 1] !== '"') return index
  for (let from = index - 2; from >= fromMin; from--) {
    if (text[from] === '"' && text[from - 1] !== '\\') return from
  }
  return index
}

/** The domain that begins here, or a machine's address in brackets; nothing where there is none. */
function domainAt(text: string, from: number): string {
  if (text[from] === '[') return LITERAL.exec(text.slice(from, from + LITERAL_LENGTH_MAX))?.[0] ?? ''
  let to = from
  while (to < text.length && DOMAIN_CHARACTER.test(text[to]!)) to++
  return DOMAIN.exec(text.slice(from, to))?.[0] ?? ''
}

const AT = /@|%40|＠/g
/** RFC 5321 says 64 octets; twice that for percent-encoding. */
const LOCAL_LENGTH_MAX = 128
/** What does not stand in the local part of an address as people write it in texts and URLs. */
const LOCAL_END = /[\s"<>()[\]@＠,;:\\/=&?]/
/** The last four may, by the RFC: taken when nothing else is before the sign. */
const LOCAL_END_LOOSE = /[\s"<>()[\]@＠,;:\\]/
const DOMAIN_CHARACTER = /[\p{L}\p{N}.-]/u
/** `[203.0.113.9]` and `[IPv6:2001:db8::9]`, RFC 5321 section 4.1.3. */
const LITERAL = /^\[(?:IPv6:)?[0-9a-f]*[.:][0-9a-f.:]*\]/i
const LITERAL_LENGTH_MAX = 64
const DOMAIN = /^[\p{L}\p{N}.-]*\.(?:xn--[\w-]{1,59}|\p{L}{2,63})/u

/**
 * A UUID, to be passed over; or digits with at most two signs between them, as people group them, led perhaps by an
 * international `+` or an area's `(`.
 */
const NUMBER_RUN = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[+＋]?\(?\d(?:[ ()./‐‑–-]{0,2}\d)*/gi
const WORD_CHARACTER = /[\p{L}\p{N}_]/u
const RUN_LENGTH_MIN = 8

function maskNumbers(text: string, withNational: boolean): string {
  if (text.length < RUN_LENGTH_MIN) return text
  return text.replace(NUMBER_RUN, (run: string, at: number) => {
    if (run.length < RUN_LENGTH_MIN || UUID.test(run)) return run
    // Digits inside a word are a part of something else.
    if (WORD_CHARACTER.test(text[at - 1] ?? '') || WORD_CHARACTER.test(text[at + run.length] ?? ''))
      return run
    const withoutCards = maskCards(run)
    if (withoutCards !== run) return withoutCards
    return isPhone(run, withNational) ? '[phone]' : run
  })
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Cards' numbers stand between separators, but dots; they may be followed by an expiry date and a code. A number beside a
 * dot is a part of a decimal, a version or a date.
 */
function maskCards(run: string): string {
  const groups = [...run.matchAll(/\d+/g)]
  let masked = ''
  let done = 0
  for (let first = 0; first < groups.length; first++) {
    const last = lastGroupOfCard(run, groups, first)
    if (last < 0) continue
    masked += `${run.slice(done, groups[first]!.index)}[card]`
    done = groups[last]!.index + groups[last]![0].length
    first = last
  }
  return masked + run.slice(done)
}

function lastGroupOfCard(run: string, groups: readonly RegExpExecArray[], first: number): number {
  let digits = ''
  for (let last = first; last < groups.length && digits.length < CARD_DIGITS_MAX; last++) {
    const { 0: group, index } = groups[last]!
    if (run[index - 1] === '.' || run[index + group.length] === '.') return -1
    digits += group
    if (isCard(digits)) return last
  }
  return -1
}

const CARD_DIGITS_MAX = 19
/**
 * Number ranges of Visa, Mastercard, American Express, Diners Club, JCB, Discover, UnionPay and Maestro. Epoch times
 * begin with 1 and are in none of them.
 */
const CARD_RANGE = /^(?:4|5[0-8]|2[2-7]|3[4-9]|30[0-5]|35|6)/

/** ISO/IEC 7812: a known range and a right check digit (Luhn). */
function isCard(digits: string): boolean {
  if (digits.length < 13 || digits.length > CARD_DIGITS_MAX || !CARD_RANGE.test(digits)) return false
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return sum % 10 === 0
}

/**
 * Year, month and day in either order, or as 20261122, whatever follows. As ISO 8601 writes it, the year may be any: nobody
 * groups a telephone number so.
 */
const DATE =
  /^(?:\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])|(?:19|2[0-3])\d\d([ ./-]?)(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])([ ./-])(?:0?[1-9]|[12]\d|3[01])\2(?:19|2[0-3])\d\d)(?!\d)/
/** Years alone, as in `1999-2004`. */
const YEARS = /^(?:19|2[0-3])\d\d(?:\D{1,2}(?:19|2[0-3])\d\d)+$/
/** Dots also stand in versions and addresses of machines: only 555.123.4567 and 01.23.45.67.89 are telephone numbers. */
const DOTTED_PHONE = /^(?:\d{3}\.\d{3}\.\d{4}|\d\d(?:\.\d\d){4,6})$/

/** The international prefix of most countries and a number of 8 digits or more, as machines write it: 0034612345679. */
const DIALLED_ABROAD = /^00[1-9]\d{7,12}$/

/**
 * `+` and 7 digits or more; or, nationally, 9 to 15 digits in groups as telephone numbers have them. Other digits without
 * any sign between them are an id or a time: nobody can tell, and most are.
 */
function isPhone(run: string, withNational: boolean): boolean {
  const groups = run.match(/\d+/g)!
  const digits = groups.join('').length
  if (run[0] === '+' || run[0] === '＋') return digits >= 7
  if (withNational && DIALLED_ABROAD.test(run)) return true
  if (!withNational || digits < 9 || digits > 15 || groups.length < 2 || groups.length > 7) return false
  if (DATE.test(run) || YEARS.test(run)) return false
  if (run.includes('.')) return DOTTED_PHONE.test(run)
  if (groups.slice(1).some((group) => group.length < 2 || group.length > 8)) return false
  // Two long groups are a range; an area or a country has five digits at most.
  return groups[0].length <= 5
}
