import { createReadStream, existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { openBrowser, openPage, type WatchedPage } from './browser.ts'
import { startInstance, type TestInstance } from './instance.ts'
import { firstOperator, testApp, type TestOperator } from './operator.ts'
import { queryEvents } from './stored-events.ts'

/**
 * Clients of browsers as their makers published them, on a page of another origin, against the real program: only address
 * and key are ours. Those of servers are tried beside the intake.
 */
let instance: TestInstance
let browser: Browser
let operator: TestOperator
let keys: Awaited<ReturnType<typeof testApp>>
let site: Server
let watched: WatchedPage
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
  // Nobody else was asked anything, and nothing failed where nobody looked.
  expect(watched.faults).toEqual([])
  expect([...asked].filter((origin) => ![instance.url, siteUrl()].includes(origin))).toEqual([])
  await watched.context.close()
})
afterAll(async () => {
  await browser?.close()
  site?.close()
  await instance?.close()
})

it('analytics-next delivers page, track and identify from another origin', async () => {
  const page = await openSite()
  await load(page, {})
  await page.evaluate(`(async () => {
    await analytics.page('Home')
    await analytics.track('Trailer Opened', { title: 'Heat', nested: { deep: [1, 2] } })
    await analytics.identify('customer-77', { gender: 'female', name: 'Somebody Else' })
  })()`)
  const rows = await untilStored(3, "type IN ('page', 'track', 'identify') AND name != 'Left'")
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
