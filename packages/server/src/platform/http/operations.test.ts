import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '../errors.ts'
import { createLogger } from '../log.ts'
import { createMetrics, metricsText } from '../metrics.ts'
import { createHttpServer, operationsRoutes, type HttpServer } from './index.ts'

let server: HttpServer
let isDraining: boolean
let checks: Record<string, () => Promise<void>>

async function serve(metricsToken = ''): Promise<void> {
  server = await createHttpServer({
    log: createLogger({ role: 'test', level: 'silent' }),
    authenticate: async () => null,
    requestsPerMinute: 2,
    trustedProxies: 0,
    version: '0',
    isDraining: () => isDraining,
  })
  server.get('/open', { config: { access: 'public' } }, () => ({}))
  const [api, worker] = [createMetrics('api'), createMetrics('worker')]
  api.counter('foyer_asked_total', 'Questions').inc(3)
  worker.gauge('foyer_backlog', 'Entries that wait').set(7)
  await operationsRoutes({
    checks: {
      records: () => checks['records']!(),
      events: () => checks['events']!(),
    },
    isDraining: () => isDraining,
    metrics: async () => metricsText([await api.snapshot(), await worker.snapshot()]),
    metricsToken,
  })(server)
}

beforeEach(() => {
  isDraining = false
  checks = { records: async () => undefined, events: async () => undefined }
})
afterEach(async () => {
  vi.useRealTimers()
  await server.close()
})

describe('/healthz', () => {
  it('says alive whatever the stores do, while it drains, and however often it is asked', async () => {
    await serve()
    checks = { records: () => Promise.reject(new Error('down')), events: () => new Promise(() => undefined) }
    for (let count = 0; count < 5; count++) {
      const answer = await server.inject('/healthz')
      expect(answer.statusCode).toBe(200)
      expect(answer.json()).toEqual({ status: 'alive' })
    }
    isDraining = true
    expect((await server.inject('/healthz')).json()).toEqual({ status: 'alive' })
  })
})

describe('/readyz', () => {
  it('says ready when every check passes', async () => {
    await serve()
    const answer = await server.inject('/readyz')
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({ status: 'ready', checks: { records: 'ok', events: 'ok' } })
  })

  it('names the check that fails, and the store that is full, without a word of why', async () => {
    await serve()
    checks['events'] = () => Promise.reject(new Error('connect /home/somebody/run/events.sock'))
    checks['records'] = () => Promise.reject(new Problem('store.full'))
    const answer = await server.inject('/readyz')
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toEqual({ status: 'waiting', checks: { records: 'full', events: 'failed' } })
    expect(answer.body).not.toContain('sock')
  })

  it('does not wait for ever for a check', async () => {
    await serve()
    await server.ready()
    checks['records'] = () => new Promise(() => undefined)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const asked = server.inject('/readyz')
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0))
    await vi.advanceTimersByTimeAsync(2_000)
    expect((await asked).json()).toEqual({ status: 'waiting', checks: { records: 'failed', events: 'ok' } })
  })

  it('says that it drains, so that no traffic comes any more', async () => {
    await serve()
    isDraining = true
    const answer = await server.inject('/readyz')
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toMatchObject({ status: 'draining' })
    expect((await server.inject('/open')).json()).toMatchObject({ code: 'server.draining' })
  })
})

describe('/metrics', () => {
  it('joins what every process measured, each under its role', async () => {
    await serve()
    const { statusCode, headers, body } = await server.inject('/metrics')
    expect(statusCode).toBe(200)
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(body).toContain('foyer_asked_total{role="api"} 3')
    expect(body).toContain('foyer_backlog{role="worker"} 7')
    expect(body).toMatch(/process_resident_memory_bytes\{role="worker"\} \d+/)
  })

  it.each(['192.0.2.7', '::ffff:192.0.2.7', '2001:db8::1', '10.127.0.1'])(
    'without a token is not for another machine (%s)',
    async (remoteAddress) => {
      await serve()
      const answer = await server.inject({ url: '/metrics', remoteAddress })
      expect(answer.json()).toMatchObject({ status: 401, code: 'operator.sign_in_required' })
      expect(answer.body).not.toContain('foyer_asked')
    },
  )

  it.each(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])(
    'without a token is for this machine (%s)',
    async (remoteAddress) => {
      await serve()
      expect((await server.inject({ url: '/metrics', remoteAddress })).statusCode).toBe(200)
    },
  )

  it('without a token believes no header about where a request comes from', async () => {
    await serve()
    const headers = { 'x-forwarded-for': '127.0.0.1', forwarded: 'for=127.0.0.1' }
    expect((await server.inject({ url: '/metrics', remoteAddress: '192.0.2.7', headers })).statusCode).toBe(
      401,
    )
  })

  it.each([
    ['x-forwarded-for', '203.0.113.9'],
    ['x-forwarded-for', '127.0.0.1'],
    ['x-forwarded-proto', 'https'],
    ['x-real-ip', '203.0.113.9'],
    ['forwarded', 'for=203.0.113.9'],
    ['via', '1.1 proxy.example'],
  ])('without a token is not for whom a proxy on this machine asks (%s: %s)', async (name, value) => {
    await serve()
    const answer = await server.inject({ url: '/metrics', headers: { [name]: value } })
    expect(answer.json()).toMatchObject({ status: 401, code: 'operator.sign_in_required' })
    expect(answer.body).not.toContain('foyer_asked')
  })

  it.each([
    ['nothing', undefined],
    ['another token', 'Bearer wrong'],
    ['a part of it', 'Bearer s3cr'],
    ['an empty one', 'Bearer '],
    ['it as a password', `Basic ${Buffer.from('s3cret:').toString('base64')}`],
  ])('with a token refuses %s, from this machine too', async (_what, authorization) => {
    await serve('s3cret')
    const headers = authorization === undefined ? {} : { authorization }
    const answer = await server.inject({ url: '/metrics', headers })
    expect(answer.json()).toMatchObject({ status: 401, code: 'operator.sign_in_required' })
  })

  it('with a token is for whoever has it, from anywhere', async () => {
    await serve('s3cret')
    const headers = { authorization: 'Bearer s3cret', 'x-forwarded-for': '203.0.113.9' }
    const answer = await server.inject({ url: '/metrics', remoteAddress: '192.0.2.7', headers })
    expect(answer.statusCode).toBe(200)
    expect(answer.body).toContain('foyer_asked_total')
  })
})
