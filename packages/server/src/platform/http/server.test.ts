import { connect, type AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Problem } from '../errors.ts'
import { createLogger } from '../log.ts'
import { actorOf, createHttpServer, problems, type Actor, type HttpServer } from './index.ts'

const STACK_TRACE = /\bat .*\(|node_modules|\.ts:\d/

let server: HttpServer
let isDraining: boolean
/** What the bearer "reader" may; null when it is nobody any more. */
let rights: Actor['rights'] | null | 'unknown'

beforeEach(async () => {
  isDraining = false
  rights = new Set(['reports.read'])
  server = await createHttpServer({
    log: createLogger({ role: 'test', level: 'silent' }),
    async authenticate({ headers }) {
      if (rights === 'unknown') throw new Problem('store.unavailable')
      if (rights === null || headers.authorization !== 'Bearer reader') return null
      return { kind: 'apiKey', id: 'reader', rights }
    },
    requestsPerMinute: 30,
    trustedProxies: 0,
    version: '0',
    isDraining: () => isDraining,
  })
  server.get('/open', { config: { access: 'public' } }, () => ({ hello: 'everybody' }))
  server.get('/report', { config: { access: { right: 'reports.read' } } }, (request) => ({
    id: actorOf(request).id,
  }))
  server.get('/change', { config: { access: { right: 'settings.write' } } }, () => ({}))
  server.post(
    '/count',
    {
      config: { access: 'public' },
      schema: {
        body: z.strictObject({ count: z.number().int() }),
        response: { 200: z.object({}), ...problems('request.invalid') },
      },
    },
    () => ({}),
  )
  server.get('/refuse', { config: { access: 'public' } }, () => {
    throw new Problem('viewer.not_found', 'No viewer has this id.')
  })
  server.get('/fail', { config: { access: 'public' } }, () => {
    throw new Error('SELECT secret FROM somewhere')
  })
  server.get('/wrapped', { config: { access: 'public' } }, () => {
    throw new Error('migration', {
      cause: new Error('Failed query', { cause: new Problem('store.unavailable') }),
    })
  })
  server.get('/full', { config: { access: 'public' } }, () => {
    throw new Problem('store.full', undefined, { headers: { 'Retry-After': '10' } })
  })
})
afterEach(() => server.close())

describe('access', () => {
  it('refuses to mount a route that does not say who may call it', () => {
    expect(() => server.get('/forgotten', () => ({}))).toThrow(/does not declare its access/)
  })

  it('asks who it is, then whether that right is held', async () => {
    expect((await server.inject('/report')).json()).toMatchObject({
      status: 401,
      code: 'operator.sign_in_required',
    })
    const authorization = 'Bearer reader'
    expect((await server.inject({ url: '/report', headers: { authorization } })).json()).toEqual({
      id: 'reader',
    })
    expect((await server.inject({ url: '/change', headers: { authorization } })).json()).toMatchObject({
      status: 403,
      code: 'operator.right_missing',
      detail: 'This needs the right settings.write.',
    })
  })

  it('can be asked for again by an answer that stays open', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<() => Promise<void>>()
    server.get('/stream', { config: { access: { right: 'reports.read' } } }, (request) => {
      resolve(() => request.checkAccess())
      return {}
    })
    await server.inject({ url: '/stream', headers: { authorization: 'Bearer reader' } })
    const check = await asked
    await check()
    rights = new Set(['catalogue.read'])
    await expect(check()).rejects.toMatchObject({ code: 'operator.right_missing' })
    rights = null
    await expect(check()).rejects.toMatchObject({ code: 'operator.sign_in_required' })
    rights = 'unknown'
    await expect(check()).rejects.toMatchObject({ code: 'store.unavailable' })
  })

  it('says to anybody that there is nothing at an address where there is nothing', async () => {
    expect((await server.inject('/nothing')).json()).toMatchObject({ status: 404, code: 'route.not_found' })
  })
})

