import { rm } from 'node:fs/promises'
import type { LiveReport } from '@foyer/contracts'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectNoBarriers, LOOKS } from './axe.ts'
import { openBrowser, openConsole, type PageOptions, type WatchedPage } from './browser.ts'
import { chart, numberOn, rowsOf } from './charts.ts'
import { startInstance, type TestInstance } from './instance.ts'
import { pidOf, type ProcessName } from './kills.ts'
import { livePlayers, type LivePlayers } from './live-players.ts'
import { firstOperator, testApp, type TestOperator } from './operator.ts'

/** The live page on players whose number is known, in the real program, through restarts. */
let instance: TestInstance
let browser: Browser
let operator: TestOperator
let service: string
let players: LivePlayers
let opened: WatchedPage[] = []
/** Views whose players are paused, and silent. */
const paused: number[] = []

const PLAYING = ['play', 'first_frame']
/** Addresses of public resolvers and registries in these countries. */
const SPAIN = '80.58.61.250'
const GERMANY = '217.0.0.1'

beforeAll(async () => {
  ;[instance, browser] = await Promise.all([
    startInstance({ environment: { FOYER_TRUSTED_PROXIES: '1' } }),
    openBrowser(),
  ])
  operator = await firstOperator(instance)
  const app = await testApp(operator)
  service = app.service
  await operator.call('POST', '/v1/titles', { id: 'ferry', kind: 'movie', name: 'Night Ferry' })
  players = livePlayers(instance.url, app.browserKey)
})
afterEach(async () => {
  for (const { context } of opened) await context.close()
  opened = []
})
afterAll(async () => {
  players?.stop()
  await browser?.close()
  await instance?.close()
  // An instance that took over another one's data leaves them.
  if (instance) await rm(instance.dataFolder, { recursive: true, force: true })
})

async function open(options: PageOptions & { query?: string } = {}): Promise<WatchedPage> {
  const watched = await openConsole(browser, { url: instance.url, operator, ...options })
  opened.push(watched)
  await watched.page.goto(`${instance.url}/console/live?service=${service}${options.query ?? ''}`)
  await watched.page.getByText('moves by itself').waitFor()
  return watched
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50))
}

const numbersOn = async (page: Page): Promise<Record<string, string>> => {
  const labels = ['Viewers now', 'Plays now', 'Paused']
  return Object.fromEntries(
    await Promise.all(labels.map(async (label) => [label, await numberOn(page, label)])),
  )
}

const numbersBecome = (page: Page, numbers: Record<string, string>): Promise<void> =>
  until(async () => JSON.stringify(await numbersOn(page)) === JSON.stringify(numbers))

