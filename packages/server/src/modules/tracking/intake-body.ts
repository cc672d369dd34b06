import type { IncomingMessage } from 'node:http'
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
 * some clients send it without saying so. Calls back, rather than promising, because it stands on the way of every event.
 */
export function readBody(request: IncomingMessage, limit: BodyLimit, done: BodyRead): void {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && !ENCODINGS.has(encoding.toLowerCase())) {
    done(new Problem('request.media_type', 'Send the body plain or with Content-Encoding: gzip.'))
    return
  }
  collect(request, limit, (problem, bytes) => {
    if (bytes?.[0] === 0x1f && bytes[1] === 0x8b) unzip(bytes, limit, done)
    else done(problem, bytes && withoutMark(bytes))
  })
}

/** Without the byte order mark that some writers put before UTF-8; RFC 8259, section 8.1, lets a reader ignore it. */
function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

export type BodyRead = (problem: Problem | null, bytes?: Buffer) => void

const ENCODINGS = new Set(['gzip', 'x-gzip', 'identity', ''])

/**
 * Bytes of a body above the limit that are still read and dropped, so that the sender hears the refusal: a connection
 * that is closed while it sends shows it a network failure, which clients try again.
 */
const DROPPED_BYTES_MAX = 16_000_000

function collect(request: IncomingMessage, limit: BodyLimit, done: BodyRead): void {
  const chunks: Buffer[] = []
  let bytes = 0
  function onData(chunk: Buffer): void {
    bytes += chunk.length
    if (bytes <= limit.bytesMax) chunks.push(chunk)
    else if (bytes > limit.bytesMax + DROPPED_BYTES_MAX) {
      request.pause()
      finish(refuse(limit))
    } else chunks.length = 0
  }
  function onEnd(): void {
    if (bytes > limit.bytesMax) finish(refuse(limit))
    else finish(null, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, bytes))
  }
  function onError(): void {
    finish(new Problem('request.invalid', 'The body broke off.'))
  }
  // Listeners that stay would make each request outlive several collections.
  function finish(problem: Problem | null, body?: Buffer): void {
    request.removeListener('data', onData)
    request.removeListener('end', onEnd)
    request.removeListener('error', onError)
    done(problem, body)
  }
  request.on('data', onData)
  request.on('end', onEnd)
  request.on('error', onError)
}

/** Compressed bytes up to which a thread is not worth its while. */
const UNZIP_HERE_BYTES_MAX = 16_384

function unzip(bytes: Buffer, limit: BodyLimit, done: BodyRead): void {
  const options = { maxOutputLength: limit.bytesMax }
  if (bytes.length > UNZIP_HERE_BYTES_MAX) {
    gunzip(bytes, options, (error, plain) =>
      error ? done(refuseGzip(error, limit)) : done(null, withoutMark(plain)),
    )
    return
  }
  let plain: Buffer
  try {
    plain = gunzipSync(bytes, options)
  } catch (error) {
    done(refuseGzip(error, limit))
    return
  }
  done(null, withoutMark(plain))
}

function refuseGzip(error: unknown, limit: BodyLimit): Problem {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    ? refuse(limit)
    : new Problem('request.not_json', 'The body begins like gzip and cannot be decompressed.')
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
