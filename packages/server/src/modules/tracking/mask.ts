import { SEGMENT_LIMITS } from '@foyer/contracts'
import { isCardNumber, maskPersonal, maskPersonalInId } from '../../platform/personal.ts'
import { truncateAddress } from './mask-address.ts'
import { nameKind, type NameKind } from './mask-names.ts'

/**
 * What is cut from a body before it is written: e-mail-, phone- and card-shaped values wherever they stand (keys too),
 * whatever stands under a name that says that it is personal (`mask-names.ts`), queries and fragments of URLs, the last
 * part of addresses. What was declared to be measured stays readable: titles, names of events, positions, dates, ids,
 * search terms.
 */

/** Levels of nesting in a body. JSON that is nested deeper is refused before anything walks through it. */
export const DEPTH_MAX = 32

/** Masks everything in an object or array, in place. Not deeper than `DEPTH_MAX`: see `isDeeperThan`. */
export function maskTree(node: object): void {
  maskFields(node, false)
}

/** In an object that describes a person, a `name` is the person's. */
function maskFields(node: object, isOfPerson: boolean): void {
  if (Array.isArray(node)) {
    for (let i = 0; i < node.length; i++) node[i] = maskValue('', node[i])
    return
  }
  const record = node as Record<string, unknown>
  for (const key of Object.keys(record)) {
    const value = maskValue(isOfPerson && NAME_KEY.test(key) ? 'username' : key, record[key])
    const maskedKey = truncateAddress(key) ?? maskPersonal(key)
    if (maskedKey !== key) delete record[key]
    record[maskedKey] = value
  }
}

const NAME_KEY = /^name$/i

/** One value under its key. Objects and arrays are masked in place; an array's values have their array's key. */
export function maskValue(key: string, value: unknown): unknown {
  if (value === null || typeof value === 'boolean') return value
  const kind = nameKind(key)
  if (kind === 'personal') return isBlanked(value) ? value : '[personal]'
  if (typeof value === 'string') return maskText(kind, value)
  if (typeof value === 'number') return maskNumber(value)
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = maskValue(key, value[i])
    return value
  }
  if (typeof value === 'object') maskFields(value, kind === 'person')
  return value
}

/** What JSON can say and no double holds, as 1e999, would be written as null: it is kept as the text `Infinity`. */
function maskNumber(value: number): unknown {
  if (!Number.isFinite(value)) return String(value)
  return isCardNumber(value) ? '[card]' : value
}

/** Nothing, or overwritten already. */
function isBlanked(value: unknown): boolean {
  return typeof value === 'string' && /^\**$/.test(value)
}

function maskText(kind: NameKind, text: string): string {
  // What is an address, and nothing else, is one under any name.
  const address = truncateAddress(text)
  if (address !== null || kind === 'address') return address ?? ''
  if (kind === 'search') return maskPersonal(withoutQueries(searchTerm(text)))
  if (kind === 'url') return maskPersonal(withoutQuery(text))
  return kind === 'id' ? maskPersonalInId(text) : maskPersonal(withoutQueries(text))
}

/** What a person would type. `search` also is the query of a page's URL in Segment's context: cut like every query. */
function searchTerm(text: string): string {
  return text.startsWith('?') ? '' : text.slice(0, SEGMENT_LIMITS.searchTermLengthMax)
}

/** A URL or path up to its query or fragment. */
export function withoutQuery(url: string): string {
  const end = url.search(/[?#]/)
  return end < 0 ? url : url.slice(0, end)
}

/** The same for URLs anywhere in a text. */
function withoutQueries(text: string): string {
  if (!text.includes('://')) return text
  return text.replace(/[^\s"'<>]+/g, (word) => (word.includes('://') ? withoutQuery(word) : word))
}

/** Whether objects and arrays are nested deeper than so many levels. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false
  if (levels === 0) return true
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    if (isDeeperThan(inner, levels - 1)) return true
  }
  return false
}

/**
 * Whether JSON of so many bytes at most is made of a value, without making it. Strings count three times at first: only
 * what may be too large is measured.
 */
export function isJsonLargerThan(value: unknown, bytesMax: number): boolean {
  return jsonBytesAtMost(value, bytesMax) > bytesMax && Buffer.byteLength(JSON.stringify(value)) > bytesMax
}

function jsonBytesAtMost(value: unknown, enough: number): number {
  if (typeof value === 'string') return value.length * 6 + 2
  if (value === null || typeof value !== 'object') return 25
  let bytes = 2
  for (const key in value) {
    bytes += key.length * 6 + 4 + jsonBytesAtMost((value as Record<string, unknown>)[key], enough)
    if (bytes > enough) break
  }
  return bytes
}
