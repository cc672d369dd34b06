import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Browser, Page } from 'playwright-core'
import { expectNoBarriers, LOOKS } from './axe.ts'
import { openBrowser, openConsole } from './browser.ts'
import { startInstance, type TestInstance } from './instance.ts'
import { firstOperator, testApp, type TestOperator } from './operator.ts'

/**
 * One person on a shared TV and a phone: what was watched before the sign-in is hers, what a flatmate watched is not, and
 * whoever may can take it back. In the real program and a real browser.
 */
let instance: TestInstance
let browser: Browser
let operator: TestOperator
let app: { service: string; app: string; browserKey: string }
let secret: string
let views = 0

beforeAll(async () => {
  ;[instance, browser] = await Promise.all([startInstance(), openBrowser()])
  operator = await firstOperator(instance)
  app = await testApp(operator)
  secret = (await operator.call<{ secret: string }>('POST', `/v1/apps/${app.app}/viewer-token-secrets`))
    .secret
  for (const externalId of ['ann', 'bob', 'ann-old']) {
    const { service } = app
    await operator.call('POST', '/v1/viewers', {
      service,
      app: app.app,
      externalId,
      name: `${externalId} Test`,
    })
  }
  const start = Date.now() - 3 * 3_600_000
  // Nobody, then Ann, on the TV; then Bob without a sign-out between, and nobody again.
  await watch({ device: 'tv', as: null, at: start, minutes: 10 })
  await watch({ device: 'tv', as: 'ann', at: start + 20 * 60_000, minutes: 5 })
  await watch({ device: 'tv', as: 'bob', at: start + 40 * 60_000, minutes: 7 })
  await watch({ device: 'tv', as: null, at: start + 60 * 60_000, minutes: 1 })
  await watch({ device: 'laptop', as: 'ann-old', at: start + 80 * 60_000, minutes: 3 })
})
afterAll(async () => {
  await browser?.close()
  await instance?.close()
})

async function watch(view: {
  device: string
  as: string | null
  at: number
  minutes: number
}): Promise<void> {
  const ms = view.minutes * 60_000
  const answer = await fetch(`${instance.url}/v1/playback`, {
    method: 'POST',
    body: JSON.stringify({
      v: 1,
      key: app.browserKey,
      sentAt: Date.now(),
      context: {
        viewId: `view-${views++}`,
        deviceId: view.device,
        content: { id: 'harbour', kind: 'vod' },
        ...(view.as ? { viewerToken: tokenOf(view.as) } : {}),
      },
      events: [
        { type: 'play', seq: 0, ts: view.at, monoMs: 0, positionMs: 0 },
        { type: 'first_frame', seq: 1, ts: view.at, monoMs: 0, positionMs: 0 },
        { type: 'view_end', seq: 2, ts: view.at + ms, monoMs: ms, positionMs: ms },
      ],
    }),
  })
  expect(answer.status).toBe(204)
}

/** A JSON Web Token as any library would make it (RFC 7515, HS256). */
function tokenOf(viewer: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { sub: viewer, exp: Math.floor(Date.now() / 1_000) + 300 }
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`
}

async function minutesOf(viewer: string): Promise<number> {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const range = `from=${day(Date.now() - 86_400_000)}&to=${day(Date.now() + 86_400_000)}`
  return (await operator.call<{ minutes: number }>('GET', `/v1/viewers/${viewer}/report/overview?${range}`))
    .minutes
}

const shown = (page: Page, minutes: string) =>
  page
    .getByRole('region', { name: 'Minutes watched' })
    .getByTestId('metric-value')
    .filter({ hasText: minutes })
    .waitFor()

test('what was watched on a device before the sign-in is the viewer’s, and of nobody else', async () => {
  await expect.poll(() => minutesOf('ann'), { timeout: 20_000 }).toBe(15)
  await expect.poll(() => minutesOf('bob'), { timeout: 20_000 }).toBe(7)
})

test('a device is unlinked and linked again, and the numbers follow on the page', async () => {
  const { page, context, faults } = await openConsole(browser, { url: instance.url, operator })
  await page.goto(`${instance.url}/console/viewers?viewer=ann&period=7d`)
  await shown(page, '15.0')
  const person = page.getByRole('region', { name: 'Person' })
  await person.getByRole('button', { name: /^Unlink/ }).focus()
  await page.keyboard.press('Enter')
  await shown(page, '5.0')
  await person.getByText('taken for nobody’s').waitFor()
  await person.getByRole('button', { name: /^Link again/ }).click()
  await shown(page, '15.0')
  expect(faults).toEqual([])
  await context.close()
})

test('two viewers become one person and two again', async () => {
  const { page, context } = await openConsole(browser, { url: instance.url, operator })
  await page.goto(`${instance.url}/console/viewers?viewer=ann-old&period=7d`)
  await shown(page, '3.0')
  const person = page.getByRole('region', { name: 'Person' })
  await person.getByLabel('Is the same person as').fill('nobody')
  await page.keyboard.press('Enter')
  await person.getByText(/No viewer has the id nobody/).waitFor()
  await person.getByLabel('Is the same person as').fill('ann')
  await page.keyboard.press('Enter')
  await shown(page, '18.0')
  expect(await minutesOf('ann')).toBe(18)
  await person.getByRole('button', { name: 'Take back' }).click()
  await shown(page, '3.0')
  expect(await minutesOf('ann')).toBe(15)
  await context.close()
})

test.each(LOOKS)('the page is free of barriers, %s, %i px wide', async (theme, width) => {
  const { page, context, faults } = await openConsole(browser, { url: instance.url, operator, theme, width })
  await page.goto(`${instance.url}/console/viewers?viewer=ann&period=7d`)
  await page
    .getByRole('region', { name: 'Person' })
    .getByRole('button', { name: /^Unlink/ })
    .waitFor()
  await expectNoBarriers(page, 'a person')
  expect(faults).toEqual([])
  await context.close()
})
