import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressBucket, truncateAddress } from './mask-address.ts'

describe('a truncated address', () => {
  it.each([
    ['203.0.113.195', '203.0.113.0'],
    ['::ffff:203.0.113.195', '203.0.113.0'],
    ['2001:0db8:0001:0002:0003:0004:0005:0006', '2001:db8:1::'],
    ['2001:db8::7', '2001:db8::'],
    ['fe80::1%eth0', 'fe80::'],
    ['::1', '::'],
    ['2001:db8:1::', '2001:db8:1::'],
    ['not an address', null],
    ['203.0.113', null],
    ['', null],
  ])('of %s is %s', (address, truncated) => {
    expect(truncateAddress(address)).toBe(truncated)
  })

  it('is an address again, and truncating it once more changes nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const truncated = truncateAddress(address)
        expect(truncated).not.toBeNull()
        expect(truncateAddress(truncated!)).toBe(truncated)
      }),
    )
  })

  it('does not tell the last IPv4 byte or the IPv6 subnet', () => {
    expect(truncateAddress('203.0.113.1')).toBe(truncateAddress('203.0.113.254'))
    expect(truncateAddress('2001:db8:1:aaaa::1')).toBe(truncateAddress('2001:db8:1:bbbb::2'))
  })
})

it('a rate limit counts an IPv6 home as one, and two homes as two', () => {
  expect(addressBucket('2001:db8:1:2::3')).toBe(addressBucket('2001:db8:1:2:4:5:6:7'))
  expect(addressBucket('2001:db8:1:2::3')).not.toBe(addressBucket('2001:db8:1:3::3'))
  expect(addressBucket('203.0.113.7')).toBe('203.0.113.7')
})
