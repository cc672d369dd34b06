import type { FastifyRequest } from 'fastify'
import { Problem } from '../../platform/errors.ts'
import { originOf, type Actor } from '../../platform/http/index.ts'
import type { ApiKeys } from './api-keys.ts'
import { operatorActor } from './people.ts'
import type { Sessions, SignedIn } from './sessions.ts'

/** Tells who makes a request. */
export interface Authentication {
  /** By API key or cookie; null for nobody. A key that is wrong is not made good by a cookie. */
  authenticate(request: FastifyRequest): Promise<Actor | null>
  /** The session of a request that was authenticated. Throws when an API key makes it. */
  signedIn(request: FastifyRequest): SignedIn
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

export function createAuthentication(deps: {
  sessions: Sessions
  apiKeys: ApiKeys
  baseUrl: string
}): Authentication {
  const found = new WeakMap<FastifyRequest, SignedIn>()

  return {
    async authenticate(request) {
      const { authorization } = request.headers
      if (authorization !== undefined) {
        const [, key] = /^Bearer (\S+)$/i.exec(authorization) ?? []
        return key === undefined ? null : deps.apiKeys.authenticate(key)
      }
      const signedIn = await deps.sessions.find(request)
      if (!signedIn) return null
      // The browser sends the cookie by itself, so a change must come from our own page.
      if (!SAFE_METHODS.has(request.method) && originOf(request, deps.baseUrl) !== 'same') {
        throw new Problem('request.cross_origin', 'Send it from the console, or use an API key.')
      }
      found.set(request, signedIn)
      return operatorActor(signedIn.operator.id, signedIn.operator.role)
    },

    signedIn(request) {
      const signedIn = found.get(request)
      if (!signedIn) throw new Problem('operator.sign_in_required', 'This is for people, not for API keys.')
      return signedIn
    },
  }
}
