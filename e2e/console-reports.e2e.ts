import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Browser } from 'playwright-core'
import { expectNoBarriers, LOOKS } from './axe.ts'
import { openBrowser, openConsole, type PageOptions, type WatchedPage } from './browser.ts'
import { chart, hoverUntil, numberOn, rowsOf, tableOf, timed, untilDrawn } from './charts.ts'
import { knownAudience, untilEventsAreIn, WATCHER_EVENTS, type KnownAudience } from './console-fixture.ts'
import { startInstance, type TestInstance } from './instance.ts'
import { firstOperator, type TestOperator } from './operator.ts'

/** The rooms of the console, on a known audience, in the real program. */
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

describe('every page', () => {
  const PAGES = {
    overview: '/?period=28d',
    'overview of content': '/?period=28d&tab=content',
    'overview of quality': '/?period=28d&tab=quality',
    registrations: `/registrations?${AROUND_THE_CHANGE}`,
    'registrations by state': `/registrations?${AROUND_THE_CHANGE}&geography=state`,
    'a viewer': '',
    'no viewer': '/viewers',
    'an unknown page': '/nothing',
  }

  test.each(LOOKS)(
    'is free of barriers and of breaches of its policy, %s, %i px wide',
    async (theme, width) => {
      const { page, faults } = await open('/', { theme, width })
      for (const [name, path] of Object.entries(PAGES)) {
        const address = name === 'a viewer' ? `/viewers?viewer=${encodeURIComponent(audience.watcher)}` : path
        await page.goto(`${instance.url}/console${address}`)
        await page.getByRole('heading', { level: 1 }).waitFor()
        await untilDrawn(page)
        await expectNoBarriers(page, name)
      }
      expect(faults).toEqual([])
    },
  )
})

