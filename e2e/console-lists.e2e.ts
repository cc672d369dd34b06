import { readFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Browser, Page } from 'playwright-core'
import { expectNoBarriers, LOOKS } from './axe.ts'
import { openBrowser, openConsole, type PageOptions, type WatchedPage } from './browser.ts'
import { chart, numberOn, rowsOf, untilDrawn } from './charts.ts'
import { knownAudience, untilEventsAreIn, type KnownAudience } from './console-fixture.ts'
import { startInstance, type TestInstance } from './instance.ts'
import { firstOperator, type TestOperator } from './operator.ts'

/** From each bar to the list behind it, on a known audience, in the real program. */
let instance: TestInstance
let browser: Browser
let operator: TestOperator
let audience: KnownAudience
let opened: WatchedPage[] = []

const AROUND_THE_CHANGE = 'from=2026-10-24&to=2026-10-26'

beforeAll(async () => {
  ;[instance, browser] = await Promise.all([startInstance(), openBrowser()])
  operator = await firstOperator(instance)
  audience = await knownAudience(instance, operator)
  await untilEventsAreIn(operator, audience)
})
afterEach(async () => {
  for (const { context } of opened) await context.close()
  opened = []
})
afterAll(async () => {
  await browser?.close()
  await instance?.close()
})

async function open(path: string, options: PageOptions = {}): Promise<WatchedPage> {
  const watched = await openConsole(browser, { url: instance.url, operator, ...options })
  opened.push(watched)
  await watched.page.goto(`${instance.url}/console${path}`)
  return watched
}

/** Viewers that a list says it has. */
async function totalOf(page: Page): Promise<string> {
  return page.getByTestId('list-total').innerText()
}

const viewers = (page: Page) => chart(page, 'Viewers')

describe('every list', () => {
  test.each(LOOKS)(
    'is free of barriers and of breaches of its policy, %s, %i px wide',
    async (theme, width) => {
      const { page, faults } = await open('/', { theme, width })
      for (const [name, path] of Object.entries({
        active: '/viewers/list?list=active&period=7d&platform=tizen',
        registered: `/viewers/list?list=registered&${AROUND_THE_CHANGE}&geography=state&place=other`,
        nobody: '/viewers/list?list=active&from=2020-01-01&to=2020-01-02&loyalty=new',
        'an unknown list': '/viewers/list?list=guests',
      })) {
        await page.goto(`${instance.url}/console${path}`)
        await page.getByRole('heading', { level: 1 }).waitFor()
        await untilDrawn(page)
        await expectNoBarriers(page, name)
      }
      expect(faults).toEqual([])
    },
  )
})

