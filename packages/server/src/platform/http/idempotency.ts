import { and, eq, isNull, lt } from 'drizzle-orm'
import type { FastifyReply, FastifyRequest, FastifySchema, RouteOptions } from 'fastify'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import type { Database, Sealed } from '../data-map.ts'
import { Problem } from '../errors.ts'
import { sha256 } from '../ids.ts'
import type { Job } from '../jobs.ts'
import { idempotencyKey } from './idempotency-schema.ts'
import type { HttpServer } from './server.ts'

/**
 * `Idempotency-Key` on writes (draft-ietf-httpapi-idempotency-key-header): a retry with the same key and the same request
 * gets the first answer again, for a day; the same key with another request is refused. While the first request is under
 * way its process says so again and again; where the process died, a retry takes the key over after a minute and is done
 * like a first one, since nobody knows how far that came.
 */
export interface IdempotencyOptions {
  readonly db: Database
  readonly clock: Clock
  /** Answers may hold personal values, so they are kept sealed. */
  readonly seal: (plain: string) => Sealed
  /** Null when it cannot be opened any more. */
  readonly open: (sealed: Sealed) => string | null
}

const KEY_LENGTH_MAX = 255
const BODY_LENGTH_MAX = 262_144
const KEPT_MS = 86_400_000
/** A claim that was not renewed for so long is that of a process which is no more. */
const CLAIM_MS = 60_000
const RENEW_MS = 15_000
const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

declare module 'fastify' {
  interface FastifyRequest {
    idempotency: { readonly actor: string; readonly key: string } | null
  }
}

export function addIdempotency(server: HttpServer, options: IdempotencyOptions): void {
  const underWay = renewClaims(options)
  server.decorateRequest('idempotency', null)
  server.addHook('preHandler', async (request, reply) => {
    const answered = await begin(request, reply, options)
    if (request.idempotency) underWay.claims.add(request.idempotency)
    return answered
  })
  server.addHook('onSend', async (request, reply, payload) => {
    if (request.idempotency) underWay.claims.delete(request.idempotency)
    await finish(request, reply, payload, options)
    return payload
  })
  server.addHook('onClose', (_server, done) => {
    underWay.stop()
    done()
  })
}

/** Adds the header to what OpenAPI says of a route that takes it. */
export function describeIdempotency(schema: FastifySchema, route: RouteOptions): FastifySchema {
  const access = route.config?.access
  const isWrite = [route.method].flat().some((method) => WRITES.has(method))
  const hasActor = access === 'signedIn' || typeof access === 'object'
  return isWrite && hasActor && !schema.hide ? { ...schema, headers: HEADER } : schema
}

const HEADER = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(KEY_LENGTH_MAX)
    .optional()
    .describe(
      'A retry with the same key and the same request gets the first answer again, for a day; with another request, or while the first is under way, 409 request.idempotency_conflict.',
    ),
})

type Claim = NonNullable<FastifyRequest['idempotency']>

/** Says of requests that take long that they are under way. */
function renewClaims({ db, clock }: Pick<IdempotencyOptions, 'db' | 'clock'>) {
  const claims = new Set<Claim>()
  let cancel = clock.after(RENEW_MS, renew)

  function renew(): void {
    const work = [...claims].map(({ actor, key }) =>
      db
        .update(idempotencyKey)
        .set({ claimedAt: new Date(clock.now()) })
        .where(isKey(actor, key)),
    )
    // One that fails is renewed with the next: there are three before the claim is given up.
    void Promise.allSettled(work).then(() => (cancel = clock.after(RENEW_MS, renew)))
  }

  return { claims, stop: () => cancel() }
}

/** Forgets answers older than a day. */
export function idempotencyJob(options: Pick<IdempotencyOptions, 'db' | 'clock'>): Job {
  return {
    name: 'http.forget_idempotency_keys',
    everyMs: 3_600_000,
    async run() {
      await options.db
        .delete(idempotencyKey)
        .where(lt(idempotencyKey.createdAt, new Date(options.clock.now() - KEPT_MS)))
    },
  }
}

async function begin(
  request: FastifyRequest,
  reply: FastifyReply,
  options: IdempotencyOptions,
): Promise<unknown> {
  const sent = request.headers['idempotency-key']
  if (typeof sent !== 'string' || !request.actor || !WRITES.has(request.method)) return
  if (sent.length === 0 || sent.length > KEY_LENGTH_MAX) {
    throw new Problem('request.invalid', `Idempotency-Key must have 1 to ${KEY_LENGTH_MAX} characters.`, {
      errors: [{ field: 'headers.idempotency-key', message: `1 to ${KEY_LENGTH_MAX} characters` }],
    })
  }
  const actor = `${request.actor.kind}:${request.actor.id}`
  // A client may put a person's address into its key: only the hash is kept.
  const key = sha256(sent)
  const requestHash = sha256(`${request.method} ${request.url}\n${bodyText(request.body)}`)
  const now = options.clock.now()
  const claimed = await options.db
    .insert(idempotencyKey)
    .values({ actor, key, requestHash, createdAt: new Date(now), claimedAt: new Date(now) })
    .onConflictDoUpdate({
      target: [idempotencyKey.actor, idempotencyKey.key],
      set: { claimedAt: new Date(now) },
      setWhere: and(
        isNull(idempotencyKey.status),
        eq(idempotencyKey.requestHash, requestHash),
        lt(idempotencyKey.claimedAt, new Date(now - CLAIM_MS)),
      )!,
    })
    .returning({ key: idempotencyKey.key })
  if (claimed.length > 0) {
    request.idempotency = { actor, key }
    return
  }
  const [earlier] = await options.db.select().from(idempotencyKey).where(isKey(actor, key))
  if (!earlier || earlier.requestHash !== requestHash) throw new Problem('request.idempotency_conflict')
  if (earlier.status === null) {
    throw new Problem(
      'request.idempotency_conflict',
      'The first request with this key is still under way, or its process died: after a minute it is done anew.',
      { headers: { 'retry-after': '5' } },
    )
  }
  const body = earlier.body === null ? '' : options.open(earlier.body)
  if (body === null) throw new Problem('request.idempotency_conflict')
  reply.code(earlier.status).header('idempotency-replayed', 'true').serializer(String)
  if (earlier.contentType) reply.type(earlier.contentType)
  return reply.send(body)
}

async function finish(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  options: IdempotencyOptions,
): Promise<void> {
  if (!request.idempotency) return
  const { actor, key } = request.idempotency
  const isKept =
    reply.statusCode < 500 && (payload === null || payload === undefined || typeof payload === 'string')
  if (!isKept || (typeof payload === 'string' && payload.length > BODY_LENGTH_MAX)) {
    await options.db.delete(idempotencyKey).where(isKey(actor, key))
    return
  }
  const contentType = reply.getHeader('content-type')
  await options.db
    .update(idempotencyKey)
    .set({
      status: reply.statusCode,
      contentType: typeof contentType === 'string' ? contentType : null,
      body: typeof payload === 'string' ? options.seal(payload) : null,
    })
    .where(isKey(actor, key))
}

function isKey(actor: string, key: string) {
  return and(eq(idempotencyKey.actor, actor), eq(idempotencyKey.key, key))
}

function bodyText(body: unknown): string {
  if (body === undefined || body === null) return ''
  return Buffer.isBuffer(body) ? sha256(body) : JSON.stringify(body)
}
