import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isDeeperThan, isJsonLargerThan, maskTree } from './mask.ts'

describe('masking of a body', () => {
  it('leaves no e-mail, telephone or card number, whatever the field and however deep', () => {
    const personal = fc.constantFrom(
      'ana@example.org',
      'ana%40example.org',
      '+34600123456',
      '600 123 456',
      '4111 1111 1111 1111',
    )
    const place = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        personal,
        fc.tuple(personal).map(([value]) => `see ${value}, please`),
        fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
        fc.dictionary(fc.oneof(fc.constantFrom('title', 'url', 'query', 'name'), personal), tie('node'), {
          minKeys: 1,
          maxKeys: 3,
          noNullPrototype: true,
        }),
      ),
    })).node
    fc.assert(
      fc.property(place, (node) => {
        const body = { node }
        maskTree(body)
        expect(JSON.stringify(body)).not.toMatch(/@|%40|600|4111/)
      }),
    )
  })

  it('keeps declared behaviour as it was', () => {
    const body = {
      event: 'Video Playback Started',
      properties: {
        title: '2001: A Space Odyssey (1968)',
        position: 120.5,
        timestamp: '2026-11-22T02:03:37.123Z',
        content_asset_id: '10.5240/7791-8534-2323-9030-8610-5',
        order_id: '978-3-16-148410-0',
        at: 1_795_305_418_341,
        tags: ['HDR10+', 'S01E02'],
        query: 'films like Heat',
        url: 'https://cinema.example/watch/tt0113277',
      },
    }
    const before = structuredClone(body)
    maskTree(body)
    expect(body).toEqual(before)
  })

  it('cuts queries and fragments off URLs, alone and in texts', () => {
    const body = {
      url: 'https://cinema.example/watch?token=secret#t=10',
      path: '/reset?code=1',
      referrer: '/from#me',
      message: 'GET https://cdn.example/a.m3u8?sig=abc failed; see "http://h.example/#x"',
      question: 'Who? What #1?',
    }
    maskTree(body)
    expect(body).toEqual({
      url: 'https://cinema.example/watch',
      path: '/reset',
      referrer: '/from',
      message: 'GET https://cdn.example/a.m3u8 failed; see "http://h.example/"',
      question: 'Who? What #1?',
    })
  })

  it('truncates addresses of machines, and drops what is none', () => {
    const body = { ip: '203.0.113.195', inner: { ipAddress: '2001:db8:1:2::3' }, ip_address: 'localhost' }
    maskTree(body)
    expect(body).toEqual({ ip: '203.0.113.0', inner: { ipAddress: '2001:db8:1::' }, ip_address: '' })
  })

  it('cuts what stands under the names of a person, numbered or in another form', () => {
    const body = {
      phoneNo: 'x',
      'Phone No.': 'x',
      fax: 912345678,
      surname2: 'Ruiz',
      contact_phone_2: 'x',
      dni: '12345678Z',
      user_id: 'u-17',
      userid: 17,
      inner: [{ externalUserId: 'u-17' }],
      hotel: 'Ritz',
      series2: 'Two',
      profileId: 'kids',
      external_id: 'film-7',
      mailing: 'weekly',
      top10: 'yes',
    }
    maskTree(body)
    expect(body).toEqual({
      phoneNo: '[personal]',
      'Phone No.': '[personal]',
      fax: '[personal]',
      surname2: '[personal]',
      contact_phone_2: '[personal]',
      dni: '[personal]',
      user_id: '[personal]',
      userid: '[personal]',
      inner: [{ externalUserId: '[personal]' }],
      hotel: 'Ritz',
      series2: 'Two',
      profileId: 'kids',
      external_id: 'film-7',
      mailing: 'weekly',
      top10: 'yes',
    })
  })

  it('keeps a number that is too large for one as a text', () => {
    const body = JSON.parse('{"a":1e999,"b":[-1e999,1e308]}') as object
    maskTree(body)
    expect(body).toEqual({ a: 'Infinity', b: ['-Infinity', 1e308] })
  })

  it('truncates addresses of machines that have a port', () => {
    const body = { peer: '203.0.113.98:443', six: '[2001:db8:1:2::3]:443', time: '12:30', ratio: '16:9' }
    maskTree(body)
    expect(body).toEqual({ peer: '203.0.113.0', six: '2001:db8:1::', time: '12:30', ratio: '16:9' })
  })

  it('masks a card number that is sent as a number, and no other number', () => {
    const body = { card: 4111111111111111, ts: 1_795_305_418_341, bytes: 4_111_111 }
    maskTree(body)
    expect(body).toEqual({ card: '[card]', ts: 1_795_305_418_341, bytes: 4_111_111 })
  })

  it('does not touch prototypes through a key that names one', () => {
    const body = JSON.parse('{"__proto__":{"a":"ana@example.org"},"constructor":"b@example.org"}') as object
    maskTree(body)
    expect(JSON.stringify(body)).toBe('{"__proto__":{"a":"[e-mail]"},"constructor":"[e-mail]"}')
    expect(({} as { a?: string }).a).toBeUndefined()
  })
})

describe('limits of a value', () => {
  it('the size of its JSON is told exactly', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(400), (value, bytesMax) => {
        expect(isJsonLargerThan(value, bytesMax)).toBe(Buffer.byteLength(JSON.stringify(value)) > bytesMax)
      }),
    )
  })

  it('nesting is told exactly, also where it is far too deep', () => {
    expect(isDeeperThan({ a: [1] }, 2)).toBe(false)
    expect(isDeeperThan({ a: [{}] }, 2)).toBe(true)
    expect(isDeeperThan(JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)), 32)).toBe(true)
  })
})