describe('a refusal', () => {
  it('is problem details with its code, and the request’s id to find it by', async () => {
    const answer = await server.inject('/refuse')
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.json()).toEqual({
      type: 'urn:foyer:problem:viewer.not_found',
      title: 'No such viewer',
      status: 404,
      code: 'viewer.not_found',
      detail: 'No viewer has this id.',
      instance: `urn:foyer:request:${String(answer.headers['x-request-id'])}`,
    })
  })

  it('names the field', async () => {
    const answer = await server.inject({ method: 'POST', url: '/count', payload: { count: 'many' } })
    expect(answer.json()).toMatchObject({
      status: 400,
      code: 'request.invalid',
      errors: [{ field: 'body.count' }],
    })
  })

  it.each([
    [
      'not JSON',
      { method: 'POST', url: '/count', payload: '{', headers: { 'content-type': 'application/json' } },
      'request.not_json',
    ],
    [
      'another media type',
      { method: 'POST', url: '/count', payload: 'a', headers: { 'content-type': 'text/csv' } },
      'request.media_type',
    ],
    ['an address that cannot be read', { method: 'GET', url: '/viewers/%E0%A4%A' }, 'request.invalid'],
    ['a store that restarts', { method: 'GET', url: '/wrapped' }, 'store.unavailable'],
  ] as const)('has a code for %s', async (_what, request, code) => {
    const answer = await server.inject({ ...request })
    expect(answer.json()).toMatchObject({ code })
  })

  it('that passes says when to come again, and the problem’s own word counts', async () => {
    expect((await server.inject('/wrapped')).headers['retry-after']).toBe('1')
    expect((await server.inject('/full')).headers['retry-after']).toBe('10')
    expect((await server.inject('/fail')).headers['retry-after']).toBeUndefined()
  })

  it('of ours tells nothing of what failed', async () => {
    const answer = await server.inject('/fail')
    expect(answer.json()).toMatchObject({ status: 500, code: 'server.failed' })
    expect(answer.body).not.toContain('SELECT')
    expect(answer.body).not.toMatch(STACK_TRACE)
  })

  it('of too many requests says when to come again', async () => {
    for (let count = 0; count < 30; count++) await server.inject('/open')
    const answer = await server.inject('/open')
    expect(answer.json()).toMatchObject({ status: 429, code: 'request.too_many' })
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  })

  it('reaches even who does not speak HTTP', async () => {
    await server.listen({ host: '127.0.0.1', port: 0 })
    const { port } = server.server.address() as AddressInfo
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('HELLO\r\n\r\n'))
      let text = ''
      socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      socket.once('end', () => resolve(text))
      socket.once('error', reject)
    })
    expect(answer).toContain('400 Bad Request')
    expect(answer).toContain('"code":"request.invalid"')
  })
})

describe('a server that stops', () => {
  it('answers who comes late with a code and when to try again', async () => {
    isDraining = true
    const answer = await server.inject('/open')
    expect(answer.json()).toMatchObject({ status: 503, code: 'server.draining' })
    expect(answer.headers['retry-after']).toBe('5')
  })
})

describe('pages', () => {
  it('carry a policy with a nonce that is new each time', async () => {
    const policies = await Promise.all([server.inject('/open'), server.inject('/open')])
    const nonces = policies.map(
      ({ headers }) =>
        /script-src 'self' 'nonce-([^']+)'/.exec(String(headers['content-security-policy']))?.[1],
    )
    expect(nonces[0]).toBeDefined()
    expect(nonces[0]).not.toBe(nonces[1])
  })

  it('of the API’s documentation load nothing from elsewhere', async () => {
    const { headers } = await server.inject('/docs/')
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/https?:|upgrade-insecure/)
  })
})

describe('a query', () => {
  const days = z.object({ from: z.iso.date().optional(), limit: z.coerce.number().max(9).default(5) })
  const answer = { config: { access: 'public' }, schema: { querystring: days } } as const
  beforeEach(() => {
    server.get('/days', answer, ({ query }) => query)
    server.get('/wire', { ...answer, config: { access: 'writeKey' } }, ({ query }) => query)
  })

  it('with a parameter that nobody knows is refused, and the parameter and those that there are are named', async () => {
    const { statusCode, body } = await server.inject('/days?form=2026-01-01&_=1&limit=3')
    expect(statusCode).toBe(400)
    const message = 'no such parameter; there are from, limit'
    expect(JSON.parse(body)).toMatchObject({
      code: 'request.invalid',
      detail: 'See errors: querystring.form, querystring._.',
      errors: [
        { field: 'querystring.form', message },
        { field: 'querystring._', message },
      ],
    })
  })

  it('is told all that is wrong at once, and of very many parameters the first', async () => {
    const { errors } = (await server.inject('/days?limit=10&form=1')).json()
    expect(errors.map(({ field }: { field: string }) => field)).toEqual([
      'querystring.limit',
      'querystring.form',
    ])
    const many = Array.from({ length: 500 }, (_, at) => `p${at}=`).join('&')
    expect((await server.inject(`/days?${many}`)).json().errors).toHaveLength(10)
  })

  it('with parameters that are known is answered, with their defaults', async () => {
    expect((await server.inject('/days?from=2026-01-01')).json()).toEqual({ from: '2026-01-01', limit: 5 })
    expect((await server.inject('/days')).json()).toEqual({ limit: 5 })
  })

  it('of a wire takes what an SDK adds, and does not pass it on', async () => {
    expect((await server.inject('/wire?from=2026-01-01&sentAt=now')).json()).toEqual({
      from: '2026-01-01',
      limit: 5,
    })
  })

  it('keeps the rules that its schema has beyond its fields', async () => {
    const ordered = days.refine(({ from }) => from !== '2026-01-01', 'not that day')
    server.get('/ordered', { ...answer, schema: { querystring: ordered } }, ({ query }) => query)
    expect((await server.inject('/ordered?from=2026-01-01')).json().errors).toEqual([
      { field: 'querystring', message: 'not that day' },
    ])
    expect((await server.inject('/ordered?form=2026-01-01')).statusCode).toBe(400)
    expect((await server.inject('/ordered?from=2026-01-02')).statusCode).toBe(200)
  })

  it('that is no object is not mounted', () => {
    const schema = { querystring: z.union([days, z.object({})]) }
    expect(() => server.get('/odd', { ...answer, schema }, () => ({}))).toThrow(/the query of GET \/odd/)
  })
})
