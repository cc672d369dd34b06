import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Subject } from '../../platform/ids.ts'
import { areClaimsTrusted, correctedTime, decodeEntry, encodeEntry, type EntryHeader } from './envelope.ts'

const HEADER: EntryHeader = {
  v: 1,
  wire: 'playback',
  receivedAt: 1_795_305_418_341,
  clockOffsetMs: -3_000,
  app: 'cinema-web',
  service: 'cinema',
  keyKind: 'browser',
  address: '203.0.113.0',
  userAgent: 'Mozilla/5.0 (Ünïx)',
  defaultMask: 7,
  viewer: { vid: '42' as Subject },
  trustClientIdentify: false,
}
const BODY = Buffer.from('{"v":1,"events":[{"type":"play"}]}')

describe('an entry of the journal', () => {
  it('comes back as it was written, whatever the header and the body hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uint8Array(), (userAgent, body) => {
        const decoded = decodeEntry(encodeEntry({ ...HEADER, userAgent }, body))
        expect(decoded).toMatchObject({ kind: 'entry', header: { ...HEADER, userAgent: toUtf8(userAgent) } })
        expect(decoded.kind === 'entry' && Buffer.from(decoded.body).equals(Buffer.from(body))).toBe(true)
      }),
    )
  })

  it('is torn wherever it is cut off, and with bytes left over', () => {
    const entry = encodeEntry(HEADER, BODY)
    for (let length = 0; length < entry.length; length++) {
      expect(decodeEntry(entry.subarray(0, length))).toEqual({ kind: 'torn' })
    }
    expect(decodeEntry(Buffer.concat([entry, Buffer.from('x')]))).toEqual({ kind: 'torn' })
  })

  it('is foreign when it is not ours', () => {
    expect(decodeEntry(Buffer.from('POST /v1/batch HTTP/1.1'))).toEqual({ kind: 'foreign' })
    expect(decodeEntry(withHeader('not json'))).toEqual({ kind: 'foreign' })
    expect(decodeEntry(withHeader('null'))).toEqual({ kind: 'foreign' })
    expect(decodeEntry(withHeader('{"wire":"playback"}'))).toEqual({ kind: 'foreign' })
    expect(decodeEntry(Buffer.alloc(64))).toEqual({ kind: 'foreign' })
  })

  it('of a newer version is told apart from a broken one, whatever else it holds', () => {
    expect(decodeEntry(withHeader('{"v":2,"wire":"hologram"}'))).toEqual({ kind: 'newer', version: 2 })
  })

  it('can lie anywhere in a larger buffer, as a store hands it out', () => {
    const entry = encodeEntry(HEADER, BODY)
    const page = Buffer.concat([Buffer.from('before'), entry, Buffer.from('after')])
    const decoded = decodeEntry(new Uint8Array(page.buffer, page.byteOffset + 6, entry.length))
    expect(decoded.kind).toBe('entry')
  })
})

describe('what the header means', () => {
  it('claims are trusted from a server key or under the app’s word, and from nobody else', () => {
    expect(areClaimsTrusted({ keyKind: 'server', trustClientIdentify: false })).toBe(true)
    expect(areClaimsTrusted({ keyKind: 'browser', trustClientIdentify: true })).toBe(true)
    expect(areClaimsTrusted({ keyKind: 'browser', trustClientIdentify: false })).toBe(false)
  })

  it('a corrected time is never after the receipt', () => {
    expect(correctedTime({ receivedAt: 10_000, clockOffsetMs: -3_000 }, 9_000)).toBe(6_000)
    expect(correctedTime({ receivedAt: 10_000, clockOffsetMs: 0 }, 10_500)).toBe(10_000)
  })
})

function withHeader(json: string): Buffer {
  const header = Buffer.from(json)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(header.length)
  return Buffer.concat([length, header])
}

/** Lone surrogates do not survive UTF-8. */
function toUtf8(text: string): string {
  return Buffer.from(text).toString()
}
