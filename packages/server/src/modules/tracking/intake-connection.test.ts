import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { playback, startIntake, type TestIntake } from './intake.fixture.ts'

/** What only shows on a connection: bodies that come in pieces, too much, or not to their end. */

let intake: TestIntake
afterEach(() => intake.close())

async function listen(): Promise<{ url: string; port: number }> {
  intake = await startIntake()
  await intake.server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = intake.server.server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port }
}

/** A body of unknown length. */
function stream(bytes: number): ReadableStream<Uint8Array> {
  let left = bytes
  return new ReadableStream({
    pull(controller) {
      const size = Math.min(left, 65_536)
      if (size === 0) controller.close()
      else controller.enqueue(Buffer.alloc(size, ' '))
      left -= size
    },
  })
}

describe('a sender of too much', () => {
  it.each([
    ['/v1/batch', 600_000, 400, 'batch.too_large'],
    ['/v1/playback', 1_100_000, 413, 'request.too_large'],
    ['/v1/playback', 8_000_000, 413, 'request.too_large'],
  ])('hears so instead of a broken connection: %s, %i bytes', async (path, bytes, status, code) => {
    const { url } = await listen()
    for (const body of [' '.repeat(bytes), stream(bytes)]) {
      const response = await fetch(url + path, { method: 'POST', body, duplex: 'half' })
      expect(response.status).toBe(status)
      expect(await response.json()).toMatchObject({ code })
    }
    expect(intake.entries).toHaveLength(0)
  })

  it('without an end is cut off', async () => {
    const { port } = await listen()
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('POST /v1/playback HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n')
    const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`
    for (let sent = 0; sent < 30_000_000; sent += 65_536) socket.write(chunk)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 /)
    expect(intake.entries).toHaveLength(0)
  })
})

it('a batch that breaks off leaves nothing, and the next one is taken', async () => {
  const { url, port } = await listen()
  const body = JSON.stringify(playback())
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const whole = `POST /v1/playback HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  socket.write(whole.slice(0, -10))
  socket.end()
  socket.resume()
  await once(socket, 'close')
  expect(intake.entries).toHaveLength(0)
  expect((await fetch(`${url}/v1/playback`, { method: 'POST', body })).status).toBe(204)
  expect(intake.entries).toHaveLength(1)
})

it('a body in many pieces is one', async () => {
  const { port } = await listen()
  const body = JSON.stringify(playback({ events: 20 }))
  const socket = connect(port, '127.0.0.1').setNoDelay()
  socket.write(`POST /v1/playback HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`)
  for (let at = 0; at < body.length; at += 97) {
    await new Promise((resolve) => socket.write(body.slice(at, at + 97), resolve))
  }
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 204 /)
  expect(answer.toString()).toMatch(/access-control-allow-origin: \*/i)
  expect(intake.entries[0]!.body.events).toHaveLength(20)
})
