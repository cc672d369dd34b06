import { iso31662 } from 'iso-3166'
import { describe, expect, it } from 'vitest'
import { placeOfPostalCode } from './zip-prefixes.ts'

describe('placeOfPostalCode', () => {
  it.each([
    ['55455', 'US', 'US-MN', 'University of Minnesota'],
    ['10001', 'US', 'US-NY', 'New York'],
    ['00501', 'US', 'US-NY', 'Holtsville, the lowest code of all'],
    ['06390', 'US', 'US-NY', 'Fishers Island, by way of Connecticut'],
    ['94043', 'US', 'US-CA', 'Mountain View'],
    ['20500', 'US', 'US-DC', 'the White House'],
    ['20190', 'US', 'US-VA', 'Reston, between the codes of Washington'],
    ['05501', 'US', 'US-MA', 'Andover, between the codes of Vermont'],
    ['73301', 'US', 'US-TX', 'Austin, between the codes of Oklahoma'],
    ['88510', 'US', 'US-TX', 'El Paso, after New Mexico'],
    ['39901', 'US', 'US-GA', 'Atlanta, after Mississippi'],
    ['83414', 'US', 'US-WY', 'Alta, by way of Idaho'],
    ['96819', 'US', 'US-HI', 'Honolulu'],
    ['99501', 'US', 'US-AK', 'Anchorage'],
    ['00901', 'US', 'US-PR', 'San Juan'],
    ['00802', 'US', 'US-VI', 'St Thomas'],
    ['96910', 'US', 'US-GU', 'Hagåtña'],
    ['96799', 'US', 'US-AS', 'Pago Pago'],
    ['96950', 'US', 'US-MP', 'Saipan'],
    ['96940', 'PW', '', 'Palau, a state of its own'],
    ['96960', 'MH', '', 'Majuro'],
    ['96941', 'FM', '', 'Pohnpei'],
    ['09096', 'US', '', 'armed forces in Europe'],
    ['34002', 'US', '', 'armed forces in the Americas'],
    ['96224', 'US', '', 'armed forces in the Pacific'],
    ['55455-0213', 'US', 'US-MN', 'ZIP+4'],
    ['V0R2M', 'CA', 'CA-BC', 'as MovieLens cuts it'],
    ['E2A4H', 'CA', 'CA-NB', ''],
    ['T8H1N', 'CA', 'CA-AB', ''],
    ['Y1A6B', 'CA', 'CA-YT', ''],
    ['K1A 0B1', 'CA', 'CA-ON', 'Ottawa, whole'],
    ['h2y1c6', 'CA', 'CA-QC', 'in small letters'],
    ['X0A0H', 'CA', 'CA-NU', 'Iqaluit'],
    ['X1A2N', 'CA', 'CA-NT', 'Yellowknife'],
    ['X9Z9Z', 'CA', '', 'north, and nothing more is known'],
    ['00000', '', '', 'nobody’s code'],
    ['66315', 'US', 'US-KS', 'not assigned, within the block of Kansas'],
    ['42900', '', '', 'not assigned, between Kentucky and Ohio'],
    ['1234', '', '', 'too short'],
    ['SW1A 1AA', '', '', 'another country’s'],
    ['D1A1A', '', '', 'a letter that Canada does not use'],
    ['', '', '', 'nothing'],
  ])('knows %s: %s %s', (code, country, region) => {
    expect(placeOfPostalCode(code)).toEqual({ country, region })
  })

  it('answers only regions that ISO 3166-2 has, and every state of the United States', () => {
    const iso = new Set(iso31662.map(({ code }) => code))
    const found = new Set<string>()
    for (let zip = 0; zip < 100_000; zip++) {
      const { region } = placeOfPostalCode(String(zip).padStart(5, '0'))
      if (region !== '') found.add(region)
    }
    for (const region of found) expect(iso).toContain(region)
    // The Minor Outlying Islands have no codes of their own.
    const states = [...iso].filter((code) => code.startsWith('US-') && code !== 'US-UM')
    expect([...found].sort()).toEqual(states.sort())
  })
})
