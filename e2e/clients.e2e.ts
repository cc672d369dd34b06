import { createReadStream, existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { Analytics } from '@segment/analytics-node'
import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { openBrowser, openPage, type WatchedPage } from './browser.ts'
import { startInstance, type TestInstance } from './instance.ts'
import { firstOperator, testApp, type TestOperator } from './operator.ts'
import { queryEvents } from './stored-events.ts'

/**
 * Clients of servers and, on a page of another origin, of browsers as their makers published them, against the real
 * program: only address and key are ours. What they send is counted in EVENTS.
 */
let instance: TestInstance
let browser: Browser
let operator: TestOperator
let keys: Awaited<ReturnType<typeof testApp>>
let site: Server
let watched: WatchedPage | undefined
/** Origins that the page asked anything of. */
let asked: Set<string>

beforeAll(async () => {
  ;[instance, browser, site] = await Promise.all([startInstance(), openBrowser(), serveSite()])
  operator = await firstOperator(instance)
  keys = await testApp(operator)
  await operator.call('POST', '/v1/viewers', {
    service: keys.service,
    app: keys.app,
    externalId: 'customer-77',
    gender: 'male',
    name: 'Ana Ruiz',
  })
})
afterEach(async () => {
  if (!watched) return
  // Nobody else was asked anything, and nothing failed where nobody looked.
  expect(watched.faults).toEqual([])
  expect([...asked].filter((origin) => ![instance.url, siteUrl()].includes(origin))).toEqual([])
  await watched.context.close()
  watched = undefined
})
afterAll(async () => {
  await browser?.close()
  site?.close()
  await instance?.close()
})

it('analytics-node delivers every kind of message, each a row', async () => {
  const { app, serverKey } = await testApp(operator, { service: 'segment', app: 'segment-node' })
  const analytics = new Analytics({
    writeKey: serverKey,
    host: instance.url,
    path: '/v1/batch',
    maxRetries: 0,
  })
  const failures: unknown[] = []
  analytics.on('error', (error) => failures.push(error))
  const who = { userId: 'customer-77', anonymousId: 'device-1' }
  analytics.identify({ ...who, traits: { gender: 'female' } })
  analytics.track({ ...who, event: 'Video Playback Started', properties: { title: 'Heat' } })
  analytics.page({ ...who, name: 'Home' })
  analytics.screen({ ...who, name: 'Menu' })
  analytics.group({ ...who, groupId: 'family-1', traits: { size: 4 } })
  analytics.alias({ previousId: 'device-1', userId: 'customer-77' })
  for (let index = 0; index < 100; index++) analytics.track({ ...who, event: 'Many', properties: { index } })
  await analytics.closeAndFlush()
  expect(failures).toEqual([])
  const rows = await untilStored(106, `app = '${app}'`)
  expect(countsOf(rows)).toEqual({
    identify: 1,
    'track Video Playback Started': 1,
    'page Home': 1,
    'screen Menu': 1,
    group: 1,
    alias: 1,
    'track Many': 100,
  })
  // A server's key is a secret, so what it says of who somebody is counts.
  expect(new Set(rows.map(({ signedIn }) => signedIn))).toEqual(new Set([1]))
  const viewer = await operator.call('GET', '/v1/viewers/customer-77?service=segment')
  expect(viewer).toMatchObject({ gender: 'female' })
})

it('rudder-sdk-node delivers what it batches and compresses, each a row', async () => {
  const { app, serverKey } = await testApp(operator, { service: 'rudder', app: 'rudder-node' })
  const client = new RudderAnalytics(serverKey, { dataPlaneUrl: instance.url, flushAt: 20, gzip: true })
  for (let index = 0; index < 50; index++)
    client.track({ anonymousId: 'device-1', event: 'Many', properties: { index } })
  client.identify({ userId: 'customer-77', traits: { gender: 'female' } })
  await new Promise<void>((resolve, reject) => {
    void client.flush((error?: Error) => (error ? reject(error) : resolve()))
  })
  const rows = await untilStored(51, `app = '${app}'`)
  expect(countsOf(rows)).toEqual({ 'track Many': 50, identify: 1 })
})

it('analytics-next delivers page, track and identify from another origin', async () => {
  const page = await openSite()
  await load(page, {})
  await page.evaluate(`(async () => {
    await analytics.page('Home')
    await analytics.track('Trailer Opened', { title: 'Heat', nested: { deep: [1, 2] } })
    await analytics.identify('customer-77', { gender: 'female', name: 'Somebody Else' })
  })()`)
  const rows = await untilStored(
    3,
    "app = 'cinema-web' AND type IN ('page', 'track', 'identify') AND name != 'Left'",
  )
  expect(rows.map(({ type, name }) => [type, name])).toEqual([
    ['page', 'Home'],
    ['track', 'Trailer Opened'],
    ['identify', ''],
  ])
  for (const row of rows)
    expect(row).toMatchObject({
      app: keys.app,
      platform: 'web',
      browser: expect.stringMatching(/Chrom/) as string,
    })
  expect(new Set(rows.map(({ subject }) => subject)).size).toBe(1)

  // Its key is public, so it may say who somebody is and is not believed.
  expect(rows.map(({ signedIn }) => signedIn)).toEqual([0, 0, 0])
  const viewer = await operator.call('GET', `/v1/viewers/customer-77?service=${keys.service}`)
  expect(viewer).toMatchObject({ gender: 'male', name: 'Ana Ruiz' })
})

it('analytics-next that batches delivers what it still holds when its page is closed', async () => {
  const page = await openSite()
  await load(page, {
    integrations: {
      'Segment.io': { deliveryStrategy: { strategy: 'batching', config: { size: 100, timeout: 600_000 } } },
    },
  })
  await page.evaluate("void analytics.track('Left', { after: 5 })")
  await page.waitForFunction('analytics.instance?.queue.queue.todo === 0')
  await page.close({ runBeforeUnload: true })
  expect(await untilStored(1, "name = 'Left'")).toMatchObject([{ type: 'track' }])
})

it('a player’s last events come by beacon when its page is closed', async () => {
  const page = await openSite()
  const batch = {
    v: 1,
    key: keys.browserKey,
    context: { viewId: 'closed', deviceId: 'device-1', content: { id: 'film', kind: 'vod' } },
    events: [
      { type: 'play', seq: 0, ts: Date.now() - 1_000, monoMs: 0, positionMs: 0 },
      { type: 'view_end', seq: 1, ts: Date.now() - 500, monoMs: 500, positionMs: 0, reason: 'pagehide' },
    ],
  }
  await page.evaluate(`addEventListener('pagehide', () =>
    navigator.sendBeacon('${instance.url}/v1/playback', JSON.stringify({ ...${JSON.stringify(batch)}, sentAt: Date.now() })))`)
  await page.close({ runBeforeUnload: true })
  const rows = await untilStored(2, "view_id = 'closed'")
  expect(rows.map(({ type }) => type)).toEqual(['play', 'view_end'])
})

/** A page with the client's own bundle, nothing else on it. */
async function openSite(): Promise<Page> {
  watched = await openPage(browser)
  asked = new Set()
  watched.context.on('request', (request) => asked.add(new URL(request.url()).origin))
  await watched.page.goto(siteUrl())
  return watched.page
}

async function load(page: Page, options: object): Promise<void> {
  const settings = { writeKey: keys.browserKey, cdnURL: instance.url }
  await page.evaluate(
    `void (globalThis.analytics = AnalyticsNext.AnalyticsBrowser.load(${JSON.stringify(settings)}, ${JSON.stringify(options)}))`,
  )
}

function countsOf(rows: readonly StoredEvent[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { type, name } of rows) {
    const what = `${type} ${name}`.trim()
    counts[what] = (counts[what] ?? 0) + 1
  }
  return counts
}

interface StoredEvent {
  type: string
  name: string
  app: string
  subject: string
  signedIn: number
  platform: string
  browser: string
}

async function untilStored(count: number, condition: string): Promise<StoredEvent[]> {
  const query = `SELECT type, name, app, toString(subject) AS subject, toUInt8(is_signed_in) AS signedIn, platform, browser
    FROM events WHERE ${condition} ORDER BY ts, seq`
  return vi.waitFor(
    async () => {
      const rows = await queryEvents<StoredEvent>(instance.dataFolder, query)
      expect(rows).toHaveLength(count)
      return rows
    },
    { timeout: 20_000, interval: 50 },
  )
}

const BUNDLE = dirname(createRequire(import.meta.url).resolve('@segment/analytics-next/dist/umd/index.js'))
const PAGE =
  '<!doctype html><title>A site</title><link rel="icon" href="data:,"><script src="/index.js"></script>'

/** Somebody's site, on a loopback name that is not the instance's. */
async function serveSite(): Promise<Server> {
  const server = createServer((request, response) => {
    const file = join(BUNDLE, basename(request.url!))
    if (request.url === '/') response.setHeader('content-type', 'text/html').end(PAGE)
    else if (existsSync(file))
      createReadStream(file).pipe(response.setHeader('content-type', 'text/javascript'))
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

function siteUrl(): string {
  return `http://localhost:${(site.address() as AddressInfo).port}`
}
