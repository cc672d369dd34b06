import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Browser, Page } from 'playwright-core'
import { expectNoBarriers, LOOKS } from './axe.ts'
import { openBrowser, openConsole, openPage, type PageOptions, type WatchedPage } from './browser.ts'
import { chart, untilDrawn } from './charts.ts'
import { knownAudience } from './console-fixture.ts'
import { startInstance, type TestInstance } from './instance.ts'
import { firstOperator, type TestOperator } from './operator.ts'

/** What opens over or inside the pages of the console, and the page of the API: free of barriers, in every look. */
let instance: TestInstance
let browser: Browser
let operator: TestOperator
let opened: WatchedPage[] = []

beforeAll(async () => {
  ;[instance, browser] = await Promise.all([startInstance(), openBrowser()])
  operator = await firstOperator(instance)
  await knownAudience(instance, operator)
})
afterEach(async () => {
  for (const { context } of opened) await context.close()
  opened = []
})
afterAll(async () => {
  await browser?.close()
  await instance?.close()
})

async function openRegistrations(options: PageOptions): Promise<WatchedPage> {
  const watched = await openConsole(browser, { url: instance.url, operator, ...options })
  opened.push(watched)
  await watched.page.goto(`${instance.url}/console/registrations?from=2026-10-24&to=2026-10-26`)
  await watched.page.getByRole('heading', { level: 1 }).waitFor()
  await untilDrawn(watched.page)
  return watched
}

async function openApiPage(options: PageOptions = {}): Promise<WatchedPage> {
  const watched = await openPage(browser, options)
  opened.push(watched)
  await watched.page.goto(`${instance.url}/docs/`)
  await watched.page.locator('.opblock').first().waitFor()
  return watched
}

describe.each(LOOKS)('%s, %i px wide', (theme, width) => {
  test('the command palette, the dates, a menu and a table are free of barriers', async () => {
    const { page, faults } = await openRegistrations({ theme, width })

    await page.keyboard.press('Control+k')
    await page.getByRole('dialog', { name: 'Go to' }).waitFor()
    await expectNoBarriers(page, 'the command palette')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })

    await page.getByRole('button', { name: /2026/ }).first().click()
    await page.getByRole('dialog', { name: 'Dates' }).waitFor()
    await expectNoBarriers(page, 'the dates')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })

    if (width < 768) {
      await page.getByRole('button', { name: 'Menu' }).click()
      await page.getByRole('navigation', { name: 'Console' }).waitFor()
      await expectNoBarriers(page, 'the menu')
      await page.getByRole('button', { name: 'Menu' }).click()
    }

    const ages = chart(page, 'Registrations by age')
    await ages.getByRole('button', { name: /as a table/ }).click()
    await ages.locator('tbody').waitFor()
    await expectNoBarriers(page, 'a chart as a table')
    expect(faults).toEqual([])
  })

  test('the page of the API is free of barriers that are ours', async () => {
    const { page } = await openApiPage({ theme, width })
    // Swagger UI makes the whole line of an operation a button, and puts others inside it. It has no option against that.
    await expectNoBarriers(page, 'the API', ['nested-interactive'])
  })
})

test('the arrow keys reach every command of the palette, and the one that is reached is in sight', async () => {
  const { page } = await openRegistrations({ height: 500 })
  await page.keyboard.press('Control+k')
  const options = page.getByRole('dialog', { name: 'Go to' }).getByRole('option')
  const count = await options.count()
  for (let step = 0; step < count; step++) {
    await page.keyboard.press('ArrowDown')
    await vi.waitFor(async () => expect(await reachedIsSeen(page), `command ${step}`).toBe(true))
  }
  for (let step = 0; step < count - 1; step++) {
    await page.keyboard.press('ArrowUp')
    await vi.waitFor(async () =>
      expect(await reachedIsSeen(page), `command ${count - step} from below`).toBe(true),
    )
  }
})

/** Whether the option that is reached is what a finger on its middle would touch. */
async function reachedIsSeen(page: Page): Promise<boolean> {
  const reached = page.locator('[role=option][data-focused]')
  await reached.waitFor()
  return reached.evaluate((option) => {
    const { left, top, width, height } = option.getBoundingClientRect()
    return option.contains(option.ownerDocument.elementFromPoint(left + width / 2, top + height / 2))
  })
}

test('an API key that is given to the page of the API is sent with what it tries', async () => {
  const { page } = await openApiPage()
  const authorize = page.getByRole('button', { name: 'Authorize', exact: true })
  await authorize.first().click()
  const dialog = page.locator('.dialog-ux')
  const key = dialog
    .locator('form', { hasText: 'apiKey' })
    .or(dialog.locator('.auth-container', { hasText: 'apiKey' }))
    .first()
  await key.locator('input').fill(operator.apiKey)
  await key.getByRole('button', { name: /^Apply|^Authorize/ }).click()
  await dialog.locator('.close-modal').click()
  const services = page.locator('.opblock-get', { has: page.locator('[data-path="/v1/services"]') })
  await services.locator('.opblock-summary-control').click()
  await services.getByRole('button', { name: 'Try it out' }).click()
  const [answer] = await Promise.all([
    page.waitForResponse((response) => new URL(response.url()).pathname === '/v1/services'),
    services.getByRole('button', { name: 'Execute' }).click(),
  ])
  expect(answer.status()).toBe(200)
  expect((await answer.json()) as object).toMatchObject({ items: [{ id: 'cinema' }] })
})
