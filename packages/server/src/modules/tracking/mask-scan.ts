import { DEPTH_MAX } from './mask.ts'
import { isAddress } from './mask-address.ts'
import { kindOfKey, mayTell } from './mask-names.ts'

/**
 * Whether the bytes of a body are plainly free of anything that `maskTree` would change, and not nested too deep: then
 * they are kept as they came. One pass over the bytes; no is always right, as the body then takes the slow path, which
 * decides exactly. So this only has to be never wrong when it says yes (a property test holds it to that). It says no to
 *
 * - signs that an e-mail, an international number, a query or an escape begins with: `@ % + ? # \`, full-width forms;
 * - in strings, 9 digits or more that separators group, 10 and more that begin with just two zeros, or 13 and more as cards
 *   have them, unless they are a part of a word, as in a UUID;
 * - outside strings, integers of 14 digits or more, and exponents;
 * - keys that say that a person, an address or a search term stands under them, unless nothing does;
 * - strings that are addresses of machines, and nesting.
 *
 * JSON that names a key twice is no way around it: all bytes are looked at, also those that parsing drops.
 */
export function isPlainlyClean(body: Uint8Array): boolean {
  const length = body.length
  let depth = 0
  let at = 0
  while (at < length) {
    const kind = KINDS[body[at]!]!
    if (kind === QUOTE) {
      const from = at + 1
      at = endOfString(body, from)
      if (at < 0 || tells(body, from, at)) return false
      at++
    } else if (kind === DIGIT) {
      at = endOfNumber(body, at)
      if (at < 0) return false
    } else if (kind === ALARM) return false
    else {
      if (kind === OPEN && ++depth > DEPTH_MAX) return false
      if (kind === CLOSE) depth--
      at++
    }
  }
  return true
}

/** The closing quote of a string that begins here; −1 when something in it is not plainly clean. */
function endOfString(body: Uint8Array, from: number): number {
  let at = from
  for (;;) {
    let byte = body[at]!
    // Letters by arithmetic, which is quicker than a look at a table for each.
    while (((byte | 0x20) - 0x61) >>> 0 < 26) byte = body[++at]!
    const stop = STOPS[byte]
    if (stop === 0) {
      at++
      continue
    }
    if (stop === QUOTE) return at
    if (stop !== DIGIT) return -1
    at = endOfRun(body, at)
    if (at < 0) return -1
  }
}

const isDigit = (byte: number): boolean => (byte - 0x30) >>> 0 < 10

/** End of a number outside a string; −1 when it may be a card's. */
function endOfNumber(body: Uint8Array, from: number): number {
  let at = from
  while (isDigit(body[at]!)) at++
  if (at - from > 13) return -1
  if (body[at] === DOT) {
    at++
    while (isDigit(body[at]!)) at++
  }
  return KINDS[body[at]!] === WORD ? -1 : at
}

/** End of digits in a string with at most two separators between them; −1 when they may be a telephone's or a card's. */
function endOfRun(body: Uint8Array, from: number): number {
  let at = from
  let digits = 0
  let separators = 0
  let dots = 0
  for (;;) {
    while (isDigit(body[at]!)) {
      digits++
      at++
    }
    let next = at
    while (next < at + 2 && KINDS[body[next]!] === SEPARATOR) next++
    const kind = KINDS[body[next]!]!
    // A dash or a letter of another script.
    if (kind === HIGH) return -1
    if (kind !== DIGIT || next === at) break
    separators += next - at
    if (body[at] === DOT) dots++
    at = next
  }
  if (digits < 9) return at
  if (KINDS[body[from - 1]!] === WORD || KINDS[body[at]!] === WORD) return at
  const isDecimal = separators === 1 && dots === 1
  if (separators > 0) return isDecimal ? at : -1
  // Two zeros and no third: ids that are filled up with zeros are everywhere.
  if (digits >= 10 && body[from] === ZERO && body[from + 1] === ZERO && body[from + 2] !== ZERO) return -1
  return digits >= 13 && CARD_FIRST_DIGIT.test(String.fromCharCode(body[from]!)) ? -1 : at
}

const ZERO = 0x30
const CARD_FIRST_DIGIT = /[2-6]/

