import type { FastifyRequest } from 'fastify'

/**
 * Where a request comes from, as the browser says: `same` page's origin, another one (`cross`), or `unknown` when no
 * browser speaks. A page of another site can make a browser send our cookies, but cannot make it lie about this.
 */
export type RequestOrigin = 'same' | 'cross' | 'unknown'

export function originOf(request: Pick<FastifyRequest, 'headers' | 'host'>, baseUrl: string): RequestOrigin {
  const site = request.headers['sec-fetch-site']
  if (site === 'same-origin') return 'same'
  if (site === 'same-site' || site === 'cross-site') return 'cross'
  const { origin } = request.headers
  if (origin === undefined) return 'unknown'
  return isOurs(origin, [request.host, new URL(baseUrl).host]) ? 'same' : 'cross'
}

/** The scheme is left out: behind a proxy that ends TLS we do not see the browser's. */
function isOurs(origin: string, hosts: readonly string[]): boolean {
  return URL.canParse(origin) && hosts.includes(new URL(origin).host)
}
