import { describe, expect, it } from 'vitest'
import { countryCodeOf, regionCodeOf } from './places.ts'

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
    ['Cataluña', 'ES', null],
    ['Catalunya', 'ES', 'ES-CT'],
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
})
