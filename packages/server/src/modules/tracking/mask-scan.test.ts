import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPlainlyClean } from './mask-scan.ts'
import { DEPTH_MAX, isDeeperThan, maskTree } from './mask.ts'

/** Pieces out of which the generators build texts that are, or nearly are, personal. */
const PIECES = [
  'a|e|Z|_|0|1|4|7|12|600|555|4111|123456789|1795305418341| |-|.|/|(|)|+|@|%40|?|#|–|é|＠|١|:|"|\\|\n|,',
  'example.org|http://|ip|4111111111111111|12345678-1234-4321-8765-123456789012',
].flatMap((line) => line.split('|'))
const anything = fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join(''))
/** Groups of digits with something between them, and something before and behind. */
const grouped = fc
  .tuple(
    fc.constantFrom('', '', 'a', ' ', '–', 'é', '(', '+', '.'),
    fc.array(
      fc.constantFrom('1', '00', '22', '600', '0034612345679', '0034', '4111', '1234567', '1795305418341'),
      {
        minLength: 1,
        maxLength: 5,
      },
    ),
    fc.constantFrom('', ' ', '-', '.', '–', ' -', ') ', ' –', '   ', '/', '-–-'),
    fc.constantFrom('', '', 'a', ' ', '.', 'é', ' é'),
  )
  .map(([before, groups, separator, after]) => before + groups.join(separator) + after)
const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom(
    '1.2.3.4.5',
    '12:30:00',
    'fe80',
    '***',
    '}{',
    '203.0.113.98:443',
    '[2001:db8::7]:443',
    '[::1]',
  ),
)
const text = fc.oneof(anything, grouped, address)
const key = fc.oneof(
  text,
  fc.constantFrom('url', 'ip', 'ip_address', 'ipAddress', 'query', 'contentId', 'title', 'name', 'Name'),
  fc.constantFrom(
    'email',
    'first_name',
    'zip',
    'customerEmail',
    'user',
    'device',
    'user.name',
    'user_id',
    'phoneNo',
    'surname2',
    'fax',
    'dni',
    'eMai_l',
    'q',
  ),
  fc.constantFrom('to\u212Aen', 'viewerToken', 'Token ', 'address1', 'smartphone', 'NOTE', 'release_notes'),
)
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(1_795_305_418_341, 4111111111111111, 4.111111111111111e15, 12.300000000000001),
)
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    number,
    fc.constantFrom(null, true, false, 'x'.repeat(300)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value

describe('the scan of a body', () => {
  it('never says clean of what masking would change', () => {
    fc.assert(
      fc.property(
        fc.dictionary(key, json, { noNullPrototype: true }),
        fc.constantFrom(undefined, 1),
        (body, indent) => {
          const before = JSON.stringify(body)
          if (!isPlainlyClean(Buffer.from(JSON.stringify(body, null, indent)))) return
          maskTree(body)
          expect(JSON.stringify(body)).toBe(before)
        },
      ),
      { numRuns: 3_000 },
    )
  })

  it.each([
    '01.23.45.67.89',
    '555.123.4567',
    '→600 123 456',
    '600 –123–456',
    '4222222222222',
    '30569309025904',
    '12.27 4111 1111 1111 1111',
    '(020) 7946 0958.',
    '0034612345679',
    '203.0.113.98:443',
    '[2001:db8::7]:443',
    '[2001:db8::7]',
  ])('never says clean of %s', (value) => {
    const body = { value }
    expect(isPlainlyClean(Buffer.from(JSON.stringify(body)))).toBe(false)
    maskTree(body)
    expect(body.value).not.toBe(value)
  })

  it('never says clean of exponents and fractions that make a card number', () => {
    for (const number of [
      '4.111111111111111e15',
      '4111111111111111.0',
      '41111111111111110e-1',
      '4111111111111111',
    ]) {
      expect(isPlainlyClean(Buffer.from(`{"a":${number}}`))).toBe(false)
      expect(isPlainlyClean(Buffer.from(`{"a":[1,${number} ]}`))).toBe(false)
    }
  })

  it('sees what stands under a key that is named twice, which parsing drops', () => {
    expect(isPlainlyClean(Buffer.from('{"a":"ana@example.org","a":"x"}'))).toBe(false)
    expect(isPlainlyClean(Buffer.from('{"a":"600 123 456","a":"x"}'))).toBe(false)
    expect(isPlainlyClean(Buffer.from('{"a":"4111111111111111","a":"x"}'))).toBe(false)
  })

  it('never says clean of a name that says what stands under it, or of an address of a machine', () => {
    for (const body of [
      '{"firstName":"Ana"}',
      '{"a":{"customer_email" : "x"}}',
      '{"user":{"plan":"gold","name":"Ana"}}',
      '{"device":{"os":"}","name":"Ana"}}',
      '{"users":1,"user":[{"name":"Ana"}]}',
      '{"a":"203.0.113.195"}',
      '{"a":["2001:db8::7"]}',
      '{"phoneNo":"x"}',
      '{"surname2":"Ruiz"}',
      '{"fax":1}',
      '{"dni":"x"}',
      '{"user_id":"u-1"}',
      '{"203.0.113.195":1}',
      '{"token":7}',
      '{"token":"*x"}',
      '{"query":"heat"}',
      '{"street":"Calle Mayor","street":null}',
    ])
      expect([body, isPlainlyClean(Buffer.from(body))]).toEqual([body, false])
  })

  it('says no to nesting that would be refused', () => {
    for (const depth of [DEPTH_MAX, DEPTH_MAX + 1]) {
      const body = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
      expect(isPlainlyClean(Buffer.from(body))).toBe(!isDeeperThan(JSON.parse(body), DEPTH_MAX))
    }
  })

  it.each([
    '{"type":"heartbeat","ts":1795305418341,"monoMs":305.59999999403954,"positionMs":120000.1}',
    '{"deviceId":"9f1b2c3d-4e5f-4a6b-8c7d-1e2f3a4b5c6d","viewId":"01939f5e-7c2a-7b3e-9d4f-5a6b7c8d9e0f"}',
    '{"title":"Año uno, ça va","model":"iPhone 15","os":"iPadOS","codec":"avc1.4d401f"}',
    '{"viewId":"01939f5e-7c2a-7b3e-9d4f-000000000012","order":"000123456789"}',
    '{"version":"120.0.60","id":"tt0111161","ranges":[[0,10000],[12000, 22000]], "a":null,"b":true}',
    '{"viewerToken":"*****","phone":null,"email":false,"device":{"os":"iOS 19","model":"x"},"user":"free"}',
    '{"name":"Heat","version":"7.2.1","at":"12:30:00","appVersion":"26.1.0","message":"no","title":"x"}',
    '{"a":-1,"b":1795305418341,"page":{"url":"https://cinema.example/watch/tt0111161"}}',
  ])('keeps what players send: %s', (body) => {
    expect(isPlainlyClean(Buffer.from(body))).toBe(true)
  })
})
