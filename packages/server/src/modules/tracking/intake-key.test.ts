import { describe, expect, it } from 'vitest'
import { writeKeyOf } from './intake-key.ts'

const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`

describe('the write key of a request', () => {
  it.each([
    ['the user name of Basic', { authorization: basic('wk:') }],
    ['whatever the password', { authorization: basic('wk:secret') }],
    ['without a colon, as some clients send it', { authorization: basic('wk') }],
    ['in any case of the scheme', { authorization: basic('wk:').replace('Basic', 'bAsIc') }],
    ['a Bearer token', { authorization: 'Bearer wk' }],
  ])('is %s', (_, headers) => {
    expect(writeKeyOf({ headers, query: {} })).toBe('wk')
  })

  it('is taken from the header before the query, and from the query before the body', () => {
    const all = { headers: { authorization: basic('a:') }, query: { writeKey: 'b' }, body: { writeKey: 'c' } }
    expect(writeKeyOf(all)).toBe('a')
    expect(writeKeyOf({ ...all, headers: {} })).toBe('b')
    expect(writeKeyOf({ ...all, headers: {}, query: {} })).toBe('c')
  })

  it.each([
    [{ headers: {}, query: {} }],
    [{ headers: { authorization: 'Basic' }, query: {} }],
    [{ headers: { authorization: basic(':x') }, query: {} }],
    [{ headers: { authorization: 'Digest abc' }, query: {} }],
    [{ headers: {}, query: { writeKey: ['a', 'b'] } }],
    [{ headers: {}, query: {}, body: { writeKey: 7 } }],
    [{ headers: {}, query: {}, body: { key: '' } }],
    [{ headers: { authorization: `Bearer ${'x'.repeat(129)}` }, query: {} }],
  ])('is none where there is none: %j', (request) => {
    expect(writeKeyOf(request)).toBeNull()
  })
})