describe('the list behind', () => {
  test('a title is opened by a click, holds as many as the bar said, and leads to the viewer', async () => {
    const { page } = await open('/?period=7d')
    const titles = chart(page, 'Top titles')
    await titles.getByRole('link', { name: 'The Long Harbour' }).waitFor()
    const [, , said] = (await rowsOf(titles))[0]!
    await titles.getByRole('link', { name: 'The Long Harbour' }).click()
    await page.getByRole('heading', { level: 1, name: 'Active viewers' }).waitFor()
    await page.getByText('title is The Long Harbour').waitFor()
    expect(await totalOf(page)).toBe(`${said} viewer`)
    expect(new URL(page.url()).search).toBe('?period=7d&list=active&contentId=harbour&contentKind=vod')
    expect((await rowsOf(viewers(page))).map(([name, , , starts]) => [name, starts])).toEqual([
      ['Ana Ruiz', '1'],
    ])
    await viewers(page).getByRole('link', { name: 'Ana Ruiz' }).click()
    await page.getByRole('heading', { level: 1, name: 'Viewers' }).waitFor()
    await page.getByTestId('viewer-label').getByText('Ana Ruiz').waitFor()
    expect(await numberOn(page, 'Playback starts')).toBe('1')
    // And back again, to the list as it was.
    await page.goBack()
    await page.getByText('title is The Long Harbour').waitFor()
  })

  test.each(['Enter', 'Space'])('a platform is opened by %s, from the keyboard alone', async (key) => {
    const { page } = await open('/?period=7d')
    const platform = chart(page, 'Platforms').getByRole('link', { name: 'Tizen TV' })
    await platform.focus()
    await page.keyboard.press(key)
    await page.getByText('platform is Tizen TV').waitFor()
    expect(await totalOf(page)).toBe('1 viewer')
  })

  test('a day is opened by a click in the chart and by Enter on its point', async () => {
    const { page } = await open('/?period=today')
    const days = chart(page, 'Minutes watched by day')
    await page.getByRole('radio', { name: 'Events' }).click()
    await untilDrawn(page)
    const events = chart(page, 'Events by day')
    await events.getByRole('group', { name: 'Events by day' }).focus()
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Active viewers' }).waitFor()
    expect(new URL(page.url()).searchParams.get('from')).toBe(new URL(page.url()).searchParams.get('to'))
    expect(await totalOf(page)).toBe('1 viewer')
    await page.goBack()
    await untilDrawn(page)
    const box = (await events.locator('canvas').boundingBox())!
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
    await page.getByTestId('list-total').waitFor()
    expect(await days.count()).toBe(0)
  })

  test.each(['Quality by platform', 'What changed most'])(
    'a number of the quality is who used the platform, from %s',
    async (table) => {
      const { page } = await open('/?period=7d&tab=quality')
      await chart(page, table).getByRole('link', { name: 'Tizen TV' }).click()
      await page.getByText('platform is Tizen TV').waitFor()
      expect(await totalOf(page)).toBe('1 viewer')
    },
  )

  test('there is none behind a device, and the definition says so', async () => {
    const { page } = await open('/?period=7d&tab=quality')
    const devices = chart(page, 'Quality by device')
    await devices.getByRole('row').nth(1).waitFor()
    expect(await devices.getByRole('link').count()).toBe(0)
    // The mouse comes from somewhere, as a real one does.
    await devices.hover()
    await devices.getByRole('button', { name: 'What Quality by device means' }).hover()
    await page.getByText('no list of viewers is behind a row').waitFor()
  })

  test('registrations is as many as each bar, age, place and slice says', async () => {
    const { page } = await open(`/registrations?${AROUND_THE_CHANGE}`)
    await untilDrawn(page)
    const bars = chart(page, 'Registrations by day and gender')
    await bars.getByRole('group').focus()
    await page.keyboard.press('End')
    await page.keyboard.press('Space')
    await page.getByRole('heading', { level: 1, name: 'Registered viewers' }).waitFor()
    expect(await totalOf(page)).toBe('3 viewers')
    expect(new URL(page.url()).search).toBe('?from=2026-10-26&to=2026-10-26&list=registered')

    await page.goBack()
    await untilDrawn(page)
    await chart(page, 'Registrations by age').getByRole('group').focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByText('age is 18–24').waitFor()
    expect(await totalOf(page)).toBe('2 viewers')

    await page.goBack()
    await chart(page, 'Registrations by geography').getByRole('tab', { name: 'State' }).click()
    await page.getByRole('link', { name: 'Other (other countries)' }).click()
    await page.getByText('state is other countries').waitFor()
    expect(await totalOf(page)).toBe('2 viewers')

    await page.goBack()
    await untilDrawn(page)
    await page.getByRole('button', { name: /Female 42\.8%/ }).click()
    await page.getByRole('link', { name: 'See the viewers' }).click()
    await page.getByText('gender is female').waitFor()
    expect(await totalOf(page)).toBe('3 viewers')
  })

  test('an hour that the clocks repeat is that hour alone', async () => {
    const { page } = await open('/registrations?from=2026-10-25&to=2026-10-25')
    await untilDrawn(page)
    await chart(page, 'Registrations by hour and gender').getByRole('group').focus()
    await page.keyboard.press('Home')
    for (let hour = 0; hour < 3; hour++) await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await page.getByText('hour is').waitFor()
    expect(await totalOf(page)).toBe('1 viewer')
    expect((await rowsOf(viewers(page)))[0]![1]).toContain('CET')
    // Other days have no use for the hour.
    await page.getByRole('button', { name: '25 Oct 2026', exact: true }).click()
    await page.getByRole('button', { name: 'Last 28 days' }).click()
    await page.getByTestId('list-total').waitFor()
    expect(new URL(page.url()).searchParams.get('start')).toBeNull()
  })
})

