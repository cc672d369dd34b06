import type { FieldError } from '@foyer/contracts'
import { Problem } from '../../../platform/errors.ts'
import type { SourceFile, SourceRow } from './source-row.ts'
import { readXml, withReferences, type XmlElement } from './xml.ts'

/**
 * Titles as Media RSS 1.5.1 (https://www.rssboard.org/media-rss), one `<item>` a title, its `<guid>` the id. An element of
 * the item wins over one in its `media:content` or `media:group`. What MRSS cannot say (a series' seasons and episodes)
 * is said by `kind`, `parentId` and `number` of the namespace `https://foyer.dev/ns/catalogue`.
 */
export function readMrssTitles(text: string): SourceFile {
  const document = readXml(text)
  const rss = document.children.get('rss')?.[0]
  const feed = rss?.children.get('channel')?.[0]
  if (!rss || !feed)
    throw new Problem('import.unreadable', 'The file is XML, but not a feed: no <rss><channel>.')
  const prefixes = prefixesOf({ ...feed.attributes, ...rss.attributes })
  const unknown = new Set<string>()
  const rows = (feed.children.get('item') ?? []).map((item, index) =>
    readItem(item, index + 1, prefixes, unknown),
  )
  return { rows, unknownColumns: [...unknown] }
}

const NAMESPACES = {
  media: 'http://search.yahoo.com/mrss/',
  dcterms: 'http://purl.org/dc/terms/',
  foyer: 'https://foyer.dev/ns/catalogue',
} as const
type Prefixes = Readonly<Record<keyof typeof NAMESPACES, string>>

/** Prefixes as the feed binds them; the usual ones where it binds none. */
function prefixesOf(attributes: Readonly<Record<string, string>>): Prefixes {
  const found: Record<string, string> = { media: 'media', dcterms: 'dcterms', foyer: 'foyer' }
  for (const [attribute, uri] of Object.entries(attributes)) {
    if (!attribute.startsWith('xmlns:')) continue
    for (const [name, namespace] of Object.entries(NAMESPACES)) {
      if (uri.replace(/\/$/, '') === namespace.replace(/\/$/, '')) found[name] = attribute.slice(6)
    }
  }
  return found as Prefixes
}

function readItem(item: XmlElement, row: number, prefixes: Prefixes, unknown: Set<string>): SourceRow {
  const fields: Record<string, unknown> = {}
  const faults: FieldError[] = []
  const names = new Map<string, string>()
  const find = finder(item, prefixes)

  /** Reads the elements of one name into a field, if there are any. */
  function take(element: string, field: string, read: (found: readonly XmlElement[]) => unknown): void {
    const found = find(element)
    if (found.length === 0 || fields[field] !== undefined) return
    try {
      const value = read(found)
      if (value === undefined) return
      fields[field] = value
      names.set(field, element)
    } catch (error) {
      if (!(error instanceof UnreadableElement)) throw error
      faults.push({ field: element, message: error.message })
    }
  }

  take('guid', 'id', text)
  take('media:title', 'name', text)
  take('title', 'name', text)
  take('media:description', 'synopsis', plainText)
  take('description', 'synopsis', plainText)
  take('media:keywords', 'keywords', (found) => words(found[0]!.text, ','))
  take('media:category', 'categories', labels)
  take('category', 'categories', labels)
  take('media:content', 'durationMs', durationOf)
  take('media:rating', 'ageRating', ratingOf)
  take('media:restriction', 'rights', rightsOf)
  take('media:credit', 'people', (found) =>
    found.map(({ text, attributes }) => ({ name: text, role: attributes['role'] ?? 'unknown' })),
  )
  take('media:thumbnail', 'images', (found) => ({ thumbnail: found[0]!.attributes['url'] ?? '' }))
  take('dcterms:valid', 'windows', (found) => found.map(({ text }) => windowOf(text)))
  take(
    'dcterms:issued',
    'releaseDate',
    (found) => /^\d{4}-\d\d-\d\d/.exec(found[0]!.text)?.[0] ?? found[0]!.text,
  )
  take('foyer:kind', 'kind', text)
  take('media:content', 'kind', (found) =>
    found.every(({ attributes: { medium, type } }) => medium === 'audio' || type?.startsWith('audio/'))
      ? 'audio'
      : 'movie',
  )
  take('foyer:parentId', 'parentId', text)
  take('foyer:number', 'number', (found) => Number(found[0]!.text))
  fields['kind'] ??= 'movie'
  noteUnknown(item, prefixes, unknown)
  return { row, fields, faults, nameOf: (path) => names.get(path.split('.')[0]!) ?? path }
}

class UnreadableElement extends Error {}

/** Elements of a name in an item, its group and its content; the nearest place that has any. */
function finder(item: XmlElement, prefixes: Prefixes): (element: string) => readonly XmlElement[] {
  const written = (element: string) => {
    const [space, name] = element.split(':')
    return name === undefined ? element : `${prefixes[space as keyof Prefixes]}:${name}`
  }
  const groups = item.children.get(written('media:group')) ?? []
  const contents = [item, ...groups].flatMap((place) => place.children.get(written('media:content')) ?? [])
  return (element) => {
    if (element === 'media:content') return contents
    for (const places of [[item], groups, contents]) {
      const found = places.flatMap((place) => place.children.get(written(element)) ?? [])
      if (found.length > 0) return found
    }
    return []
  }
}

