import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { linkedDevice, slug, viewerMerge, viewerPerson, type ViewerPerson } from '@foyer/contracts'
import { actorOf, problems, type Actor, type Routes } from '../../platform/http/index.ts'
import type { Subject } from '../../platform/ids.ts'
import type { Persons } from './persons.ts'

/** When and where somebody used a device is behaviour. */
const mayLook = { access: { right: 'viewers.activity' } } as const
const mayWrite = { access: { right: 'viewers.write' } } as const

const byId = z.object({
  /** A viewer's id, or `external:` and an external id. */
  id: z.string().min(1).max(512),
})
const byDevice = byId.extend({ deviceId: linkedDevice.shape.deviceId })
const inService = z.object({
  /** Needed only where viewers of several services have the same external id. */
  service: slug.optional(),
})

/** Does an act, and answers who may not look with who is one person, and not by which devices. */
async function act(
  request: FastifyRequest,
  does: (actor: Actor) => Promise<ViewerPerson>,
): Promise<ViewerPerson> {
  const actor = actorOf(request)
  const person = await does(actor)
  return actor.rights.has(mayLook.access.right) ? person : { ...person, devices: [] }
}

/** Which viewers and devices are one person. */
export function personRoutes(persons: Persons): Routes {
  return (server) => {
    const tags = ['Viewers']

    server.get(
      '/v1/viewers/:id/person',
      {
        config: mayLook,
        schema: {
          summary: 'Which viewers and devices are the same person',
          description: 'Each look is audited.',
          tags,
          params: byId,
          querystring: inService,
          response: { 200: viewerPerson, ...problems('request.invalid', 'viewer.not_found') },
        },
      },
      (request) => persons.read(actorOf(request), { ...request.params, ...request.query }),
    )

    server.post(
      '/v1/viewers/:id/merge',
      {
        config: mayWrite,
        schema: {
          summary: 'Make one person of two viewers',
          description:
            'The viewer, and who was merged into it before, counts as the other in every report within a second. Both keep their profiles, and it can be taken back.',
          tags,
          params: byId,
          querystring: inService,
          body: viewerMerge,
          response: {
            200: viewerPerson,
            ...problems(
              'request.invalid',
              'viewer.not_found',
              'viewer.same_person',
              'viewer.merged',
              'viewer.other_service',
            ),
          },
        },
      },
      (request) => {
        const { params, query, body } = request
        return act(request, (actor) => persons.merge(actor, { ...params, ...query }, body.into))
      },
    )

    server.post(
      '/v1/viewers/:id/unmerge',
      {
        config: mayWrite,
        schema: {
          summary: 'Take a merge back',
          description: 'Who was merged into this viewer stays with it.',
          tags,
          params: byId,
          querystring: inService,
          response: {
            200: viewerPerson,
            ...problems('request.invalid', 'viewer.not_found', 'viewer.not_merged'),
          },
        },
      },
      (request) => act(request, (actor) => persons.unmerge(actor, { ...request.params, ...request.query })),
    )

    for (const [verb, isLinked, summary] of [
      ['unlink', false, "Take a device's anonymous use for nobody's"],
      ['link', true, "Take a device's anonymous use for the person's again"],
    ] as const) {
      server.post(
        `/v1/viewers/:id/devices/:deviceId/${verb}`,
        {
          config: mayWrite,
          schema: {
            summary,
            description: 'What the viewer did signed in on it stays theirs. It can be taken back.',
            tags,
            params: byDevice,
            querystring: inService,
            response: {
              200: viewerPerson,
              ...problems('request.invalid', 'viewer.not_found', 'device.not_found'),
            },
          },
        },
        (request) => {
          const { id, deviceId } = request.params
          const of = { id, deviceId: deviceId as Subject, ...request.query }
          return act(request, (actor) => persons.linkDevice(actor, of, isLinked))
        },
      )
    }
  }
}