describe('a list', () => {
  test('loses a filter by its button, and sorts by a head of a column, and the address says so', async () => {
    const { page } = await open(`/viewers/list?list=registered&${AROUND_THE_CHANGE}&gender=female`)
    await page.getByText('3 viewers').waitFor()
    await page.getByRole('button', { name: 'Remove gender is female' }).click()
    await page.getByText('7 viewers').waitFor()
    const age = page.getByRole('columnheader', { name: 'Age' })
    await age.getByRole('button').focus()
    await page.keyboard.press('Enter')
    await page
      .getByRole('columnheader', { name: 'Age', exact: false })
      .and(page.locator('[aria-sort=descending]'))
      .waitFor()
    await page.getByTestId('list-total').waitFor()
    expect((await rowsOf(viewers(page)))[0]![3]).toBe('65')
    expect(new URL(page.url()).searchParams.get('sort')).toBe('age')
    await age.getByRole('button').click()
    await page.locator('[aria-sort=ascending]').waitFor()
    await page.getByTestId('list-total').waitFor()
    expect((await rowsOf(viewers(page)))[0]![3]).toBe('–')
  })

  test('is given as CSV, whole, and that is recorded too', async () => {
    const { page } = await open(`/viewers/list?list=registered&${AROUND_THE_CHANGE}`)
    await page.getByText('7 viewers').waitFor()
    const waiting = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download viewers as CSV' }).click()
    const file = await waiting
    expect(file.suggestedFilename()).toBe('registered-viewers-cinema-2026-10-24-2026-10-26.csv')
    const lines = (await readFile(await file.path(), 'utf8')).trim().split('\r\n')
    expect(lines).toHaveLength(8)
    expect(lines[0]).toContain('Viewer id,Viewer,Registered')
  })

  test('leaves each opening in the audit trail, with its filters and how many it held', async () => {
    const { page, context } = await open('/viewers/list?list=active&period=7d&platform=tizen')
    await page.getByText('1 viewer').waitFor()
    const trail = await context.request.get(`${instance.url}/v1/audit?action=viewer_list.opened&limit=1`)
    const { items } = (await trail.json()) as { items: { object: string; details: object }[] }
    expect(items[0]).toMatchObject({
      object: audience.service,
      details: { list: 'active', platform: 'tizen', viewers: 1, rows: 1, isPersonalShown: true },
    })
  })

  test('that nobody is on says so, and what to take away', async () => {
    const { page } = await open('/viewers/list?list=active&period=7d&platform=roku')
    await page.getByText('No viewers').waitFor()
    await page.getByText(/Take "platform is Roku" away/).waitFor()
  })

  test('with a filter that is wrong says which, in the words of the server', async () => {
    const { page } = await open('/viewers/list?list=active&period=7d&contentId=never-heard-of')
    await page.getByText('Could not load the viewers').waitFor()
    await page.getByText(/Nothing is known of a title or channel never-heard-of/).waitFor()
  })
})

test('who may not see what people watched has bars that lead nowhere, and no list by its address', async () => {
  const { page } = await open('/')
  await page.route('**/v1/operators/me', async (route) => {
    const me = (await (await route.fetch()).json()) as { rights: string[] }
    const rights = me.rights.filter((right) => right !== 'viewers.activity')
    await route.fulfill({ json: { ...me, role: 'marketer', rights } })
  })
  await page.goto(`${instance.url}/console?period=7d`)
  const titles = chart(page, 'Top titles')
  await titles.getByText('The Long Harbour').waitFor()
  expect(await titles.getByRole('link').count()).toBe(0)
  // Registrations tell nothing of what was watched: their lists need another right.
  expect(await chart(page, 'Registrations').getByRole('link').count()).toBe(
    (await numberOn(page, 'Registrations')) === '0' ? 0 : 1,
  )
  await page.goto(`${instance.url}/console/viewers/list?list=active`)
  await page.getByText('Your role does not allow this page').waitFor()
})

describe('the overview', () => {
  test('begins with what the role asks first, and the address says when it is another part', async () => {
    const { page } = await open('/')
    await page.getByRole('tab', { name: 'Audience', selected: true }).waitFor()
    await page.getByRole('tab', { name: 'Quality' }).click()
    await chart(page, 'Quality by platform').waitFor()
    expect(new URL(page.url()).searchParams.get('tab')).toBe('quality')
    await page.route('**/v1/operators/me', async (route) => {
      const me = (await (await route.fetch()).json()) as object
      await route.fulfill({ json: { ...me, role: 'editor' } })
    })
    await page.goto(`${instance.url}/console?period=7d`)
    await page.getByRole('tab', { name: 'Content', selected: true }).waitFor()
    await chart(page, 'Top titles').getByText('The Long Harbour').waitFor()
    // New in the catalogue, and new to viewers.
    expect((await rowsOf(chart(page, 'New in the catalogue')))[0]![0]).toBe('The Long Harbour')
    expect((await rowsOf(chart(page, 'Watched more'))).length).toBeLessThanOrEqual(1)
  })

  test('compares with as many days before, and with nothing says no percent', async () => {
    const { page } = await open('/?period=7d')
    const card = chart(page, 'Playback starts')
    await card.getByText('+1').waitFor()
    expect(await card.innerText()).toContain('+1 vs. 0 in the prior 7 days')
    expect(await card.innerText()).not.toContain('%')
  })

  test('of one part that cannot be loaded leaves the others alone', async () => {
    const { page } = await open('/')
    await page.getByRole('tab', { name: 'Audience' }).waitFor()
    await page.route('**/v1/reports/overview/quality?*', (route) => route.abort())
    await page.getByRole('tab', { name: 'Quality' }).click()
    await page.getByText('Could not load the quality').waitFor()
    await page.getByRole('tab', { name: 'Content' }).click()
    await chart(page, 'Top titles').waitFor()
    await page.getByRole('tab', { name: 'Quality' }).click()
    await page.unroute('**/v1/reports/overview/quality?*')
    await page.getByRole('button', { name: 'Try again' }).click()
    await chart(page, 'Quality by platform').waitFor()
  })
})