/** The first report that is given; refusals until then are waited for. */
async function firstReport(): Promise<LiveReport> {
  for (;;) {
    try {
      return await operator.call<LiveReport>('GET', `/v1/reports/live?service=${service}`)
    } catch (error) {
      if (!/answered 503|fetch failed/.test(String(error))) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

const eventsIn = ({ history }: LiveReport): number => history.reduce((sum, { events }) => sum + events, 0)

describe('the live page', () => {
  test('says that nobody is there', async () => {
    const { page, faults } = await open()
    await numbersBecome(page, { 'Viewers now': '0', 'Plays now': '0', Paused: '0' })
    await page.getByText('Nothing plays now').waitFor()
    expect(faults).toEqual([])
  })

  test('shows in every tab what players sent, by state, country, platform and title', async () => {
    const tabs = [await open(), await open({ query: '&measure=events' })]
    for (let view = 0; view < 3; view++) await players.begin(PLAYING, { from: SPAIN, platform: 'tizen' })
    await players.begin(PLAYING, { from: GERMANY, contentId: 'nowhere' })
    await players.begin([...PLAYING, 'stall_start'], { from: GERMANY })
    for (let view = 0; view < 2; view++)
      paused.push(await players.begin([...PLAYING, 'pause'], { from: SPAIN }))
    for (const { page } of tabs) {
      await numbersBecome(page, { 'Viewers now': '7', 'Plays now': '5', Paused: '2' })
      await page.getByText('1 stalled').waitFor()
      const rows = (title: string) => rowsOf(chart(page, title))
      expect(await rows('What plays now')).toEqual([
        ['Night Ferry', 'On demand', '4', '4'],
        ['nowhere (not in the catalogue)', 'On demand', '1', '1'],
      ])
      for (const title of ['Viewers now by country', 'Plays now by platform'])
        await page.getByRole('button', { name: `${title} as a table` }).click()
      expect(await rows('Viewers now by country')).toEqual([
        ['Spain', '5', '3'],
        ['Germany', '2', '2'],
      ])
      expect(await rows('Plays now by platform')).toEqual([
        ['Tizen TV', '3', '3'],
        ['Web', '4', '2'],
      ])
      expect(await rows('All services')).toMatchObject([['Cinema', '7', '5', expect.any(String)]])
    }
    await until(async () => eventsIn(await firstReport()) === players.acked())
  })

  test('lets a play go as soon as it ends', async () => {
    const { page } = await open()
    const view = await players.begin(PLAYING)
    await numbersBecome(page, { 'Viewers now': '8', 'Plays now': '6', Paused: '2' })
    await players.send(view, ['view_end'])
    // The viewer is still there: the end is an event too.
    await numbersBecome(page, { 'Viewers now': '8', 'Plays now': '5', Paused: '2' })
  })

  test('stands still while it is paused, and catches up', async () => {
    const { page } = await open()
    await numbersBecome(page, { ...(await numbersOn(page)), 'Plays now': '5' })
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    await page.getByText('the numbers are of').waitFor()
    const view = await players.begin(PLAYING)
    await until(async () => (await firstReport()).plays.playing === 5)
    expect(await numberOn(page, 'Plays now')).toBe('5')
    await page.getByRole('button', { name: 'Go on' }).click()
    await until(async () => (await numberOn(page, 'Plays now')) === '6')
    await players.send(view, ['view_end'])
  })

  test.each(LOOKS)('is free of barriers, %s, %i px wide', async (theme, width) => {
    const { page, faults } = await open({ theme, width })
    await until(async () => (await page.locator('[role=img] canvas').count()) === 3)
    await expectNoBarriers(page, 'live')
    expect(faults).toEqual([])
  })

  test('names a country on its map by keyboard', async () => {
    const { page } = await open()
    const map = page.getByRole('group', { name: 'Viewers now by country' })
    await map.focus()
    await page.keyboard.press('Home')
    const details = map.getByTestId('chart-details')
    await details.getByText('Spain').waitFor()
    // Beside the country and not at the top of the map, where a place that is not found is told.
    expect((await details.boundingBox())!.y - (await map.boundingBox())!.y).toBeGreaterThan(40)
  })

  test('leads to the sign-in when the session ends', async () => {
    const { page, context } = await open()
    const answer = await context.request.post(`${instance.url}/v1/operators/auth/sign-out`, {
      data: {},
      headers: { origin: instance.url },
    })
    expect(answer.ok()).toBe(true)
    await page.waitForURL(/\/console\/sign-in\?next=%2Flive/)
  })
})

describe('after a kill', () => {
  const THERE = { playing: 4, stalled: 1, ad: 0, paused: 2, starting: 0 }

  beforeEach(async () => {
    // However long the tests before took.
    for (const view of paused) await players.send(view, ['pause'])
  })

  async function kill(name: ProcessName): Promise<void> {
    await until(async () => pidOf(instance, name) !== null)
    process.kill(pidOf(instance, name)!, 'SIGKILL')
  }

  test.each(['worker', 'api', 'events'] as const)(
    'of %s the page shows the same again, and meanwhile never something else',
    async (name) => {
      const { page } = await open()
      await until(async () => (await numberOn(page, 'Plays now')) === '5')
      const before = eventsIn(await firstReport())
      await kill(name)
      // A worker may be back before anybody has noticed; without an api there is no connection.
      if (name === 'api') await page.getByText(/Waiting|Connection lost/).waitFor()
      await page.getByText('moves by itself').waitFor()
      await until(async () => (await numberOn(page, 'Plays now')) === '5')
      expect(await numberOn(page, 'Paused')).toBe('2')
      const after = await firstReport()
      expect(after.plays).toEqual(THERE)
      expect(eventsIn(after)).toBeGreaterThanOrEqual(before)
    },
  )

  test('of the supervisor the first report of the next one is right already', async () => {
    const { dataFolder } = instance
    process.kill(instance.pid, 'SIGKILL')
    const next = await startInstance({ dataFolder, environment: { FOYER_TRUSTED_PROXIES: '1' } })
    instance = { ...next, firstOperatorLink: '' }
    players.aim(next.url)
    const { apiKey } = operator
    const answers: LiveReport[] = []
    await until(async () => {
      const answer = await fetch(`${next.url}/v1/reports/live?service=${service}`, {
        headers: { authorization: `Bearer ${apiKey}` },
      })
      if (answer.ok) answers.push((await answer.json()) as LiveReport)
      return answer.ok
    })
    // Paused players are silent: that they are known comes from what was recorded.
    expect(answers[0]!.plays.paused).toBe(2)
  })
})
