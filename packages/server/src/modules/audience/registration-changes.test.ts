import { afterAll, beforeAll, expect, test } from 'vitest'
import { purposeMask, registrationsReport, RIGHTS } from '@foyer/contracts'
import { ndjson } from '../../../test/event-rows.ts'
import { openTestEvents, type TestEvents } from '../../../test/events.ts'
import { manualClock } from '../../platform/clock.ts'
import { createHttpServer, type HttpServer } from '../../platform/http/index.ts'
import { createLogger } from '../../platform/log.ts'
import { createAudience } from './index.ts'

const clock = manualClock(Date.parse('2026-11-22T12:00:00Z'))
let store: TestEvents
let server: HttpServer

beforeAll(async () => {
  store = await openTestEvents()
  const log = createLogger({ role: 'test', level: 'silent' })
  server = await createHttpServer({
    log,
    authenticate: async () => ({ kind: 'operator', id: 'o1', rights: new Set(RIGHTS) }),
    requestsPerMinute: 100_000,
    trustedProxies: 0,
    version: 'test',
    isDraining: () => false,
  })
  const never = () => Promise.reject(new Error('not asked for here'))
  const audience = createAudience({
    events: store.events,
    accounts: {
      serviceById: async (id) => ({ id, name: id, timeZone: 'UTC', localCountry: 'ES', language: 'es' }),
      findViewer: never,
      labelViewers: never,
      viewersAmong: never,
    },
    catalogue: { count: never, addedBetween: never, namesOf: never },
    subjectsOf: never,
    audit: { record: never },
    clock,
    log,
  })
  await audience.routes(server)
})
afterAll(async () => {
  await server.close()
  await store.close()
})

test('a registration is told to whoever watches, and nothing while nothing happens', async () => {
  const address = await server.listen({ port: 0, host: '127.0.0.1' })
  const abort = new AbortController()
  const response = await fetch(`${address}/v1/reports/registrations/changes?service=cine`, {
    signal: abort.signal,
  })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const lines = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  expect((await lines.read()).value).toContain('retry: 1000')

  /** Waits for the next change, once the store has heard of it. */
  const next = () => {
    const told = lines.read()
    let isTold = false
    void told.then(() => (isTold = true))
    return {
      isTold: () => isTold,
      async arrives() {
        await turnUntil(() => isTold, 50)
        expect((await told).value).toBe('event: changed\ndata:\n\n')
      },
    }
  }
  const registration = next()
  // The first look only learns what there is.
  await turnUntil(() => false, 5)
  expect(registration.isTold()).toBe(false)
  const rows = ['1', '2'].map((version) => viewerRow('777', version, version))
  await store.events.insert('viewer', { ndjson: ndjson([rows[0]!]), token: 'new' })
  await registration.arrives()
  const path = '/v1/reports/registrations?service=cine&from=2026-11-22&to=2026-11-22'
  const { body } = await server.inject({ url: path })
  expect(registrationsReport.parse(JSON.parse(body)).total).toBe(1)

  // So is that the viewer changes, whose two rows lie side by side until the engine merges them.
  await store.events.command('SYSTEM STOP MERGES viewer')
  const change = next()
  await store.events.insert('viewer', { ndjson: ndjson([rows[1]!]), token: 'changed' })
  await change.arrives()

  // And that two viewers turn out to be one person.
  const merge = next()
  const link = { subject: '777', person: '103', denied: 0, is_deleted: 0, version: '1' }
  await store.events.insert('person_of', { ndjson: ndjson([link]), token: 'merge' })
  await store.events.command('SYSTEM RELOAD DICTIONARY person_0')
  await merge.arrives()
  abort.abort()
})

/** Lets the clock strike and the store answer, until something holds or so many times. */
async function turnUntil(holds: () => boolean, times: number): Promise<void> {
  for (let turn = 0; turn < times && !holds(); turn++) {
    clock.advance(200)
    await store.events.ping()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function viewerRow(vid: string, version: string, city: string): Record<string, unknown> {
  return {
    vid,
    version,
    is_deleted: 0,
    service: 'cine',
    registered_at: '2026-11-22 10:00:00.000',
    city,
    consent_mask: purposeMask(['service']),
  }
}
