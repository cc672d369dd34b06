import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { AnswerTooLong, type Engine } from '../src/storage/records/engine.ts'
import {
  frame,
  FrameReader,
  queryFrame,
  sqlOf,
  zeroTerminated,
  type Frame,
} from '../src/storage/records/wire-frames.ts'
import { SOCKET_FILE } from '../src/storage/records/wire-server.ts'

/** An engine that notes what it ran and knows only what decides about leases. */
export class FakeEngine implements Engine {
  readonly parameters = { server_version: '18.0' }
  batches = 0
  readonly ran: string[] = []
  #status = 'I'

  exec(messages: Uint8Array): Buffer {
    this.batches += 1
    const reader = new FrameReader({ messageBytesMax: 1e9 })
    reader.push(Buffer.from(messages))
    const answers: Buffer[] = []
    for (let next = reader.readFrame(); next; next = reader.readFrame()) answers.push(this.#one(next))
    return Buffer.concat(answers)
  }

  #one(next: Frame): Buffer {
    const sql = sqlOf(next)
    const name = next.type === 'P' || next.type === 'C' ? next.bytes.toString('latin1', 5).split('\0')[0] : ''
    this.ran.push([next.type, name, sql].filter(Boolean).join(' '))
    if (sql === 'BEGIN') this.#status = 'T'
    if (sql === 'COMMIT' || sql === 'ROLLBACK') this.#status = 'I'
    if (sql === 'huge') throw new AnswerTooLong('too long')
    if (sql?.startsWith('repeat ')) {
      return Buffer.concat([frame('D', Buffer.alloc(Number(sql.slice(7)))), this.#ready()])
    }
    if (next.type === 'Q' || next.type === 'S') return this.#ready()
    return frame(next.type === 'P' ? '1' : '2')
  }

  #ready(): Buffer {
    return frame('Z', Buffer.from(this.#status))
  }

  async query<Row>(): Promise<Row[]> {
    return []
  }

  async close(): Promise<void> {}
}

/** A client that speaks frames. */
export class RawClient {
  readonly socket: Socket
  readonly #reader = new FrameReader({ messageBytesMax: 1e9 })
  readonly frames: Frame[] = []
  isClosed = false
  #wake: () => void = () => undefined

  constructor(socketFolder: string) {
    this.socket = connect(join(socketFolder, SOCKET_FILE))
    this.socket.on('data', (chunk) => {
      this.#reader.push(chunk)
      for (let next = this.#reader.readFrame(); next; next = this.#reader.readFrame()) this.frames.push(next)
      this.#wake()
    })
    this.socket.on('error', () => undefined)
    this.socket.on('close', () => {
      this.isClosed = true
      this.#wake()
    })
  }

  send(...parts: Buffer[]): void {
    this.socket.write(Buffer.concat(parts))
  }

  /** Starts the session and waits until it is ready. */
  async start(): Promise<this> {
    this.send(START)
    await this.until('Z')
    return this
  }

  /** The next frame of the type; passes over others. */
  async until(type: string): Promise<Frame> {
    for (;;) {
      while (this.frames.length > 0) {
        const next = this.frames.shift()!
        if (next.type === type) return next
      }
      if (this.isClosed) throw new Error(`closed before a frame of type ${type} came`)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  async query(sql: string): Promise<string> {
    this.send(queryFrame(sql))
    return (await this.until('Z')).bytes.toString('latin1', 5)
  }

  async closed(): Promise<void> {
    while (!this.isClosed) await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  /** The SQLSTATE with which the connection was ended. */
  async fatal(): Promise<string> {
    const text = (await this.until('E')).bytes.toString('utf8', 5)
    await this.closed()
    if (!text.includes('SFATAL\0')) throw new Error(`not fatal: ${text}`)
    return /\0C(.{5})\0/.exec(text)![1]!
  }
}

export const START = (() => {
  const body = zeroTerminated('user', 'foyer', '')
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + body.length)
  head.writeUInt32BE(3 << 16, 4)
  return Buffer.concat([head, body])
})()
