import type { IncomingHttpHeaders } from 'node:http'

/** Characters of a key; ours have 30. */
const KEY_LENGTH_MAX = 128

/**
 * The write key of a request: user name of a Basic Authorization, Bearer token, `writeKey` or `key` in the query or in
 * the body, in this order; null when there is none.
 */
export function writeKeyOf(request: {
  readonly headers: IncomingHttpHeaders
  readonly query: unknown
  readonly body?: Readonly<Record<string, unknown>>
}): string | null {
  const key =
    keyOfAuthorization(request.headers.authorization) ??
    keyOfObject(request.query) ??
    keyOfObject(request.body)
  return key !== null && key.length <= KEY_LENGTH_MAX ? key : null
}

function keyOfAuthorization(authorization: string | undefined): string | null {
  const [, scheme, credentials] = /^(basic|bearer)\s+(\S+)\s*$/i.exec(authorization ?? '') ?? []
  if (credentials === undefined) return null
  if (scheme!.toLowerCase() === 'bearer') return credentials
  const [user] = Buffer.from(credentials, 'base64').toString().split(':', 1)
  return user === '' ? null : user!
}

function keyOfObject(fields: unknown): string | null {
  if (fields === null || typeof fields !== 'object') return null
  const { writeKey, key } = fields as { writeKey?: unknown; key?: unknown }
  if (typeof writeKey === 'string' && writeKey !== '') return writeKey
  return typeof key === 'string' && key !== '' ? key : null
}
