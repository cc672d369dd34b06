import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  intakeReport,
  playbackBatch,
  PLAYBACK_LIMITS,
  segmentBatch,
  segmentMessage,
  SEGMENT_LIMITS,
  SEGMENT_SHORT_PATHS,
  SEGMENT_TYPES,
  type SegmentType,
} from '@foyer/contracts'
import { z } from 'zod'
import { problems, type HttpServer, type Routes } from '../../platform/http/index.ts'
import { Problem } from '../../platform/errors.ts'
import { readBody, type BodyLimit } from './intake-body.ts'
import type { Intake, IntakeWire } from './intake.ts'
import { rudderSourceConfig, segmentSettings } from './wires/client-settings.ts'
import { readPlayback } from './wires/playback.ts'
import { readSegment } from './wires/segment.ts'

/** Addresses of the intake. They answer any origin, without credentials, and check the write key themselves. */
export function intakeRoutes(intake: Intake): Routes {
  return async (server) => {
    await server.register((scope: HttpServer, _options, done) => {
      openToAnyOrigin(scope, intake)
      takeBodies(scope, PLAYBACK_BODY)
      playbackRoute(scope, intake)
      done()
    })
    await server.register((scope: HttpServer, _options, done) => {
      openToAnyOrigin(scope, intake)
      takeBodies(scope, SEGMENT_BODY)
      segmentRoutes(scope, intake)
      clientSettingsRoutes(scope, intake)
      done()
    })
  }
}

const PLAYBACK_BODY: BodyLimit = { bytesMax: PLAYBACK_LIMITS.batchBytesMax, tooLarge: 'request.too_large' }
/** Segment answers 400, not 413, and its clients know what to do with that. */
const SEGMENT_BODY: BodyLimit = { bytesMax: SEGMENT_LIMITS.batchBytesMax, tooLarge: 'batch.too_large' }

const refusals = problems(
  'request.not_json',
  'write_key.unknown',
  'request.too_large',
  'request.media_type',
  'request.too_many',
  'journal.full',
)

function playbackRoute(scope: HttpServer, intake: Intake): void {
  const wire: IntakeWire = { name: 'playback', read: readPlayback }
  preflight(scope, '/v1/playback')
  scope.post(
    '/v1/playback',
    {
      ...LEAN,
      schema: {
        summary: 'Take a batch of player events of one view',
        description:
          'See docs/reference/playback-wire.md. 204 when all was taken and there is nothing to say.',
        tags: ['intake'],
        consumes: ['application/json', 'text/plain'],
        body: playbackBatch,
        response: { 200: intakeReport, 204: z.null(), ...refusals },
      },
    },
    async (request, reply) => {
      const report = await take(intake, wire, request, reply)
      if (report.refused.length > 0 || report.diagnostics) return answer(reply, report)
      return answerNothing(reply)
    },
  )
}

function segmentRoutes(scope: HttpServer, intake: Intake): void {
  const kinds: [path: string, type: SegmentType | null][] = [
    ['batch', null],
    // What analytics-next calls it when it is told to batch.
    ['b', null],
    ...SEGMENT_TYPES.map((type): [string, SegmentType] => [type, type]),
    ...Object.entries(SEGMENT_SHORT_PATHS),
  ]
  for (const [path, type] of kinds) {
    const wire: IntakeWire = { name: 'segment', read: readSegment(type) }
    preflight(scope, `/v1/${path}`)
    scope.post(
      `/v1/${path}`,
      {
        ...LEAN,
        schema: {
          summary: type === null ? 'Take a batch of Segment messages' : `Take a Segment ${type} message`,
          description: 'The Segment HTTP API; see docs/guides/segment.md.',
          tags: ['intake'],
          consumes: ['application/json', 'text/plain'],
          body: type === null ? segmentBatch : segmentMessage.partial({ type: true }),
          response: { 200: intakeReport.partial({ accepted: true, refused: true }), ...refusals },
          hide: path.length === 1,
        },
      },
      async (request, reply) => {
        const report = await take(intake, wire, request, reply)
        return answer(reply, report.refused.length > 0 || report.diagnostics ? report : { success: true })
      },
    )
  }
}

