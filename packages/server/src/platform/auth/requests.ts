import type { FastifyRequest } from 'fastify'

/** Set by us from the connection, never taken from a request: better-auth reads addresses from headers only. */
export const ADDRESS_HEADER = 'x-foyer-address'

const USER_AGENT_LENGTH_MAX = 512

/**
 * What better-auth learns of a request: no header that a client could use to lie about where it is. Without cookie where
 * who was signed in before shall not matter.
 */
export function authHeadersOf(
  request: Pick<FastifyRequest, 'ip' | 'headers'>,
  { withCookie = true } = {},
): Headers {
  const headers = new Headers({ [ADDRESS_HEADER]: request.ip })
  const { cookie, 'user-agent': userAgent } = request.headers
  if (cookie !== undefined && withCookie) headers.set('cookie', cookie)
  if (userAgent !== undefined) headers.set('user-agent', userAgent.slice(0, USER_AGENT_LENGTH_MAX))
  return headers
}
