import { z } from 'zod'
import {
  app,
  appInput,
  appPatch,
  pageOf,
  pageQuery,
  service,
  serviceInput,
  servicePatch,
  slug,
  viewerTokenSecret,
  writeKey,
  writeKeyInput,
} from '@foyer/contracts'
import { actorOf, problems, type Routes } from '../../platform/http/index.ts'
import type { Keys } from './keys.ts'
import type { Services } from './services.ts'

/** Every page of the console tells its days by a service: names and zones are no secret among operators. */
const anyOperator = { access: 'signedIn' } as const
const mayRead = { access: { right: 'settings.read' } } as const
const mayWrite = { access: { right: 'settings.write' } } as const
const byId = z.object({ id: slug })
const uuidPage = pageQuery.extend({ cursor: z.uuid().optional() })

/** Services and apps. */
export function serviceRoutes(services: Services): Routes {
  return (server) => {
    const tags = ['Services and apps']

    server.get(
      '/v1/services',
      {
        config: anyOperator,
        schema: {
          summary: 'List services',
          tags,
          querystring: pageQuery,
          response: { 200: pageOf(service), ...problems('request.invalid') },
        },
      },
      (request) => services.list(request.query),
    )

    server.post(
      '/v1/services',
      {
        config: mayWrite,
        schema: {
          summary: 'Make a service',
          description: 'A service is a brand: its viewers, days and reports are its own.',
          tags,
          body: serviceInput,
          response: { 201: service, ...problems('request.invalid', 'service.exists') },
        },
      },
      async (request, reply) => reply.code(201).send(await services.create(actorOf(request), request.body)),
    )

    server.get(
      '/v1/services/:id',
      {
        config: anyOperator,
        schema: {
          summary: 'Read a service',
          tags,
          params: byId,
          response: { 200: service, ...problems('service.not_found') },
        },
      },
      (request) => services.get(request.params.id),
    )

    server.patch(
      '/v1/services/:id',
      {
        config: mayWrite,
        schema: {
          summary: 'Change a service',
          description:
            'The time zone is fixed once the service has viewers or events: their days were told by it.',
          tags,
          params: byId,
          body: servicePatch,
          response: {
            200: service,
            ...problems('request.invalid', 'service.not_found', 'service.time_zone_fixed'),
          },
        },
      },
      (request) => services.change(actorOf(request), request.params.id, request.body),
    )

    server.get(
      '/v1/apps',
      {
        config: mayRead,
        schema: {
          summary: 'List apps',
          tags,
          querystring: pageQuery.extend({ service: slug.optional() }),
          response: { 200: pageOf(app), ...problems('request.invalid') },
        },
      },
      (request) => services.listApps(request.query),
    )

    server.post(
      '/v1/apps',
      {
        config: mayWrite,
        schema: {
          summary: 'Make an app',
          tags,
          body: appInput,
          response: { 201: app, ...problems('request.invalid', 'service.not_found', 'app.exists') },
        },
      },
      async (request, reply) =>
        reply.code(201).send(await services.createApp(actorOf(request), request.body)),
    )

    server.get(
      '/v1/apps/:id',
      {
        config: mayRead,
        schema: {
          summary: 'Read an app',
          tags,
          params: byId,
          response: { 200: app, ...problems('app.not_found') },
        },
      },
      (request) => services.getApp(request.params.id),
    )

    server.patch(
      '/v1/apps/:id',
      {
        config: mayWrite,
        schema: {
          summary: 'Change an app',
          description: 'Default purposes hold for events from then on; what is stored keeps its mask.',
          tags,
          params: byId,
          body: appPatch,
          response: { 200: app, ...problems('request.invalid', 'app.not_found') },
        },
      },
      (request) => services.changeApp(actorOf(request), request.params.id, request.body),
    )
  }
}

/** Write keys and viewer-token secrets of an app. */
export function keyRoutes(keys: Keys): Routes {
  return (server) => {
    const tags = ['Services and apps']
    const byKey = z.object({ id: slug, keyId: z.uuid() })
    const bySecret = z.object({ id: slug, secretId: z.uuid() })

    server.get(
      '/v1/apps/:id/write-keys',
      {
        config: mayRead,
        schema: {
          summary: "List an app's write keys",
          tags,
          params: byId,
          querystring: uuidPage,
          response: { 200: pageOf(writeKey), ...problems('request.invalid', 'app.not_found') },
        },
      },
      (request) => keys.listWriteKeys(request.params.id, request.query),
    )

    server.post(
      '/v1/apps/:id/write-keys',
      {
        config: mayWrite,
        schema: {
          summary: 'Make a write key',
          description: 'The answer is the only place where a server key can be read.',
          tags,
          params: byId,
          body: writeKeyInput,
          response: {
            201: writeKey,
            ...problems('request.invalid', 'app.not_found', 'settings.limit_reached'),
          },
        },
      },
      async (request, reply) =>
        reply.code(201).send(await keys.createWriteKey(actorOf(request), request.params.id, request.body)),
    )

    server.delete(
      '/v1/apps/:id/write-keys/:keyId',
      {
        config: mayWrite,
        schema: {
          summary: 'Revoke a write key',
          description: 'Every process refuses it within 2 s. It stays in the list, with the time.',
          tags,
          params: byKey,
          response: { 200: writeKey, ...problems('write_key.not_found') },
        },
      },
      (request) => keys.revokeWriteKey(actorOf(request), request.params.id, request.params.keyId),
    )

    server.get(
      '/v1/apps/:id/viewer-token-secrets',
      {
        config: mayRead,
        schema: {
          summary: "List an app's viewer-token secrets",
          tags,
          params: byId,
          querystring: uuidPage,
          response: { 200: pageOf(viewerTokenSecret), ...problems('request.invalid', 'app.not_found') },
        },
      },
      (request) => keys.listTokenSecrets(request.params.id, request.query),
    )

    server.post(
      '/v1/apps/:id/viewer-token-secrets',
      {
        config: mayWrite,
        schema: {
          summary: 'Make a viewer-token secret',
          description:
            'The answer is the only place where it can be read. Several are live at once, so that one replaces another without a gap.',
          tags,
          params: byId,
          response: {
            201: viewerTokenSecret,
            ...problems('app.not_found', 'settings.limit_reached'),
          },
        },
      },
      async (request, reply) =>
        reply.code(201).send(await keys.createTokenSecret(actorOf(request), request.params.id)),
    )

    server.delete(
      '/v1/apps/:id/viewer-token-secrets/:secretId',
      {
        config: mayWrite,
        schema: {
          summary: 'Revoke a viewer-token secret',
          tags,
          params: bySecret,
          response: { 200: viewerTokenSecret, ...problems('viewer_token_secret.not_found') },
        },
      },
      (request) => keys.revokeTokenSecret(actorOf(request), request.params.id, request.params.secretId),
    )
  }
}
