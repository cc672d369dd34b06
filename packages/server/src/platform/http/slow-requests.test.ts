import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createLogger } from '../log.ts'
import { createHttpServer, type HttpServer } from './index.ts'

const REQUEST_MS_MAX = 200

let server: HttpServer
let socket: Socket

beforeEach(async () => {
  server = await createHttpServer({
    log: createLogger({ role: 'test', level: 'silent' }),
    authenticate: async () => null,
    requestsPerMinute: 1_000,
    requestMsMax: REQUEST_MS_MAX,
    trustedProxies: 0,
    version: '0',
    isDraining: () => false,
  })
  server.post('/take', { config: { access: 'public' } }, () => ({}))
  // An answer that goes on for three times as long as a request may take.
  server.get('/stream', { config: { access: 'public' } }, (_request, reply) => {
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, { 'content-type': 'text/event-stream' })
    raw.write('data: first\n\n')
    setTimeout(() => raw.end('data: last\n\n'), 3 * REQUEST_MS_MAX)
  })
  await server.listen({ host: '127.0.0.1', port: 0 })
  socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8')
  socket.on('error', () => undefined)
})
afterEach(async () => {
  socket.destroy()
  await server.close()
})

async function untilClosed(): Promise<string> {
  let text = ''
  socket.on('data', (chunk: string) => (text += chunk))
  await once(socket, 'close')
  return text
}

it.each([
  [
    'body',
    'POST /take HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{',
  ],
  ['head', 'POST /take HTTP/1.1\r\nhost: x\r\nx-a: '],
])('a %s that comes a byte at a time is cut off and told why', async (_what, start) => {
  socket.write(start)
  const drip = setInterval(() => socket.write('a'), REQUEST_MS_MAX / 10)
  const answer = await untilClosed().finally(() => clearInterval(drip))
  expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
  expect(answer).toContain('"code":"request.too_slow"')
})

it('an answer may go on for longer than that', async () => {
  socket.write('GET /stream HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  expect(await untilClosed()).toContain('data: last')
})