describe('registrations', () => {
  test('are counted by local day, with the peak marked in words', async () => {
    const { page } = await open(`/registrations?${AROUND_THE_CHANGE}`)
    const bars = chart(page, 'Registrations by day and gender')
    await bars.getByText('Peak: 3 registrations in each of').waitFor()
    await bars.getByRole('button', { name: 'Registrations by day and gender as a table' }).click()
    expect((await rowsOf(bars)).map((row) => row.slice(2))).toEqual([
      ['1', '0', '0', '0', '1', ''],
      ['2', '1', '0', '0', '3', 'Peak'],
      ['0', '1', '1', '1', '3', 'Peak'],
    ])
  })

  test('of the day on which the clocks go back have 25 hours, each of the two two-o’clocks its own', async () => {
    const { page } = await open('/registrations?from=2026-10-25&to=2026-10-25')
    const bars = chart(page, 'Registrations by hour and gender')
    await bars.getByRole('button', { name: /as a table/ }).click()
    const rows = await rowsOf(bars)
    expect(rows).toHaveLength(25)
    expect(rows.filter((row) => row.at(-2) === '1').map((row) => row[1])).toEqual([
      '2026-10-25T00:00:00.000+02:00',
      '2026-10-25T02:00:00.000+02:00',
      '2026-10-25T02:00:00.000+01:00',
    ])
  })

  test('by gender tell the total behind a slice at a click, at Enter and at Space', async () => {
    const { page } = await open(`/registrations?${AROUND_THE_CHANGE}`)
    const pie = chart(page, 'Registrations by gender')
    const total = pie.getByTestId('gender-total')
    await untilDrawn(page)
    const box = (await pie.locator('canvas').boundingBox())!

    // Female, 3 of 7, is the first slice clockwise from the top.
    const took = await timed(page, () => page.mouse.click(box.x + box.width / 2 + 20, box.y + box.height / 2))
    expect(await total.innerText()).toBe('Female: 3 registrations')
    process.stdout.write(`the total of a slice was seen after ${Math.round(took)} ms\n`)

    // A second click takes it back, in the drawing, the legend and the words alike.
    const legend = pie.getByRole('button', { name: /Female/ })
    expect(await legend.getAttribute('aria-pressed')).toBe('true')
    await page.mouse.click(box.x + box.width / 2 + 20, box.y + box.height / 2)
    expect(await legend.getAttribute('aria-pressed')).toBe('false')
    expect(await total.innerText()).toContain('Choose a slice')

    await pie.getByRole('group').focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    expect(await total.innerText()).toBe('Male: 2 registrations')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Space')
    expect(await total.innerText()).toBe('Other: 1 registration')
    await pie.getByRole('button', { name: /Unknown 14\.3%/ }).click()
    expect(await total.innerText()).toBe('Unknown: 1 registration')
  })

  test('by age stand in complete ranges', async () => {
    const { page } = await open(`/registrations?${AROUND_THE_CHANGE}`)
    const ages = chart(page, 'Registrations by age')
    await ages.getByRole('button', { name: /as a table/ }).click()
    expect(await rowsOf(ages)).toEqual([
      ['Under 18', '1'],
      ['18–24', '2'],
      ['25–34', '0'],
      ['35–44', '1'],
      ['45–54', '0'],
      ['55–64', '0'],
      ['65+', '1'],
      ['Unknown', '2'],
    ])
  })

  test('by geography fold other countries into Other, keep Unknown in sight, and sum alike', async () => {
    const { page } = await open(`/registrations?${AROUND_THE_CHANGE}`)
    const geography = chart(page, 'Registrations by geography')
    const counts = async () => (await rowsOf(geography)).map(([name, count]) => `${name} ${count}`)
    await geography.getByRole('tab', { name: 'Country' }).waitFor()
    expect(await counts()).toEqual(['Spain 4', 'France 1', 'Portugal 1', 'Unknown 1'])
    await geography.getByRole('tab', { name: 'Country' }).focus()
    await page.keyboard.press('ArrowRight')
    await geography.getByRole('columnheader', { name: 'State' }).waitFor()
    expect(await counts()).toEqual([
      'Madrid, Comunidad de 2',
      'Catalunya 1',
      'Other (other countries) 2',
      'Unknown 2',
    ])
    expect(new URL(page.url()).searchParams.get('geography')).toBe('state')
    await page.keyboard.press('ArrowRight')
    await geography.getByRole('columnheader', { name: 'City' }).waitFor()
    expect(await counts()).toEqual([
      'Barcelona, Catalunya 1',
      'Getafe, Madrid, Comunidad de 1',
      'Madrid, Madrid, Comunidad de 1',
      'Other (other countries) 2',
      'Unknown 2',
    ])
    expect(await geography.locator('tfoot').innerText()).toContain('7')
  })

  test('move by themselves when somebody registers', async () => {
    const { page } = await open('/registrations?period=today')
    const total = page.getByTestId('registrations-total')
    await page.getByText('· live').waitFor()
    const before = Number(await total.innerText())
    // One to be sure that the stream stands, one to be measured.
    await signUp('live-1')
    await page
      .getByTestId('registrations-total')
      .getByText(String(before + 1), { exact: true })
      .waitFor()
    const started = performance.now()
    await signUp('live-2')
    await page
      .getByTestId('registrations-total')
      .getByText(String(before + 2), { exact: true })
      .waitFor()
    process.stdout.write(`a registration was seen after ${Math.round(performance.now() - started)} ms\n`)
  })

  test('that cannot be loaded say so in their place, and come with the next try', async () => {
    const { page } = await open('/')
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.route('**/v1/reports/registrations?*', (route) => route.abort())
    await page.getByRole('link', { name: 'Registrations', exact: true }).click()
    await page.getByText('Could not load the registrations').waitFor()
    await page.getByText('The server cannot be reached.').waitFor()
    await page.unroute('**/v1/reports/registrations?*')
    await page.getByRole('button', { name: 'Try again' }).click()
    await chart(page, 'Registrations by age').waitFor()
  })

  test('of days without any say so', async () => {
    const { page } = await open('/registrations?from=2020-01-01&to=2020-01-31')
    await page.getByText(/No registration in 1\s?–\s?31 Jan 2020/).waitFor()
  })

  async function signUp(externalId: string): Promise<void> {
    const { service, app } = audience
    await operator.call('POST', '/v1/viewers', { service, app, externalId, gender: 'female' })
  }
})

