import { DEPTH_MAX, SEARCH_TERM_LENGTH_MAX } from './mask.ts'

/**
 * Whether the bytes of a body are plainly free of anything that `maskTree` would change, and not nested too deep: then
 * they are kept as they came. One pass over the bytes; no is always right, as the body then takes the slow path, which
 * decides exactly. So this only has to be never wrong when it says yes (a property test holds it to that):
 *
 * - signs that an e-mail, an international number, a query or an escape begins with: `@ % + ? # \`, full-width forms;
 * - in strings, 9 digits or more that separators group, or 13 without, unless they are part of a word, as in a UUID;
 * - outside strings, integers of 14 digits or more and exponents;
 * - the keys `ip…`, strings longer than a search term may be, nesting.
 *
 * JSON that names a key twice is no way around it: all bytes are looked at, also those that parsing drops.
 */
export function isPlainlyClean(body: Uint8Array): boolean {
  let isInString = false
  let stringStart = 0
  let depth = 0
  // The run of digits that is being read.
  let digits = 0
  let separators = 0
  let separatorsInARow = 0
  let isPartOfWord = false
  let isFraction = false
  let previous = OTHER

  for (let i = 0; i < body.length; i++) {
    const byte = body[i]!
    const kind = KINDS[byte]!
    if (kind === WORD) {
      if (!isInString) {
        // An exponent, or what is not JSON.
        if (previous === DIGIT) return false
      } else if (digits > 0) {
        if (previous === SEPARATOR && isNumberShaped(digits, separators, isPartOfWord)) return false
        digits = 0
      }
    } else if (kind === DIGIT) {
      if (digits === 0) {
        isPartOfWord = previous === WORD
        separators = 0
      } else if (separatorsInARow > 0) separators++
      separatorsInARow = 0
      if (isInString) digits++
      else if (!isFraction && ++digits > 13) return false
    } else if (kind === SEPARATOR) {
      if (!isInString) {
        if (byte === DOT) {
          isFraction = true
          digits = 0
        }
      } else if (digits > 0 && ++separatorsInARow > 2) {
        if (isNumberShaped(digits, separators, isPartOfWord)) return false
        digits = 0
        separatorsInARow = 0
      }
    } else {
      if (kind === ALARM) return false
      if (digits > 0) {
        if (isInString && isNumberShaped(digits, separators, isPartOfWord)) return false
        // A letter of another script may stand here, or a dash.
        if (kind === HIGH) return false
        digits = 0
      }
      isFraction = false
      separatorsInARow = 0
      if (kind === QUOTE) {
        isInString = !isInString
        if (isInString) {
          stringStart = i
          if (isAddressKey(body, i + 1)) return false
        } else if (i - stringStart > SEARCH_TERM_LENGTH_MAX) return false
      } else if (!isInString) {
        if (kind === OPEN) {
          if (++depth > DEPTH_MAX) return false
        } else if (kind === CLOSE) depth--
      }
    }
    previous = kind
  }
  return true
}

function isNumberShaped(digits: number, separators: number, isPartOfWord: boolean): boolean {
  return !isPartOfWord && digits >= 9 && (separators > 0 || digits >= 13)
}

/** `ip"`, `IP"`, `ip_…` and `ipA…`, but not the name of a telephone. */
function isAddressKey(body: Uint8Array, at: number): boolean {
  const first = body[at]
  const second = body[at + 1]
  const third = body[at + 2]
  if (first === 0x49 && second === 0x50) return third === 0x22
  return first === 0x69 && second === 0x70 && (third === 0x22 || third === 0x5f || third === 0x41)
}

const OTHER = 0
const WORD = 1
const DIGIT = 2
const SEPARATOR = 3
const QUOTE = 4
const OPEN = 5
const CLOSE = 6
const HIGH = 7
const ALARM = 8
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
  if (character === '"') return QUOTE
  if (/[{[]/.test(character)) return OPEN
  return /[}\]]/.test(character) ? CLOSE : OTHER
}
