import type { RouteOptions } from 'fastify'
import { z } from 'zod'

/**
 * Makes a route refuse parameters that it does not know: with `form=` for `from=` another question would be answered than
 * the one that was asked, and nobody would see it. Here once, so that no query can be written without it.
 * Routes of a write key take what is added: SDKs and browsers put versions and times of sending there.
 */
export function refuseUnknownParameters(route: RouteOptions): void {
  const query = route.schema?.querystring
  if (query === undefined || route.config?.access === 'writeKey') return
  if (!(query instanceof z.ZodObject))
    throw new Error(`the query of ${String(route.method)} ${route.url} is no zod object`)
  const message = `no such parameter; there are ${Object.keys(query.shape).join(', ')}`
  const strict = query.clone({
    ...query.strict().def,
    error: ({ code }) => (code === 'unrecognized_keys' ? message : undefined),
  })
  // A copy: routes may share what they were given.
  route.schema = { ...route.schema, querystring: strict }
}
