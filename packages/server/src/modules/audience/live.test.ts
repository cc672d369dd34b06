import { EventEmitter, once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { LIVE, liveReport, RIGHTS, type LivePicture, type Right } from '@foyer/contracts'
import { afterEach, describe, expect, test } from 'vitest'
import { manualClock, type ManualClock } from '../../platform/clock.ts'
import { Problem } from '../../platform/errors.ts'
import { createHttpServer, type HttpServer } from '../../platform/http/index.ts'
import { createLogger } from '../../platform/log.ts'
import type { LiveNews } from '../tracking/index.ts'
import { createAudience, type Audience } from './index.ts'
import { createLive } from './live.ts'

const NOW = Date.UTC(2026, 10, 22, 12)

const NOTHING: LivePicture = {
  viewers: { signedIn: 0, anonymous: 0 },
  plays: { playing: 0, stalled: 0, ad: 0, paused: 0, starting: 0 },
  eventsPerSecond: 0,
  history: [{ at: new Date(NOW).toISOString(), viewers: null, plays: null, events: 0 }],
  platforms: [],
  countries: [],
  titles: [],
  titlesTotal: 0,
}

const newsOf = (playing: number, more: Partial<LiveNews> = {}): LiveNews => ({
  at: NOW,
  behindMs: 0,
  isPartial: false,
  services: {
    cine: { ...NOTHING, viewers: { signedIn: playing, anonymous: 0 }, plays: { ...NOTHING.plays, playing } },
  },
  nothing: NOTHING,
  ...more,
})

interface Setting {
  readonly server: HttpServer
  readonly audience: Audience
  readonly clock: ManualClock
  who: { rights: ReadonlySet<Right> } | null | 'away'
}

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function open(): Promise<Setting> {
  const clock = manualClock(NOW)
  const log = createLogger({ role: 'test', level: 'silent' })
  const setting = { clock, who: { rights: new Set(RIGHTS) } as Setting['who'] }
  const server = await createHttpServer({
    log,
    authenticate: async () => {
      if (setting.who === 'away') throw new Problem('store.unavailable')
      return setting.who && { kind: 'operator', id: 'o1', rights: setting.who.rights }
    },
    requestsPerMinute: 10_000,
    trustedProxies: 0,
    version: 'test',
    isDraining: () => false,
  })
  const never = async () => {
    throw new Error('the live picture asks nobody')
  }
  const audience = createAudience({
    events: { query: never, run: never, insert: never, command: never, ping: never, close: never },
    accounts: {
      serviceById: async (id) =>
        id === 'cine'
          ? { id, name: id, timeZone: 'Europe/Madrid', localCountry: 'ES', language: 'es' }
          : null,
      findViewer: never,
      labelViewers: never,
      viewersAmong: never,
    },
    catalogue: { count: never, namesOf: never, addedBetween: never },
    subjectsOf: never,
    audit: { record: never },
    clock,
    log,
  })
  await audience.routes(server)
  closing.push(() => server.close())
  return Object.assign(setting, { server, audience })
}

const get = async ({ server }: Setting, path: string) => {
  const answer = await server.inject({ method: 'GET', url: path })
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>(), headers: answer.headers }
}

/** Reads server-sent events over a real connection. */
async function follow(setting: Setting, service = 'cine') {
  if (!setting.server.server.listening) await setting.server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = setting.server.server.address() as AddressInfo
  const request = http.get({ port, host: '127.0.0.1', path: `/v1/reports/live/stream?service=${service}` })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  const events: { name: string; data: string }[] = []
  const arrived = new EventEmitter()
  let text = ''
  let isEnded = false
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = new Map(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => line.split(/: ?(.*)/s, 2) as [string, string]),
      )
      text = text.slice(end + 2)
      if (fields.has('event')) events.push({ name: fields.get('event')!, data: fields.get('data') ?? '' })
      else if (fields.has('')) events.push({ name: 'heartbeat', data: '' })
    }
    arrived.emit('more')
  })
  response.on('end', () => {
    isEnded = true
    arrived.emit('more')
  })
  closing.unshift(async () => request.destroy())
  return {
    response,
    events,
    isEnded: () => isEnded,
    close: () => request.destroy(),
    async until(isMet: () => boolean): Promise<void> {
      while (!isMet()) await once(arrived, 'more')
    },
    playing: () =>
      events
        .filter(({ name }) => name === 'live')
        .map(({ data }) => liveReport.parse(JSON.parse(data)).plays.playing),
  }
}

describe.each(['/v1/reports/live', '/v1/reports/live/stream'])('%s is refused', (path) => {
  test('to who is not signed in', async () => {
    const setting = await open()
    setting.who = null
    const { status, body } = await get(setting, `${path}?service=cine`)
    expect([status, body['code']]).toEqual([401, 'operator.sign_in_required'])
  })

  test('to who may not read reports', async () => {
    const setting = await open()
    setting.who = { rights: new Set(RIGHTS.filter((right) => right !== 'reports.read')) }
    const { status, body } = await get(setting, `${path}?service=cine`)
    expect([status, body['code']]).toEqual([403, 'operator.right_missing'])
  })

  test('for a service that does not exist, and without one', async () => {
    const setting = await open()
    setting.audience.takeLive(newsOf(1))
    const unknown = await get(setting, `${path}?service=nowhere`)
    expect([unknown.status, unknown.body['code']]).toEqual([404, 'service.not_found'])
    const without = await get(setting, path)
    expect([without.status, without.body['code']]).toEqual([400, 'request.invalid'])
  })
})