describe('the dates', () => {
  test('are chosen by the keyboard alone, and stand in the address', async () => {
    const { page } = await open('/registrations')
    const dates = page.getByRole('button', { name: /Last 28 days/ })
    await dates.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Dates' }).waitFor()
    await page.keyboard.press('Escape')
    expect(await page.evaluate('document.activeElement.textContent')).toContain('Last 28 days')
    await page.keyboard.press('Enter')
    const first = page.getByRole('group', { name: 'First day' })
    await first.getByRole('spinbutton').first().focus()
    // A whole date is typed at a stretch; Tab then leads to the other one.
    await page.keyboard.type('24102026')
    await page.keyboard.press('Tab')
    await page.keyboard.type('26102026')
    await page.getByRole('button', { name: 'Apply' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('Peak: 3 registrations in each of').waitFor()
    expect(new URL(page.url()).search).toBe(`?${AROUND_THE_CHANGE}`)
  })

  test('go along from page to page and come back with the browser', async () => {
    const { page } = await open(`/registrations?${AROUND_THE_CHANGE}`)
    await page.getByRole('link', { name: 'Overview' }).click()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    expect(new URL(page.url()).search).toBe(`?${AROUND_THE_CHANGE}`)
    await page.goBack()
    await page.getByRole('heading', { name: 'Registrations' }).waitFor()
  })
})

describe('the overview', () => {
  test('shows what was played, by the name of the title', async () => {
    const { page } = await open('/?period=7d')
    const titles = chart(page, 'Top titles')
    await titles.getByText('The Long Harbour').waitFor()
    expect((await rowsOf(titles))[0]!.slice(0, 3)).toEqual(['The Long Harbour', 'On demand', '1'])
    expect(await numberOn(page, 'Playback starts')).toBe('1')
    expect(await numberOn(page, 'Titles')).toBe('1')
    expect(await numberOn(page, 'Channels')).toBe('0')
  })

  test('draws minutes, events or active viewers by day, and the address says which', async () => {
    const { page } = await open('/?period=7d')
    await chart(page, 'Minutes watched by day').waitFor()
    const measure = page.getByRole('radiogroup', { name: 'Measure' })
    await measure.getByRole('radio', { name: 'Active viewers' }).click()
    await chart(page, 'Active viewers by day').waitFor()
    await measure.getByRole('radio', { name: 'Events' }).click()
    expect(new URL(page.url()).searchParams.get('measure')).toBe('events')
    await page.reload()
    const total = (await tableOf(page, 'Events by day')).reduce((sum, row) => sum + Number(row.at(-1)), 0)
    expect(total).toBe(WATCHER_EVENTS.length)
    expect(await numberOn(page, 'Events')).toBe(String(WATCHER_EVENTS.length))
  })

  test('of days on which nothing happened says so, and still lets another measure be chosen', async () => {
    const { page } = await open('/?from=2020-01-01&to=2020-01-07')
    await chart(page, 'Minutes watched by day').getByText('Nothing was watched').waitFor()
    await page.getByRole('radio', { name: 'Events' }).click()
    await chart(page, 'Events by day').getByText('Nothing happened').waitFor()
  })
})

test('whose session ends on an open page is sent to the sign-in and comes back', async () => {
  const { page, context } = await open('/registrations?period=7d')
  await page.getByTestId('registrations-total').waitFor()
  await context.clearCookies()
  await page.getByRole('link', { name: 'Overview' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await page.getByLabel('E-mail').fill(operator.email)
  await page.getByLabel('Password').fill(operator.password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  expect(new URL(page.url()).search).toBe('?period=7d')
})

describe('a fault of the console', () => {
  test('takes the card that has it, and no other', async () => {
    const { page } = await open('/')
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.route('**/v1/reports/overview?*', async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ json: { ...((await answer.json()) as object), days: [] } })
    })
    await page.goto(`${instance.url}/console?period=7d`)
    await page.getByText('Could not load the days').waitFor()
    await chart(page, 'Top titles').getByText('The Long Harbour').waitFor()
    await page.unroute('**/v1/reports/overview?*')
    await page.getByRole('button', { name: 'Try again' }).click()
    await chart(page, 'Minutes watched by day').waitFor()
  })
})

describe('a viewer', () => {
  test('is found in three steps: dates, id, apply, and nothing is loaded before the third', async () => {
    const { page } = await open('/viewers')
    const looks: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('/report/')) looks.push(request.url())
    })
    await page.getByRole('button', { name: /Last 28 days/ }).click()
    await page.getByRole('button', { name: 'Last 7 days' }).click()
    const id = page.getByLabel('Viewer ID')
    const label = page.getByTestId('viewer-label')
    const started = performance.now()
    await id.fill(audience.watcher)
    await label.getByText('Ana Ruiz').waitFor()
    process.stdout.write(`a name was seen after ${Math.round(performance.now() - started)} ms\n`)
    await id.fill(`${audience.watcher}x`)
    expect(await label.innerText()).not.toContain('Ana')
    await label.getByText('No viewer has this id.').waitFor()
    await id.fill(audience.watcher)
    await label.getByText('Ana Ruiz').waitFor()
    expect(looks).toEqual([])

    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'Player events' }).first().waitFor()
    expect(looks.length).toBeGreaterThan(0)
    expect(new URL(page.url()).searchParams.get('viewer')).toBe(audience.watcher)
    expect(
      await page.getByRole('region', { name: 'Playback starts' }).getByTestId('metric-value').innerText(),
    ).toBe('1')

    // The link alone shows another person the same.
    const other = await open(page.url().slice(`${instance.url}/console`.length))
    await other.page.getByTestId('viewer-label').getByText('Ana Ruiz').waitFor()
    expect(
      await other.page.getByRole('region', { name: 'Streams' }).getByTestId('metric-value').innerText(),
    ).toMatch(/^\d+$/)
  })

  test('is not looked for under what can be no id, and the field says why', async () => {
    const { page } = await open('/viewers')
    const id = page.getByLabel('Viewer ID')
    for (const [typed, fault] of [
      ['..', 'An id has more than a dot or two.'],
      [`${audience.watcher} `, 'An id has no blank at its end.'],
    ] as const) {
      await id.fill(typed)
      await page.getByText(fault).waitFor()
      expect(await page.getByRole('button', { name: 'Apply' }).isDisabled()).toBe(true)
      expect(await id.inputValue()).toBe(typed)
    }
  })

  test('whose events are of a type that the totals lack is shown with them', async () => {
    const { page } = await open('/')
    await page.route('**/report/events?*', async (route) => {
      const report = (await (await route.fetch()).json()) as { types: { type: string }[] }
      const types = report.types.filter(({ type }) => type !== 'pause')
      await route.fulfill({ json: { ...report, types } })
    })
    await page.goto(
      `${instance.url}/console/viewers?period=today&viewer=${encodeURIComponent(audience.watcher)}`,
    )
    await page.getByRole('button', { name: 'Pause 1', exact: true }).waitFor()
    expect(await tableOf(page, 'Player events')).toHaveLength(WATCHER_EVENTS.length)
  })

  test('that does not exist is said not to', async () => {
    const { page } = await open(`/viewers?viewer=${encodeURIComponent('no/body?')}`)
    await page.getByText('No viewer has the id no/body?').waitFor()
  })

  test('shows each event as a point that tells the same to the mouse and to the keyboard', async () => {
    const { page } = await open(`/viewers?period=today&viewer=${encodeURIComponent(audience.watcher)}`)
    const events = page.getByRole('region', { name: 'Player events' }).first()
    await untilDrawn(page)
    for (const name of [
      'Play 2',
      'Playing 1',
      'Seek 1',
      'Pause 1',
      'Buffering 1',
      'Player_loaded 1',
      'my_event 1',
    ])
      await events.getByRole('button', { name, exact: true }).waitFor()

    // Beside the six names, others are drawn when asked for, and the address says so.
    const others = events.getByRole('button', { name: 'my_event 1', exact: true })
    expect(await others.getAttribute('aria-pressed')).toBe('false')
    await others.click()
    expect(new URL(page.url()).searchParams.get('events')).toContain('my_event')

    const details = events.getByTestId('chart-details')
    await events.getByRole('group', { name: 'Player events' }).focus()
    await page.keyboard.press('End')
    const said = await details.innerText()
    expect(said).toContain('my_event')
    expect(said).toContain('The Long Harbour')
    expect(said).toContain('7:00.000 (420000 ms)')
    expect(said).toContain('Samsung QE55')
    // The same point under the mouse: the one that stands highest.
    await page.keyboard.press('Escape')
    const canvas = (await events.locator('canvas').boundingBox())!
    await hoverUntil(
      page,
      canvas,
      async () => (await details.count()) > 0 && (await details.innerText()) === said,
    )

    await events.getByRole('button', { name: 'Player events as a table' }).click()
    const rows = await rowsOf(events)
    expect(rows).toHaveLength(WATCHER_EVENTS.length)
    expect(rows.map((row) => row[2])).toEqual([
      'Player_loaded',
      'Play',
      'Playing',
      'Pause',
      'Play',
      'Seek',
      'Buffering',
      'my_event',
    ])
    expect(rows.map((row) => row[5])).toEqual(
      WATCHER_EVENTS.map((_, seq) => (seq * 60_000).toLocaleString('en-GB')),
    )
  })
})
