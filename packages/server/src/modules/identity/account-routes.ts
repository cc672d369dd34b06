import { z } from 'zod'
import {
  account,
  accountPasswordChange,
  accountSession,
  accountSignIn,
  codeInput,
  codeSent,
  pageOf,
  passwordResetCompletion,
  passwordResetInput,
  registrationInput,
  type Account,
} from '@foyer/contracts'
import type { FastifyRequest } from 'fastify'
import { Problem } from '../../platform/errors.ts'
import { originOf, problems, type Routes } from '../../platform/http/index.ts'
import type { LoginRow } from './auth.ts'
import { refuseWeak } from './passwords.ts'
import type { PasswordResets } from './password-resets.ts'
import type { Registration } from './registration.ts'
import type { Sessions, SignedInViewer } from './sessions.ts'

const tags = ['Account']
const anybody = { access: 'public' } as const
const viewer = { access: 'viewer' } as const
const noContent = { 204: z.null().describe('Done.') }
const byId = z.object({ id: z.uuid() })

/** Registering, signing in and out, and what viewers do with their own account. */
export function accountRoutes(deps: {
  registration: Registration
  passwordResets: PasswordResets
  sessions: Sessions
  baseUrl: string
}): Routes {
  const { registration, passwordResets, sessions } = deps

  /** A page of another site must not sign anybody in, be it into an account of its own. */
  function refuseOtherSites(request: FastifyRequest): void {
    if (originOf(request, deps.baseUrl) === 'cross') throw new Problem('request.cross_origin')
  }

  /** The browser sends the cookie by itself, so a change must come from our own page. */
  async function signedIn(request: FastifyRequest): Promise<SignedInViewer> {
    const found = await sessions.find(request)
    if (!found) throw new Problem('account.sign_in_required')
    if (request.method !== 'GET' && originOf(request, deps.baseUrl) !== 'same')
      throw new Problem('request.cross_origin')
    return found
  }

  return (server) => {
    server.post(
      '/v1/account/registrations',
      {
        config: anybody,
        schema: {
          summary: 'Begin to register',
          description:
            'Sends a letter with a code to the address. The answer is the same whether or not it has an account; the letter tells.',
          tags,
          body: registrationInput,
          response: {
            202: codeSent,
            ...problems(
              'request.invalid',
              'service.not_found',
              'account.password_common',
              'account.too_many_letters',
              'request.cross_origin',
            ),
          },
        },
      },
      async (request, reply) => {
        refuseOtherSites(request)
        return reply.code(202).send(await registration.begin(request.body, request.ip))
      },
    )

    server.post(
      '/v1/account/registrations/:id/completion',
      {
        config: anybody,
        schema: {
          summary: 'Finish to register by the code of the letter',
          description:
            'Makes the account and signs in. Where the address has an account already, its owner is who read the letter: they are signed in, and their password stays.',
          tags,
          params: byId,
          body: codeInput,
          response: {
            200: account.describe('Signed in to the account that the address had.'),
            201: account.describe('Registered and signed in.'),
            ...problems(
              'request.invalid',
              'account.code_wrong',
              'account.code_expired',
              'account.suspended',
              'request.cross_origin',
            ),
          },
        },
      },
      async (request, reply) => {
        refuseOtherSites(request)
        const { viewerId, isNew } = await registration.complete({ ...request.params, ...request.body })
        const { login, cookies } = await sessions.open(request, viewerId)
        return reply
          .header('set-cookie', cookies)
          .code(isNew ? 201 : 200)
          .send(toAccount(login))
      },
    )

    server.post(
      '/v1/account/sessions',
      {
        config: anybody,
        schema: {
          summary: 'Sign in',
          description:
            'Sets an httpOnly session cookie. A session ends after 90 d without use, and after a year. Wrong attempts make the next one wait.',
          tags,
          body: accountSignIn,
          response: {
            200: account,
            ...problems(
              'request.invalid',
              'account.sign_in_failed',
              'account.suspended',
              'account.locked',
              'request.cross_origin',
            ),
          },
        },
      },
      async (request, reply) => {
        refuseOtherSites(request)
        const { login, cookies } = await sessions.signIn(request, request.body)
        return reply.header('set-cookie', cookies).send(toAccount(login))
      },
    )

    server.delete(
      '/v1/account/sessions/current',
      {
        config: anybody,
        schema: {
          summary: 'Sign out',
          description: 'Succeeds also when nobody is signed in.',
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

    server.get(
      '/v1/account',
      {
        config: viewer,
        schema: {
          summary: 'Who is signed in',
          tags,
          response: { 200: account, ...problems('account.sign_in_required') },
        },
      },
      (request) => signedIn(request).then(({ login }) => toAccount(login)),
    )

    server.put(
      '/v1/account/password',
      {
        config: viewer,
        schema: {
          summary: 'Change the own password',
          description: 'Ends all other sessions.',
          tags,
          body: accountPasswordChange,
          response: {
            ...noContent,
            ...problems(
              'request.invalid',
              'account.sign_in_required',
              'account.sign_in_failed',
              'account.password_common',
              'account.locked',
              'request.cross_origin',
            ),
          },
        },
      },
      async (request, reply) => {
        const who = await signedIn(request)
        await refuseWeak(request.body.newPassword, [who.login.email, who.login.name], 'body.newPassword')
        const cookies = await sessions.changePassword(request, who, request.body)
        return reply.header('set-cookie', cookies).code(204).send(null)
      },
    )

    server.post(
      '/v1/account/password-resets',
      {
        config: anybody,
        schema: {
          summary: 'Ask for a new password',
          description:
            'Sends a letter to the address: with a code where it has an account, without one where it has none. The answer is the same.',
          tags,
          body: passwordResetInput,
          response: {
            202: codeSent,
            ...problems(
              'request.invalid',
              'service.not_found',
              'account.too_many_letters',
              'request.cross_origin',
            ),
          },
        },
      },
      async (request, reply) => {
        refuseOtherSites(request)
        return reply.code(202).send(await passwordResets.begin(request.body, request.ip))
      },
    )

    server.post(
      '/v1/account/password-resets/:id/completion',
      {
        config: anybody,
        schema: {
          summary: 'Set a new password by the code of the letter',
          description: 'Ends all sessions and signs in here.',
          tags,
          params: byId,
          body: passwordResetCompletion,
          response: {
            200: account,
            ...problems(
              'request.invalid',
              'account.code_wrong',
              'account.code_expired',
              'account.password_common',
              'account.suspended',
              'request.cross_origin',
            ),
          },
        },
      },
      async (request, reply) => {
        refuseOtherSites(request)
        const { viewerId } = await passwordResets.complete({ ...request.params, ...request.body })
        const { login, cookies } = await sessions.open(request, viewerId)
        return reply.header('set-cookie', cookies).send(toAccount(login))
      },
    )

    server.get(
      '/v1/account/sessions',
      {
        config: viewer,
        schema: {
          summary: 'List the devices that are signed in',
          tags,
          response: { 200: pageOf(accountSession), ...problems('account.sign_in_required') },
        },
      },
      (request) => signedIn(request).then(sessions.list),
    )

    server.delete(
      '/v1/account/sessions',
      {
        config: viewer,
        schema: {
          summary: 'Sign out everywhere else',
          tags,
          response: { ...noContent, ...problems('account.sign_in_required', 'request.cross_origin') },
        },
      },
      async (request, reply) => {
        const { login, sessionId } = await signedIn(request)
        await sessions.endAll(login.id, sessionId)
        return reply.code(204).send(null)
      },
    )

    server.delete(
      '/v1/account/sessions/:id',
      {
        config: viewer,
        schema: {
          summary: 'Sign a device out',
          tags,
          params: byId,
          response: {
            ...noContent,
            ...problems('account.sign_in_required', 'account_session.not_found', 'request.cross_origin'),
          },
        },
      },
      async (request, reply) => {
        await sessions.end(await signedIn(request), request.params.id)
        return reply.code(204).send(null)
      },
    )
  }
}

function toAccount(login: LoginRow): Account {
  const { id, service, email, name } = login
  return { viewerId: id, service, email, name: name || null }
}
