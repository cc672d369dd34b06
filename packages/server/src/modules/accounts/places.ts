import countries from 'i18n-iso-countries'
import { iso31662 } from 'iso-3166'
import { englishRegionNames, OTHER_REGION_NAMES } from './region-names.ts'

/**
 * Places as people and files write them, brought to codes: countries to ISO 3166-1 alpha-2, regions to ISO 3166-2.
 * Nothing is guessed: what is not known under exactly that name or code stays unknown.
 */

/** Alpha-2 code of a country given as alpha-2, alpha-3 or a name in one of a few languages; null when unknown. */
export function countryCodeOf(text: string): string | null {
  const key = fold(text)
  if (key === '') return null
  return countriesByKey().get(key) ?? null
}

/**
 * ISO 3166-2 code of a region given as a code (`US-CA`, or `CA` with its country) or a name, of ISO 3166-2 or in English
 * (`Bayern`, `Bavaria`); null when the country has no such region. Without a country only a whole code is understood.
 */
export function regionCodeOf(text: string, country: string | null): string | null {
  const whole = text.trim().toUpperCase()
  if (regionNames().has(whole)) return country === null || whole.startsWith(`${country}-`) ? whole : null
  if (country === null) return null
  const short = `${country}-${whole}`
  if (regionNames().has(short)) return short
  return regionsByCountry().get(country)?.get(fold(text)) ?? null
}

/** Country of an ISO 3166-2 code. */
export function countryOfRegion(code: string): string {
  return code.slice(0, 2)
}

/** Regions of a country whose names are most like a text, for whoever mistyped one: `ES-CT (Catalunya)`. */
export function nearestRegions(text: string, country: string): string[] {
  const given = pairsOf(fold(text))
  const best = new Map<string, number>()
  for (const [name, code] of regionsByCountry().get(country) ?? [])
    best.set(code, Math.max(best.get(code) ?? 0, likeness(given, pairsOf(name))))
  return [...best]
    .filter(([, score]) => score >= LIKENESS_MIN)
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, NEAREST_MAX)
    .map(([code]) => labelOf(code))
}

/** A region of the country as an example of what is understood; null when ISO 3166-2 divides the country no further. */
export function someRegion(country: string): string | null {
  const first = regionsByCountry().get(country)?.values().next()
  return first?.value === undefined ? null : labelOf(first.value)
}

function labelOf(code: string): string {
  return `${code} (${regionNames().get(code)})`
}

/** Above it, names of one country that have nothing to do with one another are rarely found. */
const LIKENESS_MIN = 0.4
const NEAREST_MAX = 3

/** Neighbouring letters, blanks left aside. */
function pairsOf(folded: string): Set<string> {
  const letters = folded.replaceAll(' ', '')
  return new Set(
    Array.from({ length: Math.max(0, letters.length - 1) }, (_, at) => letters.slice(at, at + 2)),
  )
}

/** Dice's coefficient: 1 for the same pairs, 0 for none in common. */
function likeness(a: Set<string>, b: Set<string>): number {
  const common = [...a].filter((pair) => b.has(pair)).length
  return common === 0 ? 0 : (2 * common) / (a.size + b.size)
}

/** Languages in which names of countries are understood; where two disagree, the first wins. */
const LANGUAGES = ['en', 'es', 'pt', 'fr', 'de', 'it', 'nl', 'pl', 'tr', 'ru']

/** What people write and no list holds. UK is exceptionally reserved in ISO 3166-1 for the United Kingdom. */
const ALIASES = { UK: 'GB', England: 'GB', Scotland: 'GB', Wales: 'GB', 'Northern Ireland': 'GB' }

const countriesByKey = once(() => {
  const byKey = new Map<string, string>()
  const add = (name: string, code: string) => {
    const key = fold(name)
    if (!byKey.has(key)) byKey.set(key, code)
  }
  for (const [alpha2, alpha3] of Object.entries(countries.getAlpha2Codes())) {
    add(alpha2, alpha2)
    add(alpha3, alpha2)
  }
  for (const [name, code] of Object.entries(ALIASES)) add(name, code)
  for (const language of LANGUAGES) {
    for (const [code, names] of Object.entries(countries.getNames(language, { select: 'all' }))) {
      for (const name of names) add(name, code)
    }
  }
  return byKey
})

const regionNames = once(() => new Map<string, string>(iso31662.map((region) => [region.code, region.name])))

/**
 * Names by country. A name that two regions share belongs to the one higher up (Luxembourg, La Rioja), and a name of ISO
 * 3166-2 before any other.
 */
const regionsByCountry = once(() => {
  const byCountry = new Map<string, Map<string, string>>()
  const add = (code: string, names: readonly string[]) => {
    const country = countryOfRegion(code)
    let known = byCountry.get(country)
    if (!known) byCountry.set(country, (known = new Map()))
    for (const name of names) {
      const key = fold(name)
      if (key !== '' && !known.has(key)) known.set(key, code)
    }
  }
  const higherFirst = iso31662.toSorted((a, b) => Number(a.parent.length > 2) - Number(b.parent.length > 2))
  const english = Map.groupBy(englishRegionNames(), ([code]) => code)
  for (const { code, name } of higherFirst) add(code, namesOfRegion(name))
  for (const { code } of higherFirst) add(code, OTHER_REGION_NAMES[code] ?? [])
  for (const { code } of higherFirst)
    add(
      code,
      (english.get(code) ?? []).map(([, name]) => name),
    )
  return byCountry
})

/** `Asturias, Principado de`, `Bolzano, Bozen`, `Elgeyo/Marakwet`, `Puducherry (Pondicherry)`: the whole and its parts. */
function namesOfRegion(name: string): string[] {
  const parts = name.split(/[,/()]/).map((part) => part.trim())
  const turned = name.includes(', ') ? name.split(', ').reverse().join(' ') : name
  return [name, turned, ...parts.filter((part) => part.length > 2 && /^\p{Lu}/u.test(part))]
}

/** Letters and digits alone, without accents and case. */
function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[ıłøđħæœßþ]/g, (letter) => PLAIN[letter]!)
    .replaceAll('&', ' and ')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

/** Letters that Unicode takes for letters of their own and people without their keyboard write otherwise. */
const PLAIN: Record<string, string> = {
  ı: 'i',
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ħ: 'h',
  æ: 'ae',
  œ: 'oe',
  ß: 'ss',
  þ: 'th',
}

/** Made at first use: reading all names takes some 40 ms, which processes without viewers need not spend. */
function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
