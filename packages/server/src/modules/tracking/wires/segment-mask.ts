import { SEGMENT_LIMITS } from '@foyer/contracts'
import { maskTree } from '../mask.ts'

type Fields = Record<string, unknown>

/**
 * The properties of a message, masked: beside what has the shape of an address or a number of a person, what stands
 * under a name that says that it is one. Of a search term is kept what a person would type.
 */
export function maskProperties(properties: Fields): Fields {
  maskTree(properties)
  for (const key of Object.keys(properties)) {
    const value = properties[key]
    const name = plainName(key)
    if (PERSONAL_NAMES.has(name)) properties[key] = '[personal]'
    else if (typeof value === 'string' && SEARCH_NAMES.has(name)) properties[key] = searchTerm(value)
    else if (value !== null && typeof value === 'object') maskProperties(value as Fields)
  }
  return properties
}

const SEARCH_NAMES = new Set('q query search searchterm searchterms searchquery keyword keywords'.split(' '))

/** `search` also is the query of a page's URL in Segment's context: that is cut like every query. */
function searchTerm(text: string): string {
  return text.startsWith('?') ? '' : text.slice(0, SEGMENT_LIMITS.searchTermLengthMax)
}

/** Segment's context without who it is about: traits, tokens, exact place, advertising ids; addresses truncated. */
export function maskContext(context: Fields): Fields {
  const { traits: _traits, viewerToken: _token, ...kept } = context
  for (const [group, names] of Object.entries(DROPPED)) {
    const fields = kept[group]
    if (fields === null || typeof fields !== 'object') continue
    const rest: Fields = { ...fields }
    for (const name of names) delete rest[name]
    kept[group] = rest
  }
  return maskProperties(kept)
}

const DROPPED: Readonly<Record<string, readonly string[]>> = {
  location: ['latitude', 'longitude'],
  device: ['advertisingId', 'name', 'token'],
}

/** Names of values that name, reach or charge a person or let somebody in, without their separators and in lower case. */
const PERSONAL_NAMES = new Set(
  [
    'email emailaddress mail phone phonenumber telephone mobile mobilenumber msisdn',
    'firstname lastname middlename fullname surname givenname familyname username',
    'birthday birthdate dateofbirth dob street streetaddress postaladdress',
    'password passwd secret accesstoken refreshtoken idtoken authorization viewertoken',
    'cardnumber creditcard cvv cvc iban accountnumber ssn nationalid passportnumber',
  ].flatMap((line) => line.split(' ')),
)

function plainName(key: string): string {
  return key.replace(/[\s_-]/g, '').toLowerCase()
}
