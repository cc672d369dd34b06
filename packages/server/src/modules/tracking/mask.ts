import { isCardNumber, maskPersonal, maskPersonalInId } from '../../platform/personal.ts'
import { truncateAddress } from './mask-address.ts'

/**
 * What is cut from a body before it is written: e-mail-, phone- and card-shaped values wherever they stand (keys too),
 * queries and fragments of URLs, the last part of addresses. What was declared to be measured stays readable: titles,
 * names of events, positions, dates, ids, search terms.
 */

/** Levels of nesting in a body. JSON that is nested deeper is refused before anything walks through it. */
export const DEPTH_MAX = 32

/** Masks everything in an object or array, in place. Not deeper than `DEPTH_MAX`: see `isDeeperThan`. */
export function maskTree(node: object): void {
  if (Array.isArray(node)) {
    for (let i = 0; i < node.length; i++) node[i] = maskValue('', node[i])
    return
  }
  const record = node as Record<string, unknown>
  for (const key of Object.keys(record)) {
    const value = maskValue(key, record[key])
    const maskedKey = maskPersonal(key)
    if (maskedKey !== key) delete record[key]
    record[maskedKey] = value
  }
}

/** One value under its key. Objects and arrays are masked in place; an array's values have their array's key. */
export function maskValue(key: string, value: unknown): unknown {
  if (typeof value === 'string') return maskText(key, value)
  if (typeof value === 'number') return isCardNumber(value) ? '[card]' : value
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = maskValue(key, value[i])
    return value
  }
  if (value !== null && typeof value === 'object') maskTree(value)
  return value
}

function maskText(key: string, text: string): string {
  if (ADDRESS_KEY.test(key)) return truncateAddress(text) ?? ''
  if (URL_KEY.test(key)) return maskPersonal(withoutQuery(text))
  return ID_KEY.test(key) ? maskPersonalInId(text) : maskPersonal(withoutQueries(text))
}

const ADDRESS_KEY = /^(?:ip|IP|ip_address|ipAddress)$/
const URL_KEY = /(?:url|uri|href|referr?er|path|link)$/i
const ID_KEY = /(?:^id|Id|ID|_id|isbn|ean|sku|code|version)$/

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
