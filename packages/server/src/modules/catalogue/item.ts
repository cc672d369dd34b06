import { isDeepStrictEqual } from 'node:util'
import type { Channel, ChannelFields, PlatformName, Title, TitleFields, TitleKind } from '@foyer/contracts'

/**
 * An entry of the catalogue inside this module: a title or a channel with every field present and in one form (times in
 * UTC, words without doubles), so that two entries that mean the same are equal.
 */
export interface Item extends Omit<Title, 'kind'> {
  readonly kind: ItemKind
}
export type ItemKind = TitleKind | 'channel'

/** What a write says of an entry: validated, fields left out where nothing is said. */
export type ItemFields = { [Field in keyof Omit<TitleFields, 'kind'>]?: TitleFields[Field] | undefined } & {
  kind?: ItemKind | undefined
}

/** The entry that a write makes of `before` (or of nothing), created or updated `at` (RFC 3339, UTC). */
export function writtenItem(id: string, fields: ItemFields, before: Item | undefined, at: string): Item {
  const given = normalFields(fields)
  const base = before ?? emptyItem(id, at)
  const item: Item = { ...base, ...given, deletedAt: null }
  // A year that was taken from the date follows it; one that was given stays.
  const isYearDerived = base.releaseYear === null || base.releaseYear === yearOf(base.releaseDate)
  if (given.releaseYear === null || (given.releaseYear === undefined && isYearDerived)) {
    item.releaseYear = yearOf(item.releaseDate)
  }
  return before && hasSameContent(item, before) ? before : { ...item, updatedAt: at }
}

/** Whether two states of an entry say the same; when they were written does not count. */
export function hasSameContent(a: Item, b: Item): boolean {
  return isDeepStrictEqual({ ...a, createdAt: '', updatedAt: '' }, { ...b, createdAt: '', updatedAt: '' })
}

/** Names of the fields in which two states differ, for the audit trail. */
export function changedFields(a: Item, b: Item): string[] {
  return (Object.keys(a) as (keyof Item)[]).filter(
    (key) => key !== 'createdAt' && key !== 'updatedAt' && !isDeepStrictEqual(a[key], b[key]),
  )
}

export function toTitle(item: Item): Title {
  if (item.kind === 'channel') throw new TypeError('a channel is no title')
  return { ...item, kind: item.kind }
}

/** What only titles have stays null and empty in a channel; the answer's schema leaves it out. */
export function toChannel(item: Item): Channel {
  return item
}

export function emptyItem(id: string, at: string): Item {
  return {
    id,
    kind: 'movie',
    name: '',
    parentId: null,
    number: null,
    originalName: null,
    synopsis: null,
    language: null,
    releaseDate: null,
    releaseYear: null,
    durationMs: null,
    creditsStartMs: null,
    ageRating: null,
    categories: [],
    keywords: [],
    people: [],
    windows: [],
    rights: null,
    localised: {},
    images: {},
    externalIds: {},
    createdAt: at,
    updatedAt: at,
    deletedAt: null,
  }
}

/** The fields that were given, in the form in which they are kept. */
function normalFields(fields: ItemFields): Partial<Item> {
  const normal: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue
    const normalise = NORMAL_FORMS[key as keyof typeof NORMAL_FORMS] as
      | ((given: unknown) => unknown)
      | undefined
    normal[key] = normalise ? normalise(value) : value
  }
  return normal
}

const yearOf = (day: string | null) => (day === null ? null : Number(day.slice(0, 4)))
const utc = (time: string | null) => (time === null ? null : new Date(time).toISOString())
const words = (list: string[] | null) => [...new Set(list)]
const sorted = <Value>(map: Record<string, Value> | null): Record<string, Value> =>
  Object.fromEntries(Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))

const NORMAL_FORMS = {
  categories: words,
  keywords: words,
  images: sorted<string>,
  externalIds: sorted<string>,
  people: (list: TitleFields['people']) =>
    (list ?? []).map((credit) => ({
      name: credit.name,
      role: credit.role,
      character: credit.character ?? null,
    })),
  windows: (list: ChannelFields['windows']) =>
    (list ?? []).map((window) => ({
      from: utc(window.from),
      to: utc(window.to),
      platform: (window.platform ?? null) satisfies PlatformName | null,
    })),
  rights: (rights: ChannelFields['rights']) =>
    rights ? { mode: rights.mode, countries: [...new Set(rights.countries)].sort() } : null,
  localised: (map: ChannelFields['localised']) =>
    sorted(
      Object.fromEntries(
        Object.entries(map ?? {})
          .map(
            ([language, text]) =>
              [language, { name: text.name ?? null, synopsis: text.synopsis ?? null }] as const,
          )
          .filter(([, text]) => text.name !== null || text.synopsis !== null),
      ),
    ),
} as const
