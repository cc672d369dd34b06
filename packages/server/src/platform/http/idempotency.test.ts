import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestRecords, type TestRecords } from '../../../test/records.ts'
import { manualClock } from '../clock.ts'
import type { Sealed } from '../data-map.ts'
import { sha256 } from '../ids.ts'
import { createLogger } from '../log.ts'
import { addIdempotency } from './idempotency.ts'
import { idempotencyKey } from './idempotency-schema.ts'
import { createHttpServer, type HttpServer } from './server.ts'

let records: TestRecords
let server: HttpServer
let runs = 0

beforeAll(async () => {
  records = await openTestRecords({ backend: 'embedded' })
  server = await createHttpServer({
    log: createLogger({ role: 'test', level: 'silent' }),
    authenticate: async () => ({ kind: 'apiKey', id: 'key', rights: new Set() }),
    requestsPerMinute: 1_000,
    trustedProxies: 0,
    version: 'test',
    isDraining: () => false,
  })
  addIdempotency(server, {
    db: records.db,
    clock: manualClock(0),
    seal: (plain) => `v1.0.${Buffer.from(plain).toString('base64url')}` as Sealed,
    open: (sealed) => Buffer.from(sealed.slice(5), 'base64url').toString(),
  })
  server.post('/things', { config: { access: 'signedIn' } }, () => ({ runs: ++runs }))
})
afterAll(async () => {
  await server?.close()
  await records?.close()
})

it('a retry gets the first answer, and the key that it came with is kept as a hash only', async () => {
  const key = 'order of ana@example.org'
  const send = () => server.inject({ method: 'POST', url: '/things', headers: { 'idempotency-key': key } })
  const first = await send()
  const again = await send()
  expect(first.body).toBe('{"runs":1}')
  expect(again.body).toBe(first.body)
  expect(again.headers['idempotency-replayed']).toBe('true')
  const rows = await records.db.select().from(idempotencyKey)
  expect(rows.map((row) => row.key)).toEqual([sha256(key)])
  expect(JSON.stringify(rows)).not.toContain('ana@')
})