const text = (found: readonly XmlElement[]) => (found[0]!.text === '' ? undefined : found[0]!.text)

/** Descriptions are HTML unless they say that they are not: its tags go, its words stay. */
function plainText(found: readonly XmlElement[]): string | undefined {
  const { text, attributes } = found[0]!
  const isPlain = attributes['type'] === 'plain'
  const plain = isPlain ? text : withReferences(text.replaceAll(/<[^<>]*>/g, ' ')).replaceAll(/[ \t]+/g, ' ')
  return plain.trim() === '' ? undefined : plain.trim()
}

const words = (list: string, separator: string) =>
  list
    .split(separator)
    .map((word) => word.trim())
    .filter((word) => word !== '')

const labels = (found: readonly XmlElement[]) =>
  found.map(({ text, attributes }) => attributes['label'] ?? text).filter((label) => label !== '')

/** The longest content: others are trailers or the same in other renditions. MRSS counts seconds. */
function durationOf(found: readonly XmlElement[]): number | undefined {
  const durations = found.flatMap(({ attributes: { duration } }) =>
    duration === undefined ? [] : [duration],
  )
  if (durations.length === 0) return undefined
  const wrong = durations.find((duration) => !/^\d+(\.\d+)?$/.test(duration))
  if (wrong !== undefined) throw new UnreadableElement(`duration ${wrong} is not a number of seconds`)
  return Math.round(Math.max(...durations.map(Number)) * 1000)
}

/** Marks of the schemes that MRSS names, with the youngest age. Sources: MPA, TV Parental Guidelines. */
const MINIMUM_AGES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  simple: { nonadult: 0, adult: 18 },
  mpaa: { g: 0, pg: 0, 'pg-13': 13, r: 17, 'nc-17': 18 },
  'v-chip': { 'tv-y': 0, 'tv-y7': 7, 'tv-g': 0, 'tv-pg': 0, 'tv-14': 14, 'tv-ma': 17 },
}

function ratingOf(found: readonly XmlElement[]): unknown {
  const { text: value, attributes } = found[0]!
  const scheme = (attributes['scheme'] ?? 'urn:simple').replace(/^urn:/i, '')
  const age =
    MINIMUM_AGES[scheme.toLowerCase()]?.[value.toLowerCase()] ?? /^(?:\D*)(\d{1,2})\+?$/.exec(value)?.[1]
  if (age === undefined) {
    throw new UnreadableElement(`no age is known for ${value} of ${scheme}; write the age, such as 12`)
  }
  return { scheme, value, minimumAge: Number(age) }
}

/** A restriction of no type is of everything: `deny` of `all`, or `allow` of `none`. */
function admitsNobody({ text, attributes: { type, relationship } }: XmlElement): boolean {
  return type === undefined && text.trim().toLowerCase() === (relationship === 'allow' ? 'none' : 'all')
}

function rightsOf(found: readonly XmlElement[]): unknown {
  if (found.some(admitsNobody))
    throw new UnreadableElement('nobody may play it anywhere: name countries, or leave the item out')
  const byCountry = found.filter(({ attributes }) => attributes['type'] === 'country')
  const [restriction] = byCountry
  if (!restriction) return undefined
  if (byCountry.length > 1) throw new UnreadableElement('more than one restriction by country')
  const mode = restriction.attributes['relationship']
  if (mode !== 'allow' && mode !== 'deny')
    throw new UnreadableElement('relationship is neither allow nor deny')
  return { mode, countries: words(restriction.text, ' ').map((country) => country.toUpperCase()) }
}

/** A DCMI period: `start=2026-01-01T00:00Z; end=2026-12-31T23:00Z; scheme=W3C-DTF`. A day alone begins at midnight UTC. */
function windowOf(period: string): { from: string | null; to: string | null } {
  const parts = new Map(
    words(period, ';').map((part) => {
      const [name = '', value = ''] = part.split('=')
      return [name.trim().toLowerCase(), value.trim()] as const
    }),
  )
  if (!parts.has('start') && !parts.has('end')) {
    throw new UnreadableElement('is not a DCMI period with start= or end=')
  }
  const time = (name: string) => {
    const value = parts.get(name)
    if (value === undefined || value === '') return null
    const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?$/.test(value)
    if (!isTime || Number.isNaN(Date.parse(value)))
      throw new UnreadableElement(`${name} is not a time with a zone`)
    return new Date(value).toISOString()
  }
  return { from: time('start'), to: time('end') }
}

/** Elements that are read here, or that say nothing of a title (addresses of pages, comments). */
const KNOWN = new Set(
  [
    'guid title description category link pubDate author comments enclosure source',
    'media:title media:description media:keywords media:category media:content media:group media:rating',
    'media:restriction media:credit media:thumbnail dcterms:valid dcterms:issued',
    'foyer:kind foyer:parentId foyer:number',
  ].flatMap((names) => names.split(' ')),
)

function noteUnknown(item: XmlElement, prefixes: Prefixes, unknown: Set<string>): void {
  const usual = new Map(Object.entries(prefixes).map(([name, prefix]) => [prefix, name]))
  for (const name of item.children.keys()) {
    const [space = '', local] = name.split(':')
    const known = local === undefined ? name : `${usual.get(space) ?? space}:${local}`
    if (!KNOWN.has(known)) unknown.add(name)
  }
}
