import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createLogger } from '../log.ts'
import { createHttpServer, type HttpServer } from './index.ts'

let server: HttpServer
beforeEach(async () => {
  server = await createHttpServer({
    log: createLogger({ role: 'test', level: 'silent' }),
    authenticate: async () => null,
    requestsPerMinute: 30,
    trustedProxies: 0,
    version: '0',
    isDraining: () => false,
  })
  const config = { access: 'public' } as const
  server.delete('/thing', { config }, ({ body }, reply) =>
    reply
      .code(204)
      .header('had', typeof body)
      .send(),
  )
  server.post('/act', { config }, ({ body }) => ({ had: typeof body }))
  const schema = { body: z.strictObject({ count: z.number().int() }) }
  server.post('/count', { config, schema }, () => ({}))
})
afterEach(() => server.close())

const JSON_TYPE = { 'content-type': 'application/json' }

describe('an empty body that is called JSON', () => {
  it.each(['', undefined])('is none to a route that wants none (%j)', async (payload) => {
    const empty = { headers: JSON_TYPE, ...(payload === undefined ? {} : { payload }) }
    const deleted = await server.inject({ method: 'DELETE', url: '/thing', ...empty })
    expect([deleted.statusCode, deleted.headers['had']]).toEqual([204, 'undefined'])
    const acted = await server.inject({ method: 'POST', url: '/act', ...empty })
    expect([acted.statusCode, acted.json()]).toEqual([200, { had: 'undefined' }])
  })

  it.each([JSON_TYPE, {}])('is refused like any other by a route that wants one (%j)', async (headers) => {
    const answer = await server.inject({ method: 'POST', url: '/count', headers })
    expect(answer.json()).toMatchObject({
      status: 400,
      code: 'request.invalid',
      errors: [{ field: 'body' }],
    })
  })

  it('does not make what is no JSON one', async () => {
    for (const payload of [' ', '{', '{"__proto__":{}}']) {
      const answer = await server.inject({ method: 'POST', url: '/act', headers: JSON_TYPE, payload })
      expect(answer.json()).toMatchObject({ status: 400, code: 'request.not_json' })
    }
  })
})
