import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Problem } from '../errors.ts'
import { sha256 } from '../ids.ts'
import { isForwarded } from './forwarded.ts'
import { problems } from './problem-handler.ts'
import type { Routes } from './server.ts'

/** What operators' machines ask of a program: is it alive, may it get traffic, how is it. */
export interface OperationsOptions {
  /** What must answer before traffic is taken, by name. Each rejects while it does not. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>
  readonly isDraining: () => boolean
  /** Text of the metrics of all processes of this machine's instance: api, worker, engines and supervisor. */
  readonly metrics: () => Promise<{ type: string; text: string }>
  /** Bearer token for `/metrics`; empty: requests from this machine only, and none that a proxy passed on. */
  readonly metricsToken: string
}

const CHECK_MS_MAX = 2_000

const readiness = z.object({
  status: z.enum(['ready', 'draining', 'waiting']),
  checks: z.record(z.string(), z.enum(['ok', 'full', 'failed'])),
})

export function operationsRoutes(options: OperationsOptions): Routes {
  return (server) => {
    server.get(
      '/healthz',
      {
        config: { access: 'public', rateLimit: false },
        schema: {
          summary: 'Whether the process is alive',
          tags: ['operations'],
          response: { 200: z.object({ status: z.literal('alive') }) },
        },
      },
      () => ({ status: 'alive' as const }),
    )
    server.get(
      '/readyz',
      {
        config: { access: 'public', rateLimit: false },
        schema: {
          summary: 'Whether the instance may be given traffic',
          tags: ['operations'],
          response: { 200: readiness, 503: readiness },
        },
      },
      async (_request, reply) => {
        const checks = Object.fromEntries(
          await Promise.all(
            Object.entries(options.checks).map(
              async ([name, check]) => [name, await stateOf(check)] as const,
            ),
          ),
        )
        const isReady = Object.values(checks).every((state) => state === 'ok')
        const status = options.isDraining()
          ? ('draining' as const)
          : isReady
            ? ('ready' as const)
            : ('waiting' as const)
        return reply.code(status === 'ready' ? 200 : 503).send({ status, checks })
      },
    )
    server.get(
      '/metrics',
      {
        config: { access: 'public', rateLimit: false },
        schema: {
          summary: 'Metrics for Prometheus',
          tags: ['operations'],
          response: { 200: z.string(), ...problems('operator.sign_in_required') },
        },
      },
      async (request, reply) => {
        if (!maySeeMetrics(request, options.metricsToken)) {
          throw new Problem(
            'operator.sign_in_required',
            'Metrics are for this machine, or for holders of FOYER_METRICS_TOKEN.',
          )
        }
        const { type, text } = await options.metrics()
        return reply.type(type).serializer(String).send(text)
      },
    )
  }
}

async function stateOf(check: () => Promise<void>): Promise<'ok' | 'full' | 'failed'> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), CHECK_MS_MAX)
  })
  try {
    await Promise.race([check(), timeout])
    return 'ok'
  } catch (error) {
    return error instanceof Problem && error.code === 'store.full' ? 'full' : 'failed'
  } finally {
    clearTimeout(timer)
  }
}

function maySeeMetrics(request: FastifyRequest, token: string): boolean {
  // A proxy on this machine asks from here for everybody.
  if (token === '') return !isForwarded(request) && /^(127\.|::1$|::ffff:127\.)/.test(request.ip)
  const given = request.headers.authorization?.replace(/^Bearer /i, '') ?? ''
  return timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(token)))
}
