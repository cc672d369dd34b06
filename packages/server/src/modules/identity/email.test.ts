import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { emailAddress } from './email.ts'

describe('an address', () => {
  it.each([
    [' ana@example.COM ', 'ana@example.com'],
    ['Ana@Example.com', 'ana@example.com'],
    ['ANA+tv@example.com', 'ana+tv@example.com'],
    ['a.n.a@example.com', 'a.n.a@example.com'],
    ['ａｎａ@ｅxample．com', 'ana@example.com'],
    ['ana@bücher.example', 'ana@xn--bcher-kva.example'],
    ['ana@BÜCHER.example', 'ana@xn--bcher-kva.example'],
    // A Cyrillic а in the domain: another domain, and it shows.
    ['ana@exаmple.com', 'ana@xn--exmple-4nf.com'],
  ])('%j is %j', (given, address) => expect(emailAddress(given)).toBe(address))

  it.each([
    '',
    'ana',
    '@example.com',
    'ana@',
    'ana@example',
    'ana@@example.com',
    'ana bea@example.com',
    'ana@exa mple.com',
    'ana@example.com\r\nBcc: eve@example.com',
    'ana@example.com, eve@example.com',
    '"ana"@example.com <eve@example.com>',
    // A Cyrillic а before the @.
    'аna@example.com',
    `${'a'.repeat(250)}@example.com`,
    'ana@example.com\u0000',
    'ana\u200b@example.com',
  ])('%j is refused', (given) => expect(emailAddress(given)).toBeNull())
})

test('the form of an address is stable, in capitals and with blanks too', () => {
  fc.assert(
    fc.property(fc.emailAddress(), (given) => {
      const address = emailAddress(given)
      if (address === null) return
      expect(emailAddress(address)).toBe(address)
      expect(emailAddress(`  ${given.toUpperCase()} `)).toBe(address)
      expect(address).toMatch(/^[\x21-\x7e]+$/)
    }),
  )
})
