import { DEPTH_MAX } from './mask.ts'

/**
 * Whether the bytes of a body are plainly free of anything that `maskTree` would change, and not nested too deep: then
 * they are kept as they came. One pass over the bytes; no is always right, as the body then takes the slow path, which
 * decides exactly. So this only has to be never wrong when it says yes (a property test holds it to that). It says no to
 *
 * - signs that an e-mail, an international number, a query or an escape begins with: `@ % + ? # \`, full-width forms;
 * - in strings, 9 digits or more that separators group, or 13 and more as cards have them, unless they are a part of a
 *   word, as in a UUID;
 * - outside strings, integers of 14 digits or more, and exponents;
 * - keys that begin like `ip`, and nesting.
 *
 * JSON that names a key twice is no way around it: all bytes are looked at, also those that parsing drops.
 */
export function isPlainlyClean(body: Uint8Array): boolean {
  const length = body.length
  let isInString = false
  let depth = 0
  let at = 0
  while (at < length) {
    let kind = KINDS[body[at]!]!
    // The last byte of JSON is not quiet: this stops before the end.
    while (kind <= QUIET) kind = KINDS[body[++at]!]!
    if (kind === QUOTE) {
      isInString = !isInString
      at++
      if (isInString && isAddressKey(body, at)) return false
    } else if (kind === DIGIT) {
      at = isInString ? endOfRun(body, at) : endOfNumber(body, at)
      if (at < 0) return false
    } else if (kind === ALARM) return false
    else {
      if (!isInString && kind === OPEN && ++depth > DEPTH_MAX) return false
      if (!isInString && kind === CLOSE) depth--
      at++
    }
  }
  return true
}

/** End of a number outside a string; −1 when it may be a card's. */
function endOfNumber(body: Uint8Array, from: number): number {
  let at = from
  while (KINDS[body[at]!] === DIGIT) at++
  if (at - from > 13) return -1
  if (body[at] === DOT) {
    at++
    while (KINDS[body[at]!] === DIGIT) at++
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
    while (KINDS[body[at]!] === DIGIT) {
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
  return digits >= 13 && CARD_FIRST_DIGIT.test(String.fromCharCode(body[from]!)) ? -1 : at
}

const CARD_FIRST_DIGIT = /[2-6]/

/** `ip"`, `IP"`, `ip_…` and `ipA…`, but not the name of a telephone. */
function isAddressKey(body: Uint8Array, at: number): boolean {
  const first = body[at]
  if (first !== 0x69 && first !== 0x49) return false
  const third = body[at + 2]
  if (first === 0x49) return body[at + 1] === 0x50 && third === 0x22
  return body[at + 1] === 0x70 && (third === 0x22 || third === 0x5f || third === 0x41)
}

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
