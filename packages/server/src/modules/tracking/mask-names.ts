/**
 * Names that say what stands under them. Keys are read word by word, whatever their case and separators: `customer_email`,
 * `customerEmail` and `Customer E-Mail` end in `email`. docs/guides/segment.md lists them for those who send events.
 */
export type NameKind =
  /** Names, reaches, places or charges a person, lets somebody in, or is what a person wrote: cut whole. */
  | 'personal'
  /** The address of a machine: truncated. */
  | 'address'
  /** What somebody searched for. */
  | 'search'
  /** An object that describes a person or a person's device, in which a `name` is given by the person. */
  | 'person'
  | 'url'
  | 'id'
  | 'plain'

const words = (...lines: string[]): ReadonlySet<string> => new Set(lines.flatMap((line) => line.split(' ')))

/** Personal also at the end of a longer name, as in `customerEmail`, and with a number behind, as in `surname2`. */
const PERSONAL_ENDINGS = words(
  'email emails emailaddress mail phone phoneno phonenumber telephone telephoneno telephonenumber tel telno',
  'mobileno mobilenumber mobilephone cellphone homephone workphone msisdn fax faxno faxnumber',
  'firstname lastname middlename fullname surname givenname familyname username displayname nickname nick maidenname',
  'realname legalname screenname customername viewername membername subscribername profilename contactname',
  'accountname holdername cardholder cardholdername recipientname devicename',
  'birthday birthdate dateofbirth dob',
  'address addresses address1 address2 addressline1 addressline2 addressline street streetaddress streetname',
  'housenumber postalcode postcode zip zipcode',
  'password passwd passphrase passcode secret token apikey authorization cookie credential credentials',
  'cardnumber creditcard cvv cvc iban accountnumber ssn nationalid nationalidnumber passport passportno passportnumber',
  'taxid taxnumber dni nif nie cpf curp nino',
  // The operator's own id of a person: sealed where it stands as the message's, so nowhere else in the clear.
  'userid viewerid customerid subscriberid memberid',
  'useragent advertisingid idfa idfv gaid',
)
/** Personal alone only: at the end of longer names they mean something else. */
const PERSONAL_WHOLE = words(
  'mobile pwd traits latitude longitude lat lng lon coordinates',
  'comment comments note notes feedback freetext reviewtext chatmessage',
)
const ADDRESS_ENDINGS = words(
  'ip ipaddress ipaddr ipv4 ipv6 remoteaddr remoteaddress hostaddress forwardedfor xforwardedfor',
)
const SEARCH_WHOLE = words('q query search searchterm searchterms searchquery keyword keywords')
const PERSON_WHOLE = words('user customer viewer member subscriber person profile account contact device')

const URL_KEY = /(?:url|uri|href|referr?er|path|link)$/i
const ID_KEY = /(?:^id|Id|ID|_id|isbn|ean|sku|code|version)$/

/** What a key says of its value. */
export function nameKind(key: string): NameKind {
  const known = kinds.get(key)
  if (known !== undefined) return known
  const kind = readKind(key)
  if (key.length > REMEMBERED_LENGTH_MAX) return kind
  if (kinds.size >= REMEMBERED_MAX) kinds.clear()
  kinds.set(key, kind)
  return kind
}

/** Clients send the same keys for ever. */
const kinds = new Map<string, NameKind>()
const REMEMBERED_MAX = 4_000
const REMEMBERED_LENGTH_MAX = 64
/** Of a longer key the end is read. */
const READ_LENGTH_MAX = 128

function readKind(key: string): NameKind {
  const parts = key
    .slice(-READ_LENGTH_MAX)
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(SEPARATORS)
    .filter((part) => part !== '')
  const whole = parts.join('')
  if (endsIn(parts, ADDRESS_ENDINGS)) return 'address'
  if (PERSONAL_WHOLE.has(whole) || endsIn(parts, PERSONAL_ENDINGS)) return 'personal'
  if (NUMBERED.test(whole) && endsIn(withoutNumber(parts), PERSONAL_ENDINGS)) return 'personal'
  // `user.name` and `user_name`, as flattened objects have it.
  if (parts.length > 1 && parts.at(-1) === 'name' && PERSON_WHOLE.has(parts.at(-2)!)) return 'personal'
  if (SEARCH_WHOLE.has(whole)) return 'search'
  if (PERSON_WHOLE.has(whole)) return 'person'
  if (URL_KEY.test(key)) return 'url'
  return ID_KEY.test(key) ? 'id' : 'plain'
}

