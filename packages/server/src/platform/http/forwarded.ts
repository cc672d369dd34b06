import type { FastifyRequest } from 'fastify'
import type { HttpServer } from './server.ts'

/** What a proxy adds to a request that it passes on. One that adds nothing cannot be told from a client. */
const ADDED_BY_PROXIES = /^(?:forwarded|via|x-real-ip|x-forwarded-.+)$/

/** Whether a request says that somebody passed it on: the address it comes from is then not the one it was sent from. */
export function isForwarded({ headers }: FastifyRequest): boolean {
  return Object.keys(headers).some((name) => ADDED_BY_PROXIES.test(name))
}

/**
 * Says once that a proxy seems to be in front of which the configuration knows nothing: to everything that counts or
 * refuses by address, all clients are then one.
 */
export function warnOfUnknownProxy(server: HttpServer): void {
  let isTold = false
  server.addHook('onRequest', (request, _reply, done) => {
    if (!isTold && request.headers['x-forwarded-for'] !== undefined) {
      isTold = true
      request.log.warn(
        'a request came with X-Forwarded-For, which is not believed: behind proxies, set FOYER_TRUSTED_PROXIES to their number, as all clients have the address of the proxy until then',
      )
    }
    done()
  })
}
