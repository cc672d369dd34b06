import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createLogger } from '../../platform/log.ts'
import type { ChdbEngine } from './chdb-engine.ts'
import { dialect } from './http-dialect.ts'
import { LaneBroken } from './lanes.ts'

/** What only a broken engine does; a sound one cannot be made to. */
let server: Server | undefined
afterEach(() => server?.close())

async function serve(insert: ChdbEngine['insert']): Promise<{ address: string; broken: string[] }> {
  const engine: ChdbEngine = {
    version: 'fake',
    waiting: () => ({ read: 0, write: 0, insert: 0 }),
    insert,
    read: () => Promise.reject(new Error('no reads here')),
    write: () => Promise.reject(new Error('no writes here')),
    close: () => Promise.resolve(true),
  }
  const broken: string[] = []
  const requests = dialect({
    engine,
    log: createLogger({ role: 'test', level: 'silent' }),
    bodyBytesMax: 1_000,
    onBroken: (reason) => broken.push(reason),
  })
  server = createServer((request, response) => void requests.answer(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, broken }
}

const insert = (address: string) => fetch(address, { method: 'POST', body: 'INSERT INTO a FORMAT CSV\n1' })

test.each([
  [
    'a cancelled buffer',
    new Error('Code: 49. DB::Exception: Cannot write to canceled buffer. (LOGICAL_ERROR)'),
  ],
  ['a lane that does not come clean', new LaneBroken('a failed statement left output that does not go away')],
])('%s answers the request and ends the process', async (_, failure) => {
  const { address, broken } = await serve(() => Promise.reject(failure))
  const answer = await insert(address)
  expect(answer.status).toBe(500)
  expect(answer.headers.get('x-clickhouse-exception-code')).toBe('49')
  expect(broken).toHaveLength(1)
})

test('any other failure does not end the process', async () => {
  const { address, broken } = await serve(() =>
    Promise.reject(new Error('Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)')),
  )
  const answer = await insert(address)
  expect(answer.headers.get('x-clickhouse-exception-code')).toBe('241')
  expect(await answer.text()).toBe(
    'Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)\n',
  )
  expect(broken).toEqual([])
})
