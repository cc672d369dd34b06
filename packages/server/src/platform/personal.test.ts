import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isCardNumber, maskPersonal, maskPersonalInId } from './personal.ts'

describe('what reaches or charges a person is masked', () => {
  it.each([
    ['ana.lópez+tv@correo.example', '[e-mail]'],
    ['write to ana@example.org, please', 'write to [e-mail], please'],
    ['Key (email)=(race@qz.com) already exists', 'Key (email)=([e-mail]) already exists'],
    ['/invite/ana%40example.org/accept', '/invite/[e-mail]/accept'],
    ['ana＠example.org', '[e-mail]'],
    ['mailto:ana@bücher.example.', 'mailto:[e-mail].'],
    ['a@b.com,c@d.org', '[e-mail],[e-mail]'],
    ['x@y@example.org', 'x@[e-mail]'],
    ['ana@example.org-1', '[e-mail]-1'],
    ["o'brien@xn--bcher-kva.example", '[e-mail]'],
    ['"ana ruiz"@example.org', '[e-mail]'],
    ['to "ana \\"tv\\" ruiz"@example.org, please', 'to [e-mail], please'],
    ['ana.ruiz@[203.0.113.9]', '[e-mail]'],
    ['<ana@[IPv6:2001:db8::9]>', '<[e-mail]>'],
    ['"ana ruiz"@[203.0.113.9]', '[e-mail]'],
    ['0034612345679', '[phone]'],
    ['call 0049171123456, please', 'call [phone], please'],
    ['+34 600 123 456', '[phone]'],
    ['+15551234567', '[phone]'],
    ['call (555) 123-4567 now', 'call [phone] now'],
    ['555-123-4567', '[phone]'],
    ['555.123.4567', '[phone]'],
    ['600 123 456', '[phone]'],
    ['01 23 45 67 89', '[phone]'],
    ['01.23.45.67.89', '[phone]'],
    ['020 7946 0958', '[phone]'],
    ['0171/1234567', '[phone]'],
    ['98765 43210', '[phone]'],
    ['4111 1111 1111 1111', '[card]'],
    ['4111-1111-1111-1111 12/27 123', '[card] 12/27 123'],
    ['card=5555555555554444;', 'card=[card];'],
    ['378282246310005', '[card]'],
    ['2223003122003222', '[card]'],
    ['6011 1111 1111 1117', '[card]'],
    ['3056 930902 5904', '[card]'],
  ])('%s', (text, masked) => {
    expect(maskPersonal(text)).toBe(masked)
  })

  it('every address that a generator of addresses makes, in any text', () => {
    fc.assert(
      fc.property(
        fc.emailAddress(),
        fc.constantFrom('', 'to ', '<', 'https://h.example/?m=', '("'),
        fc.constantFrom('', ' now', '>', '&x=1', '")', '.'),
        (email, before, after) => {
          const masked = maskPersonal(before + email + after)
          expect(masked).not.toContain(email.slice(email.indexOf('@')))
          expect(masked).toContain('[e-mail]')
        },
      ),
    )
  })

  it('every card number of a known range, with or without spaces', () => {
    const prefix = fc.constantFrom('4', '51', '55', '2221', '34', '37', '36', '3528', '6011', '62')
    const rest = fc.stringMatching(/^\d{12}$/)
    fc.assert(
      fc.property(prefix, rest, fc.constantFrom('', ' ', '-'), (prefix, rest, separator) => {
        const card = withCheckDigit((prefix + rest).slice(0, 15))
        expect(maskPersonal(`pay ${card.match(/.{1,4}/g)!.join(separator)}`)).toBe('pay [card]')
        expect(isCardNumber(Number(card))).toBe(true)
      }),
    )
  })
})

describe('what is behaviour stays readable', () => {
  it.each([
    'S01E02 of 2001: A Space Odyssey (1968)',
    '1795305418341',
    '1795305418341-1795305428341',
    '120000-180000',
    '2026-11-22T02:03:37.123Z',
    '2026-11-22 02:03:37',
    '22.11.2026 02.03',
    '20261122-020337',
    '1850-01-01 00:00:00',
    '1850-01-01 00',
    '9999-12-31 23:59:59.999',
    '0001-01-01 00',
    '12:30:45.123456',
    '000123456789',
    '00123',
    'items@[0]',
    '"a"@b',
    '1999-2004',
    '203.0.113.195',
    'Chrome/120.0.6099.109 Safari/537.36',
    'Mozilla/5.0 (X11; Linux x86_64)',
    '16:9, 1920x1080@60',
    'LAL@BOS',
    '@realmadrid',
    'analytics@3.1.0',
    'avc1.4d401f',
    '9007199254740993',
    '12345678',
    '9f1b2c3d-1234-4321-9876-123456789012',
    '/watch/12345678-1234-4321-8765-123456789012/now',
    '',
  ])('%s', (text) => {
    expect(maskPersonal(text)).toBe(text)
  })

  it('an id keeps its groups of digits but no address, card or international number', () => {
    expect(maskPersonalInId('10.5240/7791-8534-2323-9030-8610-5')).toBe('10.5240/7791-8534-2323-9030-8610-5')
    expect(maskPersonalInId('978-3-16-148410-0')).toBe('978-3-16-148410-0')
    expect(maskPersonalInId('ana@example.org')).toBe('[e-mail]')
    expect(maskPersonalInId('+34600123456')).toBe('[phone]')
    expect(maskPersonalInId('4111111111111111')).toBe('[card]')
    // An article number of North America, with the zero that makes it 13 digits.
    expect(maskPersonalInId('0036000291452')).toBe('0036000291452')
  })

  it('epoch times, positions and byte counts are not card numbers', () => {
    for (const value of [1_795_305_418_341, 1_795_305_418_341_000, 4_111_111, 4.5, -4_111_111_111_111_111]) {
      expect(isCardNumber(value)).toBe(false)
    }
  })
})

describe('masking', () => {
  it('once is enough: what is masked is not masked again', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '@', '.', '1', ' ', '+', '-', '4', '(', '%'), maxLength: 60 }),
        (text) => {
          const once = maskPersonal(text)
          expect(maskPersonal(once)).toBe(once)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('takes time in proportion to the text, also on texts made to be slow', () => {
    for (const unit of [
      'a@',
      'a%40',
      '@',
      '"@',
      '""@',
      '@[',
      '@[.',
      'a@[:',
      '00',
      '1 ',
      '4111 ',
      '+',
      '(1',
      'a.',
      '@a.',
    ]) {
      const started = process.cpuUsage().user
      maskPersonal(unit.repeat(200_000 / unit.length))
      expect(process.cpuUsage().user - started).toBeLessThan(2_000_000)
    }
  })
})

function withCheckDigit(digits: string): string {
  for (let check = 0; check < 10; check++) {
    let sum = check
    for (let i = 0; i < digits.length; i++) {
      const digit = Number(digits[digits.length - 1 - i])
      sum += i % 2 === 1 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
    }
    if (sum % 10 === 0) return digits + check
  }
  throw new Error('no check digit')
}
