import { afterEach, expect, it } from 'vitest'
import { createLogger } from '../log.ts'
import { createHttpServer, type HttpServer } from './index.ts'

let server: HttpServer
afterEach(() => server.close())

async function serve(trustedProxies: number): Promise<string[]> {
  const lines: string[] = []
  server = await createHttpServer({
    log: createLogger({ role: 'test', level: 'warn', destination: { write: (line) => lines.push(line) } }),
    authenticate: async () => null,
    requestsPerMinute: 100,
    trustedProxies,
    version: '0',
    isDraining: () => false,
  })
  server.get('/open', { config: { access: 'public' } }, () => ({}))
  return lines
}

const behindProxy = { url: '/open', headers: { 'x-forwarded-for': '203.0.113.9' } }

it('a proxy that the configuration does not know is told once, with the setting and no address', async () => {
  const lines = await serve(0)
  await server.inject('/open')
  expect(lines).toEqual([])
  for (let count = 0; count < 3; count++) await server.inject(behindProxy)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('FOYER_TRUSTED_PROXIES')
  expect(lines[0]).not.toContain('203.0.113.9')
})

it('a proxy that is known is not told', async () => {
  const lines = await serve(1)
  await server.inject(behindProxy)
  expect(lines).toEqual([])
})
