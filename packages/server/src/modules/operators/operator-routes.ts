import { z } from 'zod'
import {
  apiKey,
  apiKeyInput,
  auditEntry,
  auditFilter,
  invitation,
  invitationInput,
  newApiKey,
  newInvitation,
  oneTimeLink,
  operator,
  operatorPatch,
  pageOf,
  pageQuery,
} from '@foyer/contracts'
import { actorOf, problems, type Routes } from '../../platform/http/index.ts'
import type { ApiKeys } from './api-keys.ts'
import type { AuditReader } from './audit-trail.ts'
import type { Links } from './links.ts'
import type { People } from './people.ts'

const mayManage = { access: { right: 'operators.manage' } } as const
const byId = z.object({ id: z.uuid() })
const page = pageQuery.extend({ cursor: z.uuid().optional() })
const noContent = { 204: z.null().describe('Done.') }

/** Operators and their invitations. */
export function operatorRoutes(deps: { people: People; links: Links }): Routes {
  const { people, links } = deps
  const tags = ['Operators']
  return (server) => {
    server.get(
      '/v1/operators',
      {
        config: mayManage,
        schema: {
          summary: 'List operators',
          tags,
          querystring: page,
          response: { 200: pageOf(operator), ...problems('request.invalid') },
        },
      },
      (request) => people.list(request.query),
    )

    server.patch(
      '/v1/operators/:id',
      {
        config: mayManage,
        schema: {
          summary: 'Change the role of an operator, disable or enable them',
          description: 'A disabled operator is signed out everywhere at once.',
          tags,
          params: byId,
          body: operatorPatch,
          response: {
            200: operator,
            ...problems('request.invalid', 'operator.not_found', 'operator.last_administrator'),
          },
        },
      },
      (request) => people.change(actorOf(request), request.params.id, request.body),
    )

    server.delete(
      '/v1/operators/:id',
      {
        config: mayManage,
        schema: {
          summary: 'Remove an operator',
          description: 'Their name and e-mail are destroyed; the audit trail keeps their id.',
          tags,
          params: byId,
          response: { ...noContent, ...problems('operator.not_found', 'operator.last_administrator') },
        },
      },
      async (request, reply) => {
        await people.remove(actorOf(request), request.params.id)
        return reply.code(204).send(null)
      },
    )

    server.post(
      '/v1/operators/:id/password-link',
      {
        config: mayManage,
        schema: {
          summary: 'Make a link by which an operator sets a new password',
          description: 'Valid once, for 24 h. Give it to nobody else: who has it can become this operator.',
          tags,
          params: byId,
          response: { 201: oneTimeLink, ...problems('operator.not_found') },
        },
      },
      async (request, reply) =>
        reply.code(201).send(await links.passwordLink(actorOf(request), request.params.id)),
    )

    server.get(
      '/v1/operators/invitations',
      {
        config: mayManage,
        schema: {
          summary: 'List open invitations',
          tags,
          querystring: page,
          response: { 200: pageOf(invitation), ...problems('request.invalid') },
        },
      },
      (request) => links.listInvitations(request.query),
    )

    server.post(
      '/v1/operators/invitations',
      {
        config: mayManage,
        schema: {
          summary: 'Invite an operator',
          description:
            'The answer is the only place where the link can be read. It is valid once, for 7 days.',
          tags,
          body: invitationInput,
          response: { 201: newInvitation, ...problems('request.invalid', 'settings.limit_reached') },
        },
      },
      async (request, reply) => reply.code(201).send(await links.invite(actorOf(request), request.body)),
    )

    server.delete(
      '/v1/operators/invitations/:id',
      {
        config: mayManage,
        schema: {
          summary: 'Withdraw an invitation',
          tags,
          params: byId,
          response: { ...noContent, ...problems('invitation.not_found') },
        },
      },
      async (request, reply) => {
        await links.withdrawInvitation(actorOf(request), request.params.id)
        return reply.code(204).send(null)
      },
    )
  }
}

/** API keys. */
export function apiKeyRoutes(apiKeys: ApiKeys): Routes {
  const tags = ['API keys']
  return (server) => {
    server.get(
      '/v1/api-keys',
      {
        config: mayManage,
        schema: {
          summary: 'List API keys',
          tags,
          querystring: page,
          response: { 200: pageOf(apiKey), ...problems('request.invalid') },
        },
      },
      (request) => apiKeys.list(request.query),
    )

    server.post(
      '/v1/api-keys',
      {
        config: mayManage,
        schema: {
          summary: 'Make an API key',
          description:
            'The answer is the only place where the key can be read. Nobody gives a right that they lack.',
          tags,
          body: apiKeyInput,
          response: {
            201: newApiKey,
            ...problems('request.invalid', 'operator.right_missing', 'settings.limit_reached'),
          },
        },
      },
      async (request, reply) => reply.code(201).send(await apiKeys.create(actorOf(request), request.body)),
    )

    server.delete(
      '/v1/api-keys/:id',
      {
        config: mayManage,
        schema: {
          summary: 'Revoke an API key',
          tags,
          params: byId,
          response: { ...noContent, ...problems('api_key.not_found') },
        },
      },
      async (request, reply) => {
        await apiKeys.revoke(actorOf(request), request.params.id)
        return reply.code(204).send(null)
      },
    )
  }
}

/** The audit trail. */
export function auditRoutes(audit: AuditReader): Routes {
  return (server) => {
    server.get(
      '/v1/audit',
      {
        config: { access: { right: 'audit.read' } },
        schema: {
          summary: 'Read the audit trail',
          description: 'Newest first. Entries name people by id and are never changed.',
          tags: ['Audit'],
          querystring: page.extend(auditFilter.shape),
          response: { 200: pageOf(auditEntry), ...problems('request.invalid') },
        },
      },
      (request) => audit.list(request.query),
    )
  }
}
