import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newSubject, seededRandom, subjectFrom, uuidV7, uuidV7From } from './ids.ts'

describe('ids', () => {
  it('lays a UUIDv7 out as the example of RFC 9562, appendix A.6', () => {
    // unix_ts_ms 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F
    const bits = Buffer.from('0CC318C4DC0C0C07398F', 'hex')
    expect(uuidV7From(0x017f22e279b0, bits)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
  })

  it('sorts UUIDv7 by time', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.nat(2 ** 31), (first, second) => {
        fc.pre(first < second)
        expect(uuidV7(first) < uuidV7(second)).toBe(true)
      }),
    )
  })

  it('draws subjects that fit both stores and are never 0', () => {
    const zeroThenOne = (() => {
      let calls = 0
      return () => new Uint8Array(8).fill(calls++ === 0 ? 0 : 1)
    })()
    expect(newSubject(zeroThenOne)).toBe('72340172838076673')
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (bits) => {
        const subject = BigInt(subjectFrom(bits))
        expect(subject > 0n && subject < 2n ** 63n).toBe(true)
      }),
    )
  })

  it('repeats seeded randomness and differs between seeds', () => {
    expect(seededRandom('a')(40)).toEqual(seededRandom('a')(40))
    expect(seededRandom('a')(40)).not.toEqual(seededRandom('b')(40))
  })
})
