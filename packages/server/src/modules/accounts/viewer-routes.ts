import { z } from 'zod'
import { identifier, pageOf, slug, viewer, viewerInput, viewerLabel, viewerPatch } from '@foyer/contracts'
import { actorOf, problems, type Routes } from '../../platform/http/index.ts'
import type { Viewers } from './viewers.ts'

const mayRead = { access: { right: 'viewers.read' } } as const
const mayWrite = { access: { right: 'viewers.write' } } as const

const byId = z.object({
  /** A viewer's id, or `external:` and an external id. */
  id: z.string().min(1).max(512),
})
const inService = z.object({
  /** Needed only where viewers of several services have the same external id. */
  service: slug.optional(),
})

/** Viewers, one at a time. */
export function viewerRoutes(viewers: Viewers): Routes {
  return (server) => {
    const tags = ['Viewers']

    server.post(
      '/v1/viewers',
      {
        config: mayWrite,
        schema: {
          summary: 'Register a viewer',
          description:
            'Sent again with the same values it answers 200 and the same viewer; with others, viewer.exists.',
          tags,
          body: viewerInput,
          response: {
            200: viewer,
            201: viewer,
            ...problems('request.invalid', 'service.not_found', 'viewer.exists'),
          },
        },
      },
      async (request, reply) => {
        const made = await viewers.create(actorOf(request), request.body)
        return reply.code(made.isNew ? 201 : 200).send(made.viewer)
      },
    )

    server.get(
      '/v1/viewers',
      {
        config: mayRead,
        schema: {
          summary: 'Find viewers by external id',
          description: 'Exact matches only: one in each service at most.',
          tags,
          querystring: inService.extend({ externalId: identifier }),
          response: { 200: pageOf(viewer), ...problems('request.invalid') },
        },
      },
      (request) => viewers.search(actorOf(request), request.query),
    )

    server.get(
      '/v1/viewers/:id',
      {
        config: mayRead,
        schema: {
          summary: 'Read a viewer',
          description:
            'What names the person needs the right viewers.personal and is listed under hidden without it. Each look is audited.',
          tags,
          params: byId,
          querystring: inService,
          response: { 200: viewer, ...problems('request.invalid', 'viewer.not_found') },
        },
      },
      (request) => viewers.read(actorOf(request), { ...request.params, ...request.query }),
    )

    server.patch(
      '/v1/viewers/:id',
      {
        config: mayWrite,
        schema: {
          summary: 'Change a viewer',
          description: 'What is absent stays, null clears. One wrong field refuses all.',
          tags,
          params: byId,
          querystring: inService,
          body: viewerPatch,
          response: { 200: viewer, ...problems('request.invalid', 'viewer.not_found') },
        },
      },
      (request) => viewers.change(actorOf(request), { ...request.params, ...request.query }, request.body),
    )

    server.get(
      '/v1/viewers/:id/name',
      {
        config: mayRead,
        schema: {
          summary: 'What to call a viewer in a line of text',
          tags,
          params: byId,
          querystring: inService,
          response: { 200: viewerLabel, ...problems('request.invalid', 'viewer.not_found') },
        },
      },
      (request) => viewers.label(actorOf(request), { ...request.params, ...request.query }),
    )
  }
}
