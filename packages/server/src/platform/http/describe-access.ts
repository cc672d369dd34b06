import type { FastifySchema, RouteOptions } from 'fastify'
import type { Access } from './access.ts'
import { problems } from './problem-handler.ts'

/**
 * How OpenAPI tells who may call what: derived from `config.access`, the same declaration that is checked, so that neither
 * can be forgotten or differ.
 */
export const SECURITY_SCHEMES = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, made by `POST /v1/api-keys`. It has the rights that it was given.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'foyer-operator.session_token',
    description:
      'The session of an operator who is signed in to the console. Browsers send it by themselves; changes are taken from this site’s own pages only.',
  },
  writeKey: {
    type: 'http',
    scheme: 'basic',
    description: "An app's write key as user name, no password.",
  },
  viewerSession: {
    type: 'apiKey',
    in: 'cookie',
    name: 'foyer-viewer.session_token',
    description:
      'The session of a viewer who is signed in. Browsers send it by themselves; changes are taken from this site’s own pages only.',
  },
} as const

type Credentials = keyof typeof SECURITY_SCHEMES

/** What each kind of access takes, each by itself. */
function credentialsFor(access: Access): readonly Credentials[] {
  if (access === 'public') return []
  if (access === 'writeKey') return ['writeKey']
  if (access === 'viewer') return ['viewerSession']
  return ['apiKey', 'session']
}

/**
 * The schema of a route with its credentials, the right that it needs, and the refusals that follow from both. A route
 * that takes fewer credentials than its access says so in `security`.
 */
export function describeAccess(schema: FastifySchema, route: RouteOptions): FastifySchema {
  const access = route.config?.access
  if (!access || schema.hide) return schema
  const credentials = credentialsFor(access)
  const isChecked = access === 'signedIn' || typeof access === 'object'
  const needs = typeof access === 'object' ? `Needs the right ${access.right}.` : undefined
  return {
    ...schema,
    ...(needs ? { description: [schema.description, needs].filter(Boolean).join(' ') } : {}),
    security: schema.security ?? credentials.map((name) => ({ [name]: [] })),
    response: {
      ...(isChecked ? problems('operator.sign_in_required', 'operator.right_missing') : {}),
      ...(schema.response as object | undefined),
    },
  }
}
