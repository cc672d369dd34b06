import { fdatasync, openSync, write } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { serveMeasured } from './measured-process.ts'

/**
 * The floor: node:http, JSON.parse, and a file to which the bodies of concurrent requests are appended with one fdatasync.
 * Nothing that is durable and looks at its input can cost less.
 */
const file = openSync(join(process.argv[2]!, 'bare.log'), 'a')
let waiting: { body: Buffer; done: () => void }[] = []
let isWriting = false

function flush(): void {
  const group = waiting
  waiting = []
  if (group.length === 0) {
    isWriting = false
    return
  }
  const bytes = Buffer.concat(group.map((entry) => entry.body))
  write(file, bytes, 0, bytes.length, null, (writeError) => {
    if (writeError) throw writeError
    fdatasync(file, (syncError) => {
      if (syncError) throw syncError
      for (const { done } of group) done()
      flush()
    })
  })
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
    const { events } = JSON.parse(body.toString()) as { events: unknown[] }
    if (events.length === 0) throw new Error('an empty batch')
    waiting.push({
      body,
      done() {
        response.writeHead(204)
        response.end()
      },
    })
    if (!isWriting) {
      isWriting = true
      setImmediate(flush)
    }
  })
})
server.listen(0, '127.0.0.1', () => serveMeasured((server.address() as { port: number }).port))