/** What clients of Segment and RudderStack ask for before they send anything. */
function clientSettingsRoutes(scope: HttpServer, intake: Intake): void {
  scope.get<{ Params: { writeKey: string } }>(
    '/v1/projects/:writeKey/settings',
    {
      ...LEAN,
      schema: {
        summary: 'Settings that analytics-next loads: send everything here',
        tags: ['intake'],
        hide: true,
      },
    },
    async (request, reply) => {
      const { writeKey } = request.params
      await intake.accessOf({ headers: {}, query: { writeKey } })
      return answer(reply, segmentSettings(writeKey, originOf(request)))
    },
  )
  preflight(scope, '/sourceConfig')
  scope.get(
    '/sourceConfig',
    {
      ...LEAN,
      schema: { summary: 'Settings that RudderStack’s browser client loads', tags: ['intake'], hide: true },
    },
    async (request, reply) => {
      const access = await intake.accessOf(request)
      return answer(reply, rudderSourceConfig(access.app.id, originOf(request)))
    },
  )
}

async function take(intake: Intake, wire: IntakeWire, request: FastifyRequest, reply: FastifyReply) {
  if (!Buffer.isBuffer(request.body)) throw new Problem('request.not_json', 'The request has no body.')
  try {
    return await intake.take({
      wire,
      headers: request.headers,
      query: request.query,
      bytes: request.body,
      address: request.ip,
    })
  } catch (error) {
    // Clients of every kind keep what they have and come again.
    if (error instanceof Problem && error.status === 503) reply.header('retry-after', RETRY_AFTER_S)
    throw error
  }
}

const RETRY_AFTER_S = '5'

function answer(reply: FastifyReply, body: unknown): FastifyReply {
  return reply
    .type('application/json; charset=utf-8')
    .header('x-content-type-options', 'nosniff')
    .send(JSON.stringify(body))
}

/**
 * The usual answer to a player, past the router's reply: hooks that look at bodies have nothing to look at, and it is a
 * tenth of what the request costs.
 */
function answerNothing(reply: FastifyReply): FastifyReply {
  reply.hijack()
  reply.raw.writeHead(204, ANY_ORIGIN)
  reply.raw.end()
  return reply
}

const ANY_ORIGIN = { 'access-control-allow-origin': '*' }

function originOf(request: FastifyRequest): { host: string; protocol: string } {
  return { host: request.host, protocol: request.protocol }
}

/**
 * Options of every intake route: schemas stand there for the documentation and are not run, as the wires check for
 * themselves; limits are our own; a body that is no page needs no headers for pages.
 */
const LEAN = {
  config: { access: 'writeKey', rateLimit: false },
  helmet: false,
  validatorCompiler: () => () => true,
  serializerCompiler: () => JSON.stringify,
} as const

/**
 * CORS for any origin and no credentials, on refusals too. A body sent as text/plain without own headers, as beacons do,
 * is asked for no preflight by any browser; other preflights are kept for a day.
 */
function openToAnyOrigin(scope: HttpServer, intake: Intake): void {
  scope.addHook('onRequest', (request, reply, done) => {
    reply.headers(ANY_ORIGIN)
    try {
      intake.checkAddress(request.ip)
      done()
    } catch (error) {
      done(error as Error)
    }
  })
}

function preflight(scope: HttpServer, path: string): void {
  scope.options(path, { ...LEAN, schema: { hide: true } }, (request, reply) => {
    const asked = request.headers['access-control-request-headers']
    void reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'GET, POST, OPTIONS',
        // Authorization is not covered by `*`, and RudderStack's client has a header of its own.
        'access-control-allow-headers':
          asked && HEADER_NAMES.test(asked) ? asked : 'authorization, content-type',
        'access-control-max-age': '86400',
        vary: 'access-control-request-headers',
        'cache-control': 'public, max-age=86400',
      })
      .send()
  })
}

const HEADER_NAMES = /^[\w-]+(?:\s*,\s*[\w-]+){0,31}$/

/** Bodies come as bytes, whatever they are called. */
function takeBodies(scope: HttpServer, limit: BodyLimit): void {
  scope.removeAllContentTypeParsers()
  // An empty name is no name; the framework would refuse it before a parser is asked.
  scope.addHook('onRequest', ({ headers }, _reply, done) => {
    if (headers['content-type'] === '') delete headers['content-type']
    done()
  })
  scope.addContentTypeParser('*', (_request: FastifyRequest, payload: IncomingMessage, done) =>
    readBody(payload, limit, done),
  )
}