describe('a report', () => {
  test('is the last news of the service, with all services beside it', async () => {
    const setting = await open()
    setting.audience.takeLive(newsOf(3))
    const { status, body } = await get(setting, '/v1/reports/live?service=cine')
    expect(status).toBe(200)
    const report = liveReport.parse(body)
    expect(report).toMatchObject({ service: 'cine', at: new Date(NOW).toISOString(), behindMs: 0 })
    expect(report.plays.playing).toBe(3)
    expect(report.services).toEqual([{ service: 'cine', viewers: 3, plays: 3, eventsPerSecond: 0 }])
  })

  test('of a service where nothing happens is all zero', async () => {
    const setting = await open()
    setting.audience.takeLive(newsOf(0, { services: {} }))
    const { body } = await get(setting, '/v1/reports/live?service=cine')
    expect(liveReport.parse(body)).toMatchObject({ viewers: { signedIn: 0, anonymous: 0 }, services: [] })
  })

  test('is refused before the first news, and when the worker has been silent', async () => {
    const setting = await open()
    const before = await get(setting, '/v1/reports/live?service=cine')
    expect([before.status, before.body['code'], before.headers['retry-after']]).toEqual([
      503,
      'live.not_ready',
      '2',
    ])
    setting.audience.takeLive(newsOf(3))
    setting.clock.advance(LIVE.lostMs - 1)
    expect((await get(setting, '/v1/reports/live?service=cine')).status).toBe(200)
    setting.clock.advance(1)
    expect((await get(setting, '/v1/reports/live?service=cine')).status).toBe(503)
  })
})

describe('a stream', () => {
  test('brings a picture at once, then each change, to all who look', async () => {
    const setting = await open()
    setting.audience.takeLive(newsOf(1))
    const pages = [await follow(setting), await follow(setting)]
    for (const page of pages) await page.until(() => page.playing().length === 1)
    setting.audience.takeLive(newsOf(2))
    for (const page of pages) {
      await page.until(() => page.playing().length === 2)
      expect(page.playing()).toEqual([1, 2])
      expect(page.response.headers['content-type']).toBe('text/event-stream; charset=utf-8')
      expect(page.response.headers['cache-control']).toBe('no-store')
    }
  })

  test('says that it waits while the worker is away, and goes on when it is back', async () => {
    const setting = await open()
    const page = await follow(setting)
    await page.until(() => page.events.length === 1)
    setting.audience.takeLive(newsOf(4))
    await page.until(() => page.events.length === 2)
    setting.clock.advance(LIVE.lostMs)
    await page.until(() => page.events.length === 3)
    setting.audience.takeLive(newsOf(5))
    await page.until(() => page.events.length === 4)
    expect(page.events.map(({ name }) => name)).toEqual(['waiting', 'live', 'waiting', 'live'])
  })

  test('ends when the session does', async () => {
    const setting = await open()
    const page = await follow(setting)
    setting.who = null
    setting.clock.advance(10_000)
    await page.until(page.isEnded)
  })

  test('ends when the right is taken away', async () => {
    const setting = await open()
    const page = await follow(setting)
    setting.who = { rights: new Set(['catalogue.read']) }
    setting.clock.advance(10_000)
    await page.until(page.isEnded)
  })

  test('goes on while the store that knows the sessions restarts', async () => {
    const setting = await open()
    const page = await follow(setting)
    setting.who = 'away'
    setting.clock.advance(10_000)
    await new Promise((resolve) => setImmediate(resolve))
    setting.audience.takeLive(newsOf(7))
    await page.until(() => page.playing().includes(7))
    expect(page.isEnded()).toBe(false)
  })

  test('is kept open by heartbeats', async () => {
    const setting = await open()
    const page = await follow(setting)
    await page.until(() => page.events.length === 1)
    setting.clock.advance(15_000)
    await page.until(() => page.events.some(({ name }) => name === 'heartbeat'))
  })

  test('ends with the server', async () => {
    const setting = await open()
    const page = await follow(setting)
    await setting.server.close()
    await page.until(page.isEnded)
  })
})

describe('a page that does not follow', () => {
  const mayStill = async () => undefined
  const read = (stream: { read(): unknown }) => String(stream.read() ?? '')
  const turn = () => new Promise((resolve) => setImmediate(resolve))

  test('misses pictures, but not the latest', async () => {
    const live = createLive({ clock: manualClock(NOW) })
    live.take(newsOf(1))
    const stream = live.subscribe('cine', mayStill)
    for (let playing = 2; playing <= 50; playing++) live.take(newsOf(playing))
    let seen = ''
    for (let times = 0; times < 10; times++) {
      seen += read(stream)
      await turn()
    }
    const told = [...seen.matchAll(/"playing":(\d+)/g)].map(([, playing]) => Number(playing))
    expect(told.length).toBeLessThan(6)
    expect(told.at(-1)).toBe(50)
    live.stop()
  })

  test('and takes nothing for half a minute is let go', async () => {
    const clock = manualClock(NOW)
    const live = createLive({ clock })
    const stream = live.subscribe('cine', mayStill)
    for (let times = 0; times < 4; times++) {
      live.take(newsOf(times))
      await turn()
    }
    clock.advance(30_000)
    expect(stream.destroyed).toBe(true)
    live.stop()
  })

  test('leaves its place to another: there are only so many', async () => {
    const live = createLive({ clock: manualClock(NOW) })
    const streams = Array.from({ length: 500 }, () => live.subscribe('cine', mayStill))
    expect(() => live.subscribe('cine', mayStill)).toThrow('There are 500 live pages open already.')
    streams[0]!.destroy()
    await turn()
    live.subscribe('cine', mayStill)
    live.stop()
  })
})
