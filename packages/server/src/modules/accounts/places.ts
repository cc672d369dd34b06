import countries from 'i18n-iso-countries'
import { iso31662 } from 'iso-3166'

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
 * ISO 3166-2 code of a region given as a code (`US-CA`, or `CA` with its country) or a name (`California`); null when the
 * country has no such region. Without a country only a whole code is understood.
 */
export function regionCodeOf(text: string, country: string | null): string | null {
  const whole = text.trim().toUpperCase()
  if (regionCodes().has(whole)) return country === null || whole.startsWith(`${country}-`) ? whole : null
  if (country === null) return null
  const short = `${country}-${whole}`
  if (regionCodes().has(short)) return short
  return regionsByCountry().get(country)?.get(fold(text)) ?? null
}

/** Country of an ISO 3166-2 code. */
export function countryOfRegion(code: string): string {
  return code.slice(0, 2)
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

const regionCodes = once(() => new Set(iso31662.map((region) => region.code)))

/** Names by country. A name that two regions share belongs to the one higher up (Luxembourg, La Rioja). */
const regionsByCountry = once(() => {
  const byCountry = new Map<string, Map<string, string>>()
  const higherFirst = iso31662.toSorted((a, b) => Number(a.parent.length > 2) - Number(b.parent.length > 2))
  for (const region of higherFirst) {
    const country = countryOfRegion(region.code)
    let names = byCountry.get(country)
    if (!names) byCountry.set(country, (names = new Map()))
    for (const name of namesOfRegion(region.name)) {
      const key = fold(name)
      if (key !== '' && !names.has(key)) names.set(key, region.code)
    }
  }
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
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

/** Made at first use: reading all names takes some 20 ms, which processes without viewers need not spend. */
function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
