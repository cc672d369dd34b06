import { and, eq, lt } from 'drizzle-orm'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import type { Database, Sealed } from '../data-map.ts'
import { Problem } from '../errors.ts'
import { sha256 } from '../ids.ts'
import type { Job } from '../jobs.ts'
import { idempotencyKey } from './idempotency-schema.ts'
import type { HttpServer } from './server.ts'

/**
 * `Idempotency-Key` on writes (draft-ietf-httpapi-idempotency-key-header): a retry with the same key and the same request
 * gets the first answer again, for a day; the same key with another request is refused.
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
const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

declare module 'fastify' {
  interface FastifyRequest {
    idempotency: { readonly actor: string; readonly key: string } | null
  }
}

export function addIdempotency(server: HttpServer, options: IdempotencyOptions): void {
  server.decorateRequest('idempotency', null)
  server.addHook('preHandler', (request, reply) => begin(request, reply, options))
  server.addHook('onSend', async (request, reply, payload) => {
    await finish(request, reply, payload, options)
    return payload
  })
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
  const claimed = await options.db
    .insert(idempotencyKey)
    .values({ actor, key, requestHash, createdAt: new Date(options.clock.now()) })
    .onConflictDoNothing()
    .returning({ key: idempotencyKey.key })
  if (claimed.length > 0) {
    request.idempotency = { actor, key }
    return
  }
  const [earlier] = await options.db.select().from(idempotencyKey).where(isKey(actor, key))
  if (!earlier || earlier.requestHash !== requestHash) throw new Problem('request.idempotency_conflict')
  if (earlier.status === null) {
    throw new Problem('request.idempotency_conflict', 'The first request with this key is still under way.', {
      headers: { 'retry-after': '1' },
    })
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
