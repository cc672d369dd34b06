import countries from 'i18n-iso-countries'
import type { CountryRights, FieldError, PlatformName, Title } from '@foyer/contracts'
import type { Item, ItemKind } from './item.ts'

/** The rules of the catalogue, pure. */

/** Where and when somebody wants to play. */
export interface Place {
  /** ISO 3166-1 alpha-2; empty or undefined when it is not known. */
  readonly country?: string | undefined
  /** Epoch milliseconds. */
  readonly at: number
  readonly platform?: PlatformName | undefined
}

/** The part of a title that availability depends on. */
export type Availability = Pick<Title, 'windows' | 'rights' | 'deletedAt'>

/**
 * Whether a title may be played there and then. Rights are a promise to their owner, so what is not known counts against:
 * without a country no title that has country rights, without a platform no window that names one.
 * A season's or series' own rules bind its episodes: give the title and its ancestors, all must agree.
 */
export function isAvailable(title: Availability | readonly Availability[], place: Place): boolean {
  const lineage = Array.isArray(title) ? (title as readonly Availability[]) : [title as Availability]
  return lineage.every(
    (entry) =>
      entry.deletedAt === null &&
      isAllowedIn(entry.rights, place.country) &&
      (entry.windows.length === 0 || entry.windows.some((window) => isOpen(window, place))),
  )
}

function isAllowedIn(rights: CountryRights | null, country: string | undefined): boolean {
  if (!rights) return true
  if (!country) return false
  return rights.countries.includes(country) === (rights.mode === 'allow')
}

function isOpen(window: Title['windows'][number], { at, platform }: Place): boolean {
  if (window.platform !== null && window.platform !== platform) return false
  if (window.from !== null && at < Date.parse(window.from)) return false
  return window.to === null || at < Date.parse(window.to)
}

/** The kinds that an entry of a kind may belong to. A ladder without loops, so that no cycle can be made. */
export const PARENT_KINDS: Readonly<Record<ItemKind, readonly ItemKind[]>> = {
  movie: [],
  series: [],
  season: ['series'],
  episode: ['season', 'series'],
  audio: [],
  channel: [],
}

/** What is wrong with an entry's place in the hierarchy, or null. */
export function parentFault(
  item: Pick<Item, 'id' | 'kind' | 'parentId'>,
  parent: Pick<Item, 'id' | 'kind' | 'deletedAt'> | undefined,
): string | null {
  const allowed = PARENT_KINDS[item.kind]
  if (item.parentId === null)
    return item.kind === 'season' ? 'a season needs the series that it belongs to' : null
  // The parent is known as it was before this write, so the ladder of kinds does not see an entry that becomes its own.
  if (item.parentId === item.id) return 'a title does not belong to itself'
  if (allowed.length === 0) return `a ${item.kind} belongs to nothing`
  if (!parent || parent.deletedAt !== null) return `there is no title ${item.parentId}`
  if (!allowed.includes(parent.kind)) {
    return `a ${item.kind} belongs to a ${allowed.join(' or ')}, and ${item.parentId} is a ${parent.kind}`
  }
  return null
}

/** What is wrong with an entry by itself, beyond what its schema checks. */
export function itemFaults(item: Item): FieldError[] {
  const faults: FieldError[] = []
  if (item.name === '') faults.push({ field: 'name', message: 'a new entry needs a name' })
  if (item.creditsStartMs !== null && item.durationMs !== null && item.creditsStartMs > item.durationMs) {
    faults.push({ field: 'creditsStartMs', message: 'lies after the end (durationMs)' })
  }
  for (const country of item.rights?.countries ?? []) {
    if (!COUNTRIES.has(country)) {
      faults.push({ field: 'rights.countries', message: `${country} is no ISO 3166-1 alpha-2 code` })
    }
  }
  return faults
}

/** Officially assigned codes, and XK (Kosovo), which ISO leaves to users and every address database uses. */
const COUNTRIES = new Set([...Object.keys(countries.getAlpha2Codes()), 'XK'])
