import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip, gunzipSync } from 'node:zlib'
import type { ProblemCode } from '@foyer/contracts'
import { Problem } from '../../platform/errors.ts'

/** How large a body may be, and how it is refused above that. */
export interface BodyLimit {
  /** Bytes, both as sent and after decompression. */
  readonly bytesMax: number
  readonly tooLarge: ProblemCode
}

/**
 * Reads a body that is JSON under whatever name: `application/json`, `text/plain` (beacons, which need no preflight so),
 * none, or what a library puts there by itself (RudderStack's sends gzip as a form). gzip is known by its first bytes, as
 * some clients send it without saying so. Throws Problem.
 */
export async function readBody(request: IncomingMessage, limit: BodyLimit): Promise<Buffer> {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && !ENCODINGS.has(encoding.toLowerCase()))
    throw new Problem('request.media_type', 'Send the body plain or with Content-Encoding: gzip.')
  const bytes = await collect(request, limit)
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? await unzip(bytes, limit) : bytes
}

const ENCODINGS = new Set(['gzip', 'x-gzip', 'identity', ''])

/**
 * Bytes of a body above the limit that are still read and dropped, so that the sender hears the refusal: a connection
 * that is closed while it sends shows it a network failure, which clients try again.
 */
const DROPPED_BYTES_MAX = 16_000_000

function collect(request: IncomingMessage, limit: BodyLimit): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const tooLarge = () => reject(refuse(limit))
  const chunks: Buffer[] = []
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= limit.bytesMax) chunks.push(chunk)
    else if (bytes > limit.bytesMax + DROPPED_BYTES_MAX) {
      request.pause()
      tooLarge()
    } else chunks.length = 0
  })
  request.on('end', () => {
    if (bytes > limit.bytesMax) tooLarge()
    else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes))
  })
  request.on('error', () => reject(new Problem('request.invalid', 'The body broke off.')))
  return promise
}

const gunzipAsync = promisify(gunzip)
/** Compressed bytes up to which a thread is not worth its while. */
const UNZIP_HERE_BYTES_MAX = 16_384

async function unzip(bytes: Buffer, limit: BodyLimit): Promise<Buffer> {
  const options = { maxOutputLength: limit.bytesMax }
  try {
    return bytes.length <= UNZIP_HERE_BYTES_MAX
      ? gunzipSync(bytes, options)
      : await gunzipAsync(bytes, options)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw refuse(limit)
    throw new Problem('request.not_json', 'The body begins like gzip and cannot be decompressed.')
  }
}

function refuse(limit: BodyLimit): Problem {
  return new Problem(
    limit.tooLarge,
    `At most ${limit.bytesMax} bytes are taken, before and after decompression.`,
  )
}

/** The JSON of a body, an object. Throws Problem. */
export function parseBody(bytes: Buffer): Record<string, unknown> {
  let json: unknown
  try {
    json = JSON.parse(bytes.toString())
  } catch {
    throw new Problem('request.not_json', 'The body cannot be parsed as JSON.')
  }
  if (json === null || typeof json !== 'object' || Array.isArray(json))
    throw new Problem('request.invalid', 'The body is JSON, but no object.')
  return json as Record<string, unknown>
}
