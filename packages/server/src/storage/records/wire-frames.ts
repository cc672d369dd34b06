/**
 * Frames of the PostgreSQL protocol, version 3: https://www.postgresql.org/docs/current/protocol-message-formats.html.
 * Pure: bytes in, frames out. Only what a server has to understand to hand whole batches to an engine.
 */

/** A message of a client after its start: one byte of type, four of length, then its body. */
export interface Frame {
  /** Type as a character, `Q` for a simple query. */
  readonly type: string
  /** The whole message with its head, as it goes to the engine. */
  readonly bytes: Buffer
}

/** What a connection opens with. */
export type StartPacket =
  | { readonly kind: 'start'; readonly parameters: ReadonlyMap<string, string> }
  | { readonly kind: 'encryption' }
  | { readonly kind: 'cancel' }

/** The client sent what the protocol does not allow, or more than is taken. The connection ends with this. */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation'
  /** SQLSTATE. */
  readonly code: string

  constructor(message: string, code = '08P01') {
    super(message)
    this.code = code
  }
}

const PROTOCOL_MAJOR = 3
const CANCEL_REQUEST = 80877102
const SSL_REQUEST = 80877103
const GSSENC_REQUEST = 80877104
const START_PACKET_BYTES_MAX = 10_000
const HEAD_BYTES = 5

/** Cuts a stream of bytes into the start packet and then frames, however the network cut it. */
export class FrameReader {
  readonly #messageBytesMax: number
  #chunks: Buffer[] = []
  #length = 0

  constructor(options: { messageBytesMax: number }) {
    this.#messageBytesMax = options.messageBytesMax
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }

  /** The next start packet, or undefined until it is whole. Throws ProtocolViolation. */
  readStart(): StartPacket | undefined {
    if (this.#length < 8) return undefined
    const length = this.#head(4).readUInt32BE(0)
    if (length < 8 || length > START_PACKET_BYTES_MAX) {
      throw new ProtocolViolation(`a start packet of ${length} bytes is not taken`)
    }
    if (this.#length < length) return undefined
    const packet = this.#take(length)
    const code = packet.readUInt32BE(4)
    if (code === CANCEL_REQUEST) return { kind: 'cancel' }
    if (code === SSL_REQUEST || code === GSSENC_REQUEST) return { kind: 'encryption' }
    if (code >>> 16 !== PROTOCOL_MAJOR) {
      throw new ProtocolViolation(`protocol version ${code >>> 16} is not spoken here`, '0A000')
    }
    return { kind: 'start', parameters: readParameters(packet.subarray(8)) }
  }

  /** The next frame, or undefined until it is whole. Throws ProtocolViolation for one longer than is taken. */
  readFrame(): Frame | undefined {
    if (this.#length < HEAD_BYTES) return undefined
    const head = this.#head(HEAD_BYTES)
    const length = head.readUInt32BE(1)
    if (length < 4) throw new ProtocolViolation(`a message of ${length} bytes cannot be`)
    if (length > this.#messageBytesMax) {
      throw new ProtocolViolation(
        `a message of ${length} bytes is longer than the ${this.#messageBytesMax} that are taken`,
        '54000',
      )
    }
    if (this.#length < length + 1) return undefined
    const bytes = this.#take(length + 1)
    return { type: String.fromCharCode(bytes[0]!), bytes }
  }

  /** The first bytes without taking them. Joins chunks only as far as it must. */
  #head(length: number): Buffer {
    const first = this.#chunks[0]!
    if (first.length >= length) return first
    this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]!
  }

  #take(length: number): Buffer {
    if (this.#chunks[0]!.length < length) this.#chunks = [Buffer.concat(this.#chunks)]
    const first = this.#chunks[0]!
    if (first.length === length) this.#chunks.shift()
    else this.#chunks[0] = first.subarray(length)
    this.#length -= length
    return first.subarray(0, length)
  }
}

function readParameters(body: Buffer): Map<string, string> {
  const parts = body.toString('utf8').split('\0')
  const parameters = new Map<string, string>()
  for (let index = 0; index + 1 < parts.length && parts[index] !== ''; index += 2) {
    parameters.set(parts[index]!, parts[index + 1]!)
  }
  return parameters
}

/** A message with its head. */
export function frame(type: string, body: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES)
  head.write(type, 0, 'latin1')
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** Texts that end in a zero byte, one after another. */
export function zeroTerminated(...texts: string[]): Buffer {
  return Buffer.from(texts.map((text) => `${text}\0`).join(''))
}

export const encryptionRefused = Buffer.from('N')
export const syncFrame = frame('S')

export function queryFrame(sql: string): Buffer {
  return frame('Q', zeroTerminated(sql))
}

/** What a server says first: welcome, its parameters, a key for cancelling (none is honoured), ready. */
export function greeting(parameters: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat([
    frame('R', Buffer.alloc(4)),
    ...Object.entries(parameters).map(([name, value]) => frame('S', zeroTerminated(name, value))),
    frame('K', Buffer.alloc(8)),
    frame('Z', Buffer.from('I')),
  ])
}

/** An error after which the connection ends. */
export function fatalError(code: string, message: string): Buffer {
  const field = (letter: string, text: string) => `${letter}${text}\0`
  const fields = field('S', 'FATAL') + field('V', 'FATAL') + field('C', code) + field('M', message)
  return frame('E', Buffer.from(`${fields}\0`))
}

/** The transaction's state when an answer ends with ReadyForQuery: `I`dle, in a `T`ransaction or a failed one (`E`). */
export function endStatus(answer: Buffer): 'I' | 'T' | 'E' | undefined {
  const at = answer.length - 6
  if (at < 0 || answer[at] !== 0x5a || answer.readUInt32BE(at + 1) !== 5) return undefined
  const status = String.fromCharCode(answer[at + 5]!)
  return status === 'I' || status === 'T' || status === 'E' ? status : undefined
}

/** Position after the zero byte that ends the text at `from`. */
function afterText(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(0, from)
  if (end === -1) throw new ProtocolViolation('a text in a message does not end')
  return end + 1
}

/** The SQL of a Query or a Parse message; undefined for others. */
export function sqlOf({ type, bytes }: Frame): string | undefined {
  if (type === 'Q') return bytes.toString('utf8', HEAD_BYTES, afterText(bytes, HEAD_BYTES) - 1)
  if (type !== 'P') return undefined
  const from = afterText(bytes, HEAD_BYTES)
  return bytes.toString('utf8', from, afterText(bytes, from) - 1)
}

/**
 * The message with the name of its prepared statement mapped, and that name as it was. Unnamed statements and messages
 * that name none come back as they are.
 */
export function renameStatement(
  { type, bytes }: Frame,
  rename: (name: string) => string,
): { readonly bytes: Buffer; readonly statement?: string } {
  const from = statementNameAt(type, bytes)
  if (from === undefined) return { bytes }
  const end = afterText(bytes, from) - 1
  if (end === from) return { bytes }
  const statement = bytes.toString('utf8', from, end)
  const body = Buffer.concat([
    bytes.subarray(HEAD_BYTES, from),
    Buffer.from(rename(statement)),
    bytes.subarray(end),
  ])
  return { bytes: frame(type, body), statement }
}

function statementNameAt(type: string, bytes: Buffer): number | undefined {
  if (type === 'P') return HEAD_BYTES
  // Bind: the portal's name, then the statement's.
  if (type === 'B') return afterText(bytes, HEAD_BYTES)
  // Describe and Close: S for a statement, P for a portal.
  if ((type === 'D' || type === 'C') && bytes[HEAD_BYTES] === 0x53) return HEAD_BYTES + 1
  return undefined
}
