import type { FastifyRequest } from 'fastify'
import type { Right } from '@foyer/contracts'
import { Problem } from '../errors.ts'

/** Who makes a request: a signed-in operator or a program with an API key. */
export interface Actor {
  readonly kind: 'operator' | 'apiKey'
  readonly id: string
  readonly rights: ReadonlySet<Right>
}

/**
 * Who may call a route. Every route declares it in `config.access`; a route without it does not register.
 * `public`: anybody · `writeKey`: the route itself checks an app's write key · `viewer`: the route itself finds the viewer
 * by their session · `signedIn`: any operator or API key · else an operator or API key with the right.
 */
export type Access = 'public' | 'writeKey' | 'viewer' | 'signedIn' | { readonly right: Right }

/** Tells who makes a request, by cookie or API key; null for nobody. Given by the operators module. */
export type Authenticate = (request: FastifyRequest) => Promise<Actor | null>

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
  interface FastifyRequest {
    /** Who makes the request; null on public routes. */
    actor: Actor | null
    /** Whether who makes the request still may: for answers that go on. Throws the Problem that refuses it now. */
    checkAccess(): Promise<void>
  }
}

/** The actor of a request on a route that requires a right. */
export function actorOf(request: FastifyRequest): Actor {
  if (!request.actor) throw new Problem('operator.sign_in_required')
  return request.actor
}

/** Whether an error says that access is refused, and not that nobody can tell now. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Problem && (error.status === 401 || error.status === 403)
}

/** Checks the access of a request before its handler runs. */
export async function checkAccess(request: FastifyRequest, authenticate: Authenticate): Promise<void> {
  // What is nowhere is said to be nowhere, to anybody.
  if (request.is404) return
  const access = request.routeOptions.config.access
  if (access === 'public' || access === 'writeKey' || access === 'viewer') return
  const actor = await authenticate(request)
  if (!actor) throw new Problem('operator.sign_in_required')
  if (access && access !== 'signedIn' && !actor.rights.has(access.right)) {
    throw new Problem('operator.right_missing', `This needs the right ${access.right}.`)
  }
  request.actor = actor
}
