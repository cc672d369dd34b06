import { describe, expect, it } from 'vitest'
import { iso31662 } from 'iso-3166'
import { countryCodeOf, nearestRegions, regionCodeOf, someRegion } from './places.ts'
import { englishRegionNames, OTHER_REGION_NAMES } from './region-names.ts'

describe('a country', () => {
  it.each([
    ['ES', 'ES'],
    ['es', 'ES'],
    ['ESP', 'ES'],
    ['Spain', 'ES'],
    ['España', 'ES'],
    ['espana', 'ES'],
    ['Deutschland', 'DE'],
    ['United States', 'US'],
    ['United States of America', 'US'],
    ['USA', 'US'],
    ['UK', 'GB'],
    ['Brasil', 'BR'],
    ["Côte d'Ivoire", 'CI'],
    ['  france ', 'FR'],
  ])('%s is %s', (text, code) => {
    expect(countryCodeOf(text)).toBe(code)
  })

  it.each(['', ' ', 'XX', 'ZZZ', 'Narnia', '??', 'Spai', '__proto__', 'constructor', '1'])(
    '%j is unknown',
    (text) => {
      expect(countryCodeOf(text)).toBeNull()
    },
  )
})

describe('a region', () => {
  it.each([
    ['California', 'US', 'US-CA'],
    ['CA', 'US', 'US-CA'],
    ['US-CA', 'US', 'US-CA'],
    ['us-ca', null, 'US-CA'],
    ['Québec', 'CA', 'CA-QC'],
    ['Quebec', 'CA', 'CA-QC'],
    ['ON', 'CA', 'CA-ON'],
    ['Comunidad de Madrid', 'ES', 'ES-MD'],
    ['Catalunya', 'ES', 'ES-CT'],
    ['Cataluña', 'ES', 'ES-CT'],
    ['Catalonia', 'ES', 'ES-CT'],
    ['Euskadi', 'ES', 'ES-PV'],
    ['Bayern', 'DE', 'DE-BY'],
    ['Bavaria', 'DE', 'DE-BY'],
    ['Toscana', 'IT', 'IT-52'],
    ['Tuscany', 'IT', 'IT-52'],
    ['Brittany', 'FR', 'FR-BRE'],
    ['Colombie-Britannique', 'CA', 'CA-BC'],
    ['Genf', 'CH', 'CH-GE'],
    ['Wallonie', 'BE', 'BE-WAL'],
    ['Stockholm', 'SE', 'SE-AB'],
    ['Guangdong', 'CN', 'CN-GD'],
    ['Fukuoka', 'JP', 'JP-40'],
    ['Moscow', 'RU', 'RU-MOW'],
    ['Moscow Oblast', 'RU', 'RU-MOS'],
    ['Estado de México', 'MX', 'MX-MEX'],
    ['Lodz', 'PL', 'PL-10'],
    ['Aydin', 'TR', 'TR-09'],
    ['Newfoundland & Labrador', 'CA', 'CA-NL'],
    ['La Rioja', 'ES', 'ES-RI'],
    ['Bozen', 'IT', 'IT-BZ'],
    ['District of Columbia', 'US', 'US-DC'],
    ['new  york', 'US', 'US-NY'],
  ])('%s of %s is %s', (text, country, code) => {
    expect(regionCodeOf(text, country)).toBe(code)
  })

  it('of another country, without a country, or of none is unknown', () => {
    expect(regionCodeOf('US-CA', 'ES')).toBeNull()
    expect(regionCodeOf('California', null)).toBeNull()
    expect(regionCodeOf('CA', null)).toBeNull()
    for (const text of ['', 'Atlantis', 'US-ZZ', 'AP', '__proto__'])
      expect(regionCodeOf(text, 'US')).toBeNull()
  })

  it('with a number that ISO gave to another region goes by the newer list', () => {
    expect(regionCodeOf('Tehran', 'IR')).toBe('IR-23')
    expect(regionCodeOf('Isfahan', 'IR')).toBe('IR-10')
    expect(regionCodeOf('Marrakech-Safi', 'MA')).toBe('MA-07')
    expect(regionCodeOf('Rabat-Salé-Zemmour-Zaer', 'MA')).toBeNull()
  })

  it('keeps its own name, whatever another is called in English', () => {
    const taken = iso31662.filter(({ code, name, parent }) => {
      const country = code.slice(0, 2)
      const namesakes = iso31662.filter((other) => other.code.startsWith(country) && other.name === name)
      return namesakes.length === 1 && parent === country && regionCodeOf(name, country) !== code
    })
    // ISO 3166-2 itself has `Sofia (stolitsa)`, `Diekirch (de, lb)` and `Grevenmacher (de, lb)` before these.
    expect(taken.map(({ code }) => code)).toEqual(['BG-23', 'LU-DI', 'LU-GR'])
  })

  it('is understood by every English name of the CLDR', () => {
    const codes = new Set(iso31662.map(({ code }) => code))
    const names = englishRegionNames().filter(([code]) => codes.has(code))
    const missed = names.filter(([code, name]) => regionCodeOf(name, code.slice(0, 2)) === null)
    expect(names.length).toBeGreaterThan(4_900)
    expect(missed).toEqual([])
  })

  it('of our own table is one that ISO has, and the name leads to it', () => {
    for (const [code, names] of Object.entries(OTHER_REGION_NAMES)) {
      for (const name of names) expect(regionCodeOf(name, code.slice(0, 2)), name).toBe(code)
    }
  })
})

describe('the nearest regions', () => {
  it('are those that may have been meant, the likeliest first', () => {
    expect(nearestRegions('Bavria', 'DE')[0]).toBe('DE-BY (Bayern)')
    expect(nearestRegions('Madird', 'ES')).toContain('ES-MD (Madrid, Comunidad de)')
    expect(nearestRegions('New York State', 'US')[0]).toBe('US-NY (New York)')
    expect(nearestRegions('Kursk Oblast', 'RU')).toHaveLength(3)
  })

  it('are none where nothing is like it', () => {
    for (const text of ['', ' ', '??', 'Q', 'xyzzy', '\u{1f600}', 'x'.repeat(80)])
      expect(nearestRegions(text, 'ES')).toEqual([])
    expect(nearestRegions('Madrid', 'HK')).toEqual([])
  })

  it('have an example of the country instead, if it has regions', () => {
    expect(someRegion('ES')).toBe('ES-AN (Andalucía)')
    expect(someRegion('HK')).toBeNull()
  })
})
