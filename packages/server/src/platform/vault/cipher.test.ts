import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemRandom } from '../ids.ts'
import { isSealed, keyNameOf, openBytes, OWN_KEY, SealBroken, sealBytes } from './cipher.ts'

const key = systemRandom(32)
const place = { owner: 'anna', column: 'viewer.name' }
const seal = (plain: string, at = place) =>
  sealBytes(Buffer.from(plain), { key, keyName: OWN_KEY, place: at, random: systemRandom })
const open = (text: string, at = place, using = key) => openBytes(text, { key: using, place: at }).toString()

describe('the cipher', () => {
  it('opens what it sealed, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (plain) => {
        const wellFormed = plain.toWellFormed()
        const text = seal(wellFormed)
        expect(isSealed(text)).toBe(true)
        expect(open(text)).toBe(wellFormed)
      }),
    )
  })

  it('seals the same value to another text each time', () => {
    expect(seal('Anna')).not.toBe(seal('Anna'))
  })

  it('refuses a text that was moved to another owner or another column', () => {
    const text = seal('Anna')
    expect(() => open(text, { ...place, owner: 'ben' })).toThrow(SealBroken)
    expect(() => open(text, { ...place, column: 'viewer.email' })).toThrow(SealBroken)
  })

  it('refuses another key', () => {
    expect(() => open(seal('Anna'), place, systemRandom(32))).toThrow(SealBroken)
  })

  it('refuses a text of which any one bit was turned', () => {
    const [version, name, body] = seal('Anna').split('.')
    const bytes = Buffer.from(body!, 'base64url')
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const turned = Buffer.from(bytes)
        turned[bit >> 3]! ^= 1 << (bit & 7)
        expect(() => open(`${version}.${name}.${turned.toString('base64url')}`)).toThrow(SealBroken)
      }),
    )
  })

  it.each(['', 'Anna', 'v1.own', 'v1.own.', 'v1.own.AAAA', 'v2.own.AAAA', 'v1.own.not base64'])(
    'refuses %j, which it never sealed',
    (text) => {
      expect(() => open(text)).toThrow(SealBroken)
    },
  )

  it('never quotes the value or the owner in an error', () => {
    expect(() => open('plain-and-personal')).toThrow(
      /^a plain value stands in the sealed column viewer\.name$/,
    )
  })

  it('names the key that a text needs', () => {
    const text = sealBytes(Buffer.from('x'), { key, keyName: '2026-11', place, random: systemRandom })
    expect(keyNameOf(text, place)).toBe('2026-11')
  })

  it('refuses an owner or a column that could pass for another', () => {
    expect(() => seal('x', { owner: 'a|b', column: 'c' })).toThrow(TypeError)
    expect(() => seal('x', { owner: '', column: 'c' })).toThrow(TypeError)
  })
})