/** Whether a string, from its first byte to its closing quote, is an address, or a key that says what it holds. */
function tells(body: Uint8Array, from: number, to: number): boolean {
  if (from === to) return false
  // Both ends of an address are of its characters; few other strings' are.
  if ((MAY_BE_ADDRESS[body[from]!]! & MAY_BE_ADDRESS[body[to - 1]!]!) !== 0 && holdsAddress(body, from, to))
    return true
  // Most strings are values: what follows them is neither a colon nor space before one.
  let next = to + 1
  if (body[next] !== COLON && !isSpace(body[next]!)) return false
  if (!mayTell(body, from, to)) return false
  while (isSpace(body[next]!)) next++
  if (body[next] !== COLON) return false
  const kind = kindOfKey(body, from, to)
  if (kind === 'address' || kind === 'search') return true
  if (kind !== 'personal' && kind !== 'person') return false
  do next++
  while (isSpace(body[next]!))
  return kind === 'person' ? mayHaveName(body, next) : !saysNothing(body, next)
}

/** Whether what begins here may be an object with a `name`. */
function mayHaveName(body: Uint8Array, from: number): boolean {
  const kind = KINDS[body[from]!]
  if (kind !== OPEN) return false
  if (body[from] === SQUARE_BRACKET) return true
  const end = body.indexOf(CURLY_BRACKET_END, from)
  const fields = textDecoder.decode(body.subarray(from + 1, end))
  // A bracket inside: an object in it, or a sign of a string that is cut in two then.
  return /[{[]|"name"\s*:/i.test(fields) || fields.split('"').length % 2 === 0
}

const SQUARE_BRACKET = 0x5b
const CURLY_BRACKET_END = 0x7d

const isSpace = (byte: number): boolean => byte === 0x20 || KINDS[byte] === SPACE

/** `null`, `true`, `false`, or what was overwritten: `"***"`. */
function saysNothing(body: Uint8Array, from: number): boolean {
  const first = body[from]
  if (first === 0x6e || first === 0x74 || first === 0x66) return true
  if (first !== 0x22) return false
  let at = from + 1
  while (body[at] === 0x2a) at++
  return body[at] === 0x22
}

/** In brackets, with a colon and a port. */
const ADDRESS_LENGTH_MAX = 45 + 8
const textDecoder = new TextDecoder()

function holdsAddress(body: Uint8Array, from: number, to: number): boolean {
  if (to - from < 2 || to - from > ADDRESS_LENGTH_MAX) return false
  let signs = 0
  for (let at = from; at < to; at++) {
    const byte = body[at]!
    if (MAY_BE_ADDRESS[byte] === 0) return false
    if (byte === COLON || byte === DOT) signs++
  }
  return signs > 1 && isAddress(textDecoder.decode(body.subarray(from, to)))
}

const COLON = 0x3a
/** Hexadecimal digits, colon, dot and brackets. A zone begins with `%`, which is a sign of other things as well. */
const MAY_BE_ADDRESS = new Uint8Array(256)
for (const character of '0123456789abcdefABCDEF:.[]') MAY_BE_ADDRESS[character.charCodeAt(0)] = 1

const WORD = 0
const QUIET = 1
const DIGIT = 2
const QUOTE = 3
const OPEN = 4
const CLOSE = 5
const SEPARATOR = 6
const SPACE = 7
const HIGH = 8
const ALARM = 9
const DOT = 0x2e

const KINDS = new Uint8Array(256)
for (let byte = 0; byte < 256; byte++) KINDS[byte] = kindOf(byte)
/** The kinds that mean something inside a string; 0 for others. */
const STOPS = KINDS.map((kind) => (kind === QUOTE || kind === DIGIT || kind === ALARM ? kind : 0))

function kindOf(byte: number): number {
  // Full-width forms begin with EF in UTF-8.
  if (byte === 0xef) return ALARM
  if (byte >= 0x80) return HIGH
  const character = String.fromCharCode(byte)
  if (/[@%+?#\\]/.test(character)) return ALARM
  if (/\d/.test(character)) return DIGIT
  if (/[A-Za-z_]/.test(character)) return WORD
  if (/[ ()./-]/.test(character)) return SEPARATOR
  if (/[\t\r\n]/.test(character)) return SPACE
  if (character === '"') return QUOTE
  if (/[{[]/.test(character)) return OPEN
  return /[}\]]/.test(character) ? CLOSE : QUIET
}
