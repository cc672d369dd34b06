import { randomUUID } from 'node:crypto'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import fastify, {
  LogController,
  type ConnectionError,
  type FastifyInstance,
  type FastifyRequest,
  type RawServerDefault,
  type RouteOptions,
} from 'fastify'
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import type { Logger } from '../log.ts'
import { Problem } from '../errors.ts'
import { checkAccess, type Authenticate } from './access.ts'
import { describeAccess, SECURITY_SCHEMES } from './describe-access.ts'
import { addDocsPage, LIBRARY_PAGES } from './docs-page.ts'
import { describeIdempotency } from './idempotency.ts'
import { warnOfUnknownProxy } from './forwarded.ts'
import { answerProblem } from './problem-handler.ts'
import { refuseUnknownParameters } from './strict-query.ts'

export type HttpServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  Logger,
  ZodTypeProvider
>

/** What a module gives to be mounted: registers its routes on the server. */
export type Routes = (server: HttpServer) => void | Promise<void>

export interface HttpServerOptions {
  readonly log: Logger
  readonly authenticate: Authenticate
  /** Requests a minute and address on routes that are not intake. */
  readonly requestsPerMinute: number
  /** Proxies in front whose X-Forwarded-For is believed: a number of hops, or 0. */
  readonly trustedProxies: number
  readonly version: string
  /** Told of every answer, by the pattern of its route. */
  readonly onResponse?: (answer: { method: string; route: string; status: number; ms: number }) => void
  /** How long a request may take to arrive, head and body, ms; answers may take as long as they like. */
  readonly requestMsMax?: number
  /** True once the server stops taking new work. */
  readonly isDraining: () => boolean
}

/** Bytes of a body on routes that do not set their own limit. */
const BODY_BYTES_MAX = 1_048_576

/**
 * A whole batch of 1 MB on a line of 140 kbit/s. Fastify's own default is for ever: a sender of a byte now and then would
 * hold a connection and its buffers as long as it likes.
 */
const REQUEST_MS_MAX = 60_000

export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { requestMsMax = REQUEST_MS_MAX } = options
  const server: HttpServer = fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    // Hop 0 is the connection itself: one proxy in front is that hop and no other.
    trustProxy: (_address: string, hop: number) => hop < options.trustedProxies,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: requestMsMax,
    // Node takes the longer of the two for the whole request, so the head's own limit must not be above it.
    http: { headersTimeout: requestMsMax, connectionsCheckingInterval: requestMsMax / 10 },
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    // While closing, our own hook answers, with a code and Retry-After.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => answerProblem(error, request as FastifyRequest, reply),
    clientErrorHandler: answerBrokenRequest,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512 },
  }).withTypeProvider<ZodTypeProvider>()

  server.setValidatorCompiler(validatorCompiler)
  server.setSerializerCompiler(serializerCompiler)
  server.setErrorHandler(answerProblem)
  server.setNotFoundHandler((request, reply) =>
    answerProblem(new Problem('route.not_found', `No ${request.method} here. See /docs.`), request, reply),
  )
  takeEmptyBodies(server)
  if (options.trustedProxies === 0) warnOfUnknownProxy(server)
  server.decorateRequest('actor', null)
  server.decorateRequest('checkAccess', function () {
    return checkAccess(this, options.authenticate)
  })
  server.addHook('onRoute', requireDeclaredAccess)
  server.addHook('onRoute', refuseUnknownParameters)
  server.addHook('onRequest', async (request) => {
    if (options.isDraining() && !PROBES.test(request.routeOptions.url ?? ''))
      throw new Problem('server.draining', undefined, { headers: { 'retry-after': '5' } })
    await checkAccess(request, options.authenticate)
  })
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    const { statusCode: status, elapsedTime: ms } = reply
    options.onResponse?.({ method: request.method, route, status, ms })
    if (QUIET_ROUTES.test(route)) return
    request.log.info({ method: request.method, route, status, ms: Math.round(ms) }, 'answered')
  })
  server.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id)
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
  })

  await server.register(helmet, {
    enableCSPNonces: true,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        connectSrc: ["'self'"],
        fontSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'", 'data:'],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        manifestSrc: ["'self'"],
      },
    },
    strictTransportSecurity: false,
    crossOriginResourcePolicy: false,
  })
  await server.register(rateLimit, {
    global: true,
    max: options.requestsPerMinute,
    timeWindow: '1 minute',
    errorResponseBuilder: (_request, context) =>
      new Problem('request.too_many', `Try again in ${Math.ceil(context.ttl / 1000)} s.`),
  })
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Foyer',
        version: options.version,
        description:
          'The audience platform for streaming services. An address that takes query parameters refuses others; the wires of write keys ignore them.',
      },
      components: {
        securitySchemes: SECURITY_SCHEMES,
      },
    },
    transform: (document) =>
      jsonSchemaTransform({
        ...document,
        ...(document.schema
          ? { schema: describeIdempotency(describeAccess(document.schema, document.route), document.route) }
          : {}),
      }),
    transformObject: jsonSchemaTransformObject,
  })
  server.get('/openapi.json', { schema: { hide: true }, config: { access: 'public' } }, () =>
    server.swagger(),
  )
  await addDocsPage(server)
  return server
}

/** Clients name JSON on every request, also where they send nothing; a route that wants a body refuses by its schema. */
function takeEmptyBodies(server: HttpServer): void {
  const parse = server.getDefaultJsonParser('error', 'error')
  server.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) =>
    body === '' ? done(null, undefined) : void parse(request, body, done),
  )
}

/** Mounts routes in a scope of their own: hooks and parsers that they add reach no one else. */
export async function mount(server: HttpServer, routes: Routes): Promise<void> {
  await server.register(async (scope) => routes(scope as unknown as HttpServer))
}

/** Answers what is not HTTP, is above the limits of its head or does not come to its end, as far as an answer still reaches anybody. */
function answerBrokenRequest(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const problem =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? new Problem('request.too_slow', 'Send less at once, or compressed. What has arrived was not taken.')
      : new Problem('request.invalid', 'The request cannot be read as HTTP.')
  const body = JSON.stringify(problem.toDetails())
  const status = `${problem.status} ${STATUS_CODES[problem.status]}`
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

/** Answered to the end: who asks must learn that the process drains, not that it is dead. */
const PROBES = /^\/(healthz|readyz|metrics)$/

/** Asked so often that a line each would drown the others: the intake, probes, and the console's files. */
const QUIET_ROUTES =
  /^\/(v1\/(playback|batch|track|identify|page|screen|group|alias|[a-z])$|healthz|readyz|metrics|console\/assets)/

function requireDeclaredAccess(route: RouteOptions): void {
  route.config ??= {}
  if (LIBRARY_PAGES.test(route.url)) route.config.access = 'public'
  if (!route.config.access)
    throw new Error(`route ${String(route.method)} ${route.url} does not declare its access`)
}
