import { z } from 'zod'
import {
  firstOperator,
  invitationAcceptance,
  operatorMe,
  operatorPasswordChange,
  operatorSession,
  operatorSignIn,
  pageOf,
  passwordByLink,
} from '@foyer/contracts'
import type { FastifyRequest } from 'fastify'
import type { AuditTrail } from '../../platform/audit.ts'
import { Problem } from '../../platform/errors.ts'
import { originOf, problems, type Routes } from '../../platform/http/index.ts'
import type { Authentication } from './authenticate.ts'
import type { Links } from './links.ts'
import { operatorActor, toMe } from './people.ts'
import type { Sessions } from './sessions.ts'

const tags = ['Signing in']
const anybody = { access: 'public' } as const
const signedIn = { access: 'signedIn' } as const
/** What is of people themselves is not for API keys. */
const security = [{ session: [] }]
const noContent = { 204: z.null().describe('Done.') }

/** Signing in and out, and what operators do with their own account. */
export function sessionRoutes(deps: {
  sessions: Sessions
  authentication: Authentication
  links: Links
  audit: AuditTrail
  baseUrl: string
}): Routes {
  const { sessions, authentication, links, audit } = deps

  /** A page of another site must not sign anybody in, be it into an account of its own. */
  function refuseOtherSites(request: FastifyRequest): void {
    if (originOf(request, deps.baseUrl) === 'cross') throw new Problem('request.cross_origin')
  }

  return (server) => {
    server.post(
      '/v1/operators/auth/sign-in/email',
      {
        config: anybody,
        schema: {
          summary: 'Sign in',
          description:
            'Sets an httpOnly session cookie. A session ends after 12 h without use, and after 7 d. Wrong attempts make the next one wait.',
          tags,
          body: operatorSignIn,
          response: {
            200: operatorMe,
            ...problems(
              'request.invalid',
              'operator.sign_in_failed',
              'operator.disabled',
              'request.cross_origin',
              'operator.locked',
            ),
          },
        },
      },
      async (request, reply) => {
        refuseOtherSites(request)
        const { operator, cookies } = await sessions.signIn(request, request.body)
        const actor = operatorActor(operator.id, operator.role)
        await audit.record({ actor, action: 'operator.signed_in', object: operator.id })
        return reply.header('set-cookie', cookies).send(toMe(operator))
      },
    )

    server.post(
      '/v1/operators/auth/sign-out',
      {
        config: anybody,
        schema: {
          summary: 'Sign out',
          tags,
          response: { ...noContent, ...problems('request.cross_origin') },
        },
      },
      async (request, reply) => {
        refuseOtherSites(request)
        return reply
          .header('set-cookie', await sessions.signOut(request))
          .code(204)
          .send(null)
      },
    )

    server.post(
      '/v1/operators/auth/change-password',
      {
        config: signedIn,
        schema: {
          summary: 'Change the own password',
          security,
          description: 'Ends all other sessions.',
          tags,
          body: operatorPasswordChange,
          response: {
            ...noContent,
            ...problems(
              'request.invalid',
              'operator.sign_in_failed',
              'operator.locked',
              'request.cross_origin',
            ),
          },
        },
      },
      async (request, reply) => {
        const who = authentication.signedIn(request)
        const cookies = await sessions.changePassword(request, who, request.body)
        return reply.header('set-cookie', cookies).code(204).send(null)
      },
    )

    server.get(
      '/v1/operators/me',
      {
        config: signedIn,
        schema: {
          summary: 'Who is signed in',
          security,
          tags,
          response: { 200: operatorMe, ...problems('operator.sign_in_required') },
        },
      },
      (request) => Promise.resolve(toMe(authentication.signedIn(request).operator)),
    )

    server.get(
      '/v1/operators/me/sessions',
      {
        config: signedIn,
        schema: {
          summary: 'List the own sessions',
          security,
          tags,
          response: { 200: pageOf(operatorSession), ...problems('operator.sign_in_required') },
        },
      },
      (request) => sessions.list(authentication.signedIn(request)),
    )

    server.delete(
      '/v1/operators/me/sessions',
      {
        config: signedIn,
        schema: {
          summary: 'End all other sessions of the own',
          security,
          tags,
          response: { ...noContent, ...problems('operator.sign_in_required', 'request.cross_origin') },
        },
      },
      async (request, reply) => {
        await sessions.endOthers(authentication.signedIn(request))
        return reply.code(204).send(null)
      },
    )

    server.delete(
      '/v1/operators/me/sessions/:id',
      {
        config: signedIn,
        schema: {
          summary: 'End a session of the own',
          security,
          tags,
          params: z.object({ id: z.uuid() }),
          response: {
            ...noContent,
            ...problems('operator.sign_in_required', 'operator_session.not_found', 'request.cross_origin'),
          },
        },
      },
      async (request, reply) => {
        await sessions.end(authentication.signedIn(request), request.params.id)
        return reply.code(204).send(null)
      },
    )

    server.post(
      '/v1/operators/first',
      {
        config: anybody,
        schema: {
          summary: 'Become the first operator',
          description: 'By the one-time link that `npm start` prints while there are no operators.',
          tags,
          body: firstOperator,
          response: {
            201: z.object({ id: z.uuid() }),
            ...problems('request.invalid', 'operator.link_invalid'),
          },
        },
      },
      async (request, reply) => {
        refuseOtherSites(request)
        return reply.code(201).send({ id: await links.acceptFirst(request.body) })
      },
    )

    server.post(
      '/v1/operators/accept',
      {
        config: anybody,
        schema: {
          summary: 'Accept an invitation',
          tags,
          body: invitationAcceptance,
          response: {
            201: z.object({ id: z.uuid(), email: z.string() }),
            ...problems('request.invalid', 'operator.link_invalid', 'operator.exists'),
          },
        },
      },
      async (request, reply) => {
        refuseOtherSites(request)
        return reply.code(201).send(await links.acceptInvitation(request.body))
      },
    )

    server.post(
      '/v1/operators/password',
      {
        config: anybody,
        schema: {
          summary: 'Set a new password by a link',
          description: 'Ends all sessions.',
          tags,
          body: passwordByLink,
          response: { ...noContent, ...problems('request.invalid', 'operator.link_invalid') },
        },
      },
      async (request, reply) => {
        refuseOtherSites(request)
        await links.acceptPassword(request.body)
        return reply.code(204).send(null)
      },
    )
  }
}
