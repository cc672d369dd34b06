import { connect } from 'node:net'
import { batchBody } from './batch.ts'

/**
 * Load in a process of its own: so many connections, each of which sends its next batch when the last one was answered.
 * Plain sockets, so that the generator does not take the cores from what it measures.
 */
const CONNECTIONS = 64
/** Different bodies, so that nothing can be remembered between them. */
const BODIES = 256

const requests = Array.from({ length: BODIES }, (_, index) => {
  const body = Buffer.from(batchBody(index, Date.now()))
  const head = `POST /v1/playback HTTP/1.1\r\nhost: bench\r\ncontent-type: text/plain;charset=UTF-8\r\nuser-agent: Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) AppleWebKit/537.36\r\ncontent-length: ${body.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), body])
})

process.on('message', ({ port, total }: { port: number; total: number }) => {
  let sent = 0
  let answered = 0
  let failed = 0
  const started = performance.now()
  for (let i = 0; i < CONNECTIONS; i++) {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay()
    const next = () => {
      if (sent < total) socket.write(requests[sent++ % BODIES]!)
      else socket.end()
    }
    socket.on('connect', next)
    socket.on('data', (chunk) => {
      if (chunk.toString('latin1', 9, 12) !== '204') failed++
      answered++
      if (answered === total) process.send!({ failed, ms: performance.now() - started })
      next()
    })
  }
})
process.on('disconnect', () => process.exit())
process.send!({ ready: true })
