import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openTestRecords, type TestRecords } from '../../../test/records.ts'
import { manualClock, type ManualClock } from '../clock.ts'
import type { Sealed } from '../data-map.ts'
import { sha256 } from '../ids.ts'
import { createLogger } from '../log.ts'
import { addIdempotency } from './idempotency.ts'
import { idempotencyKey } from './idempotency-schema.ts'
import { createHttpServer, type HttpServer } from './server.ts'

let records: TestRecords
let server: HttpServer
let clock: ManualClock
let runs = 0
/** Lets the request that waits go on. */
let release: () => void = () => undefined

beforeAll(async () => {
  records = await openTestRecords({ backend: 'embedded' })
  clock = manualClock(0)
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
    clock,
    seal: (plain) => `v1.0.${Buffer.from(plain).toString('base64url')}` as Sealed,
    open: (sealed) => Buffer.from(sealed.slice(5), 'base64url').toString(),
  })
  server.post('/things', { config: { access: 'signedIn' } }, () => ({ runs: ++runs }))
  server.post('/slow', { config: { access: 'signedIn' } }, async () => {
    await new Promise<void>((resolve) => (release = resolve))
    return { runs: ++runs }
  })
})
beforeEach(async () => {
  await records.db.delete(idempotencyKey)
  runs = 0
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

const post = (url: string, key: string, body: object = {}) =>
  server.inject({ method: 'POST', url, headers: { 'idempotency-key': key }, payload: body })

it('a key of a process that died is taken over after a minute, by the same request alone', async () => {
  // What a process leaves that is killed in the middle of it.
  await post('/things', 'order', { of: 'two' })
  await records.db.update(idempotencyKey).set({ status: null, body: null, claimedAt: new Date(clock.now()) })
  runs = 0

  expect((await post('/things', 'order', { of: 'two' })).statusCode).toBe(409)
  clock.advance(60_000)
  expect((await post('/things', 'order', { of: 'two' })).statusCode).toBe(409)
  clock.advance(1)
  expect((await post('/things', 'order', { of: 'three' })).statusCode).toBe(409)
  expect(runs).toBe(0)
  const [one, other] = await Promise.all([
    post('/things', 'order', { of: 'two' }),
    post('/things', 'order', { of: 'two' }),
  ])
  // The second comes while the first is under way, or after it.
  expect([one, other].filter(({ statusCode }) => statusCode === 200).length).toBeGreaterThan(0)
  expect(runs).toBe(1)
  expect((await post('/things', 'order', { of: 'two' })).body).toBe('{"runs":1}')
})

it('a request that takes minutes keeps its key', async () => {
  const first = post('/slow', 'long')
  const claimedAt = async () => (await records.db.select().from(idempotencyKey))[0]?.claimedAt.getTime()
  await expect.poll(claimedAt).toBe(clock.now())
  for (let turn = 0; turn < 8; turn++) {
    const before = (await claimedAt())!
    clock.advance(15_000)
    await expect.poll(claimedAt).toBeGreaterThan(before)
    // The next turn is set when this one has been written.
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect((await post('/slow', 'long')).statusCode).toBe(409)
  release()
  expect((await first).body).toBe('{"runs":1}')
  expect((await post('/slow', 'long')).headers['idempotency-replayed']).toBe('true')
})
