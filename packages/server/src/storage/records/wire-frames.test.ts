import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  endStatus,
  fatalError,
  frame,
  FrameReader,
  greeting,
  ProtocolViolation,
  queryFrame,
  renameStatement,
  sqlOf,
  zeroTerminated,
  type Frame,
} from './wire-frames.ts'

const LIMIT = 1_000

function startPacket(code: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + body.length)
  head.writeUInt32BE(code, 4)
  return Buffer.concat([head, body])
}

function parse(type: string, body: Buffer): Frame {
  const reader = new FrameReader({ messageBytesMax: LIMIT })
  reader.push(frame(type, body))
  return reader.readFrame()!
}

describe('frames of the PostgreSQL protocol', () => {
  it('come out as they went in, however the network cut them', () => {
    const message = fc.record({
      type: fc.constantFrom('Q', 'P', 'B', 'S', 'X'),
      body: fc.uint8Array({ maxLength: 100 }),
    })
    fc.assert(
      fc.property(fc.array(message), fc.array(fc.nat({ max: 30 })), (messages, cuts) => {
        const bytes = Buffer.concat(messages.map(({ type, body }) => frame(type, Buffer.from(body))))
        const reader = new FrameReader({ messageBytesMax: LIMIT })
        const read: Frame[] = []
        const drain = (): void => {
          for (let next = reader.readFrame(); next; next = reader.readFrame()) read.push(next)
        }
        let at = 0
        for (const cut of cuts) {
          reader.push(bytes.subarray(at, at + cut))
          at = Math.min(bytes.length, at + cut)
          drain()
        }
        reader.push(bytes.subarray(at))
        drain()
        expect(read.map(({ type }) => type)).toEqual(messages.map(({ type }) => type))
        expect(Buffer.concat(read.map((next) => next.bytes)).equals(bytes)).toBe(true)
      }),
    )
  })

  it('longer than the limit are refused before they arrived', () => {
    const reader = new FrameReader({ messageBytesMax: LIMIT })
    reader.push(frame('Q', Buffer.alloc(LIMIT + 1)).subarray(0, 5))
    expect(() => reader.readFrame()).toThrow(expect.objectContaining({ code: '54000' }))
  })

  it('shorter than their own length are refused', () => {
    const reader = new FrameReader({ messageBytesMax: LIMIT })
    reader.push(Buffer.from([0x51, 0, 0, 0, 3]))
    expect(() => reader.readFrame()).toThrow(ProtocolViolation)
  })

  it('random bytes end in frames, a refusal, or waiting, never in another error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const reader = new FrameReader({ messageBytesMax: LIMIT })
        reader.push(Buffer.from(bytes))
        try {
          if (!reader.readStart()) return
          for (let next = reader.readFrame(); next; next = reader.readFrame()) {
            sqlOf(next)
            renameStatement(next, () => 'other')
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolViolation)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('a start packet', () => {
  const read = (bytes: Buffer) => {
    const reader = new FrameReader({ messageBytesMax: LIMIT })
    reader.push(bytes)
    return reader.readStart()
  }

  it('of version 3 tells its parameters', () => {
    const packet = read(startPacket(3 << 16, zeroTerminated('user', 'foyer', 'database', 'x', '')))
    expect(packet).toEqual({
      kind: 'start',
      parameters: new Map([
        ['user', 'foyer'],
        ['database', 'x'],
      ]),
    })
  })

  it.each([
    ['SSL', 80877103, 'encryption'],
    ['GSSAPI', 80877104, 'encryption'],
    ['cancelling', 80877102, 'cancel'],
  ])('that asks for %s is told apart', (_name, code, kind) => {
    expect(read(startPacket(code))).toEqual({ kind })
  })

  it('of another version, or of a silly length, is refused', () => {
    expect(() => read(startPacket(2 << 16))).toThrow(expect.objectContaining({ code: '0A000' }))
    expect(() => read(Buffer.from('GET / HTTP/1.1\r\n'))).toThrow(ProtocolViolation)
  })
})

describe('the end of an answer', () => {
  it('tells the state of the transaction', () => {
    for (const status of ['I', 'T', 'E']) {
      expect(endStatus(Buffer.concat([frame('C'), frame('Z', Buffer.from(status))]))).toBe(status)
    }
  })

  it('is none when the session has more to say', () => {
    expect(endStatus(Buffer.alloc(0))).toBeUndefined()
    expect(endStatus(frame('C', Buffer.from('SELECT 1\0')))).toBeUndefined()
    expect(endStatus(fatalError('25P03', 'x'))).toBeUndefined()
  })

  it('of a greeting is idle', () => {
    expect(endStatus(greeting({ server_version: '18.0' }))).toBe('I')
  })
})

describe('names of prepared statements', () => {
  const rename = (name: string): string => `s-${name}`

  it.each([
    ['P', zeroTerminated('mine', 'SELECT 1'), zeroTerminated('s-mine', 'SELECT 1')],
    ['B', zeroTerminated('portal', 'mine', 'rest'), zeroTerminated('portal', 's-mine', 'rest')],
    ['D', zeroTerminated('Smine'), zeroTerminated('Ss-mine')],
    ['C', zeroTerminated('Smine'), zeroTerminated('Ss-mine')],
  ])('are mapped in %s messages, with the length put right', (type, before, after) => {
    const { bytes, statement } = renameStatement(parse(type, before), rename)
    expect(bytes.equals(frame(type, after))).toBe(true)
    expect(statement).toBe('mine')
  })

  it.each([
    ['P', zeroTerminated('', 'SELECT 1')],
    ['B', zeroTerminated('portal', '', 'rest')],
    ['D', zeroTerminated('Pportal')],
    ['Q', zeroTerminated('SELECT 1')],
    ['S', Buffer.alloc(0)],
  ])('are left alone in %s messages that name none', (type, body) => {
    expect(renameStatement(parse(type, body), rename)).toEqual({ bytes: frame(type, body) })
  })

  it('that do not end are refused', () => {
    expect(() => renameStatement(parse('P', Buffer.from('mine')), rename)).toThrow(ProtocolViolation)
  })
})

describe('the SQL of a message', () => {
  it('is found in Query and Parse', () => {
    expect(sqlOf(parse('Q', zeroTerminated("SELECT 'ü'")))).toBe("SELECT 'ü'")
    expect(sqlOf(parse('P', zeroTerminated('name', 'SELECT 2')))).toBe('SELECT 2')
    expect(sqlOf(parse('S', Buffer.alloc(0)))).toBeUndefined()
    expect(queryFrame('x').equals(frame('Q', zeroTerminated('x')))).toBe(true)
  })
})