const SEPARATORS = /[^\p{L}\p{N}]+/u

const NUMBERED = /\D\d{1,2}$/

function withoutNumber(parts: readonly string[]): string[] {
  const last = parts.at(-1)!.replace(/\d+$/, '')
  return last === '' ? parts.slice(0, -1) : [...parts.slice(0, -1), last]
}

function endsIn(parts: readonly string[], names: ReadonlySet<string>): boolean {
  let ending = ''
  for (let at = parts.length - 1; at >= 0; at--) {
    ending = parts[at]! + ending
    if (names.has(ending)) return true
  }
  return false
}

/**
 * Whether a key, by its last four bytes of UTF-8, may be of a kind that is not seen by the shape of its value: for a scan
 * of bytes, which then asks `nameKind`. Endings of fewer letters are told by what they have.
 */
export function mayTell(bytes: Uint8Array, from: number, to: number): boolean {
  const length = to - from
  const last = LETTERS[bytes[to - 1]!]!
  if (last === 0) return true
  if (length === 1) return ENDINGS[placeOf(0, 0, 0, last)] === 1
  const second = LETTERS[bytes[to - 2]!]!
  if (second === 0) return true
  // Most keys end in two letters in which no name ends.
  if (PAIRS[(second << 5) | last] === 0) return false
  if (ENDINGS[placeOf(0, 0, second, last)] === 1) return true
  const third = length > 2 ? LETTERS[bytes[to - 3]!]! : OTHER
  if (third === 0 || ENDINGS[placeOf(0, third, second, last)] === 1) return true
  const fourth = length > 3 ? LETTERS[bytes[to - 4]!]! : OTHER
  return fourth === 0 || ENDINGS[placeOf(fourth, third, second, last)] === 1
}

const ENDINGS_BITS = 14
/** 2³² by the golden ratio: what differs in one letter lands far apart (Knuth, TAOCP 3, 6.4). */
const GOLDEN = 0x9e3779b1

/** What a key says of its value, by its UTF-8: without reading it again where the last one that ended so was the same. */
export function kindOfKey(bytes: Uint8Array, from: number, to: number): NameKind {
  const place = lastOf(bytes, from, to)
  const known = lastKeys[place]
  if (known && isSame(known.bytes, bytes, from, to)) return known.kind
  const key = new Uint8Array(bytes.subarray(from, to))
  const kind = nameKind(textDecoder.decode(key))
  if (key.length <= REMEMBERED_LENGTH_MAX) lastKeys[place] = { bytes: key, kind }
  return kind
}

const textDecoder = new TextDecoder()
const lastKeys: ({ readonly bytes: Uint8Array; readonly kind: NameKind } | undefined)[] = Array.from({
  length: 256,
})

/** A place among `lastKeys` by a key's last two bytes. */
function lastOf(bytes: Uint8Array, from: number, to: number): number {
  return (bytes[to - 1]! * 31 + (to - from > 1 ? bytes[to - 2]! : 0)) & 255
}

function isSame(known: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (known.length !== to - from) return false
  for (let at = 0; at < known.length; at++) if (known[at] !== bytes[from + at]) return false
  return true
}

/** A small table stays in the processor's cache; that two endings share a place costs a look, no more. */
function placeOf(fourth: number, third: number, second: number, last: number): number {
  return Math.imul((fourth << 15) | (third << 10) | (second << 5) | last, GOLDEN) >>> (32 - ENDINGS_BITS)
}

/** Stands for no letter. */
const OTHER = 31

/** A letter's number, whatever its case; 0 for anything else. */
const LETTERS = new Uint8Array(256)
for (let letter = 1; letter <= 26; letter++) LETTERS[0x40 + letter] = LETTERS[0x60 + letter] = letter

const ENDINGS = new Uint8Array(2 ** ENDINGS_BITS)
const PAIRS = new Uint8Array(1_024)
for (const name of [
  ...PERSONAL_ENDINGS,
  ...PERSONAL_WHOLE,
  ...ADDRESS_ENDINGS,
  ...SEARCH_WHOLE,
  ...PERSON_WHOLE,
  'name',
]) {
  const numbers = [...name].map((letter) => LETTERS[letter.charCodeAt(0)]!)
  const [last = 0, second = 0, third = 0, fourth = 0] = numbers.reverse()
  ENDINGS[placeOf(fourth, third, second, last)] = 1
  PAIRS[(second << 5) | last] = 1
}
