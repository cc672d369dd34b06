import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Browser } from 'playwright-core'
import { expectNoBarriers, LOOKS } from './axe.ts'
import { openBrowser, openConsole, openPage, type WatchedPage } from './browser.ts'
import { startInstance, type TestInstance } from './instance.ts'

/** Coming in and going out, on an instance that nobody has used yet. */
let instance: TestInstance
let browser: Browser
let opened: WatchedPage[] = []

const ANA = { email: 'ana@operators.example', password: 'correct horse battery staple' }

beforeAll(async () => {
  ;[instance, browser] = await Promise.all([startInstance(), openBrowser()])
})
afterEach(async () => {
  for (const { context } of opened) await context.close()
  opened = []
})
afterAll(async () => {
  await browser?.close()
  await instance?.close()
})

function keep(watched: WatchedPage): WatchedPage {
  opened.push(watched)
  return watched
}

test('the first operator comes by the one-time link, once, and by the keyboard alone', async () => {
  const { page, faults } = keep(await openPage(browser))
  await page.goto(instance.firstOperatorLink)
  await page.getByLabel('Name').focus()
  await page.keyboard.type('Ana Ruiz')
  await page.keyboard.press('Tab')
  await page.keyboard.type(ANA.email)
  await page.keyboard.press('Tab')
  await page.keyboard.type('short')
  await page.keyboard.press('Enter')
  // A password that is too short sends nothing.
  expect(await page.evaluate('document.querySelector("[name=password]").validity.tooShort')).toBe(true)
  await page.getByLabel('Password').fill(ANA.password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.getByText('There is no service yet').waitFor()
  expect(faults).toEqual([])

  await page.goto(instance.firstOperatorLink)
  await page.getByLabel('Name').fill('Somebody Else')
  await page.getByLabel('E-mail').fill('else@operators.example')
  await page.getByLabel('Password').fill(ANA.password)
  await page.getByRole('button', { name: 'Create and sign in' }).click()
  await page.getByText(/one-time link is wrong, used or expired/).waitFor()
})

test('who is not signed in is sent to the sign-in and comes back to the page asked for', async () => {
  const { page } = keep(await openPage(browser))
  await page.goto(`${instance.url}/console/registrations?period=7d`)
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await page.getByLabel('E-mail').fill(ANA.email)
  await page.getByLabel('Password').fill('wrong password here')
  await page.keyboard.press('Enter')
  await page.getByText('E-mail or password is wrong.').waitFor()
  await page.getByLabel('Password').fill(ANA.password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Registrations' }).waitFor()
  expect(new URL(page.url()).search).toBe('?period=7d')

  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await page.goto(`${instance.url}/console/registrations`)
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
})

test.each(['its own', 'en-US@posix'])('opens in a browser whose language is %s', async (locale) => {
  const { page, faults } = keep(await openConsole(browser, { url: instance.url, operator: ANA, locale }))
  await page.goto(`${instance.url}/console/live`)
  await page.getByRole('heading', { name: 'Live' }).waitFor()
  expect(faults).toEqual([])
})

test.each(LOOKS)('the pages outside are free of barriers, %s, %i px wide', async (theme, width) => {
  const { page, faults } = keep(await openPage(browser, { theme, width }))
  const ways = ['sign-in', 'welcome', 'join', 'password'].flatMap((name) =>
    name === 'sign-in' ? [name] : [name, `${name}?token=wrong`],
  )
  for (const way of ways) {
    await page.goto(`${instance.url}/console/${way}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await expectNoBarriers(page, way)
    if (way.includes('token')) {
      for (const input of await page.locator('input').all()) {
        const isEmail = (await input.getAttribute('type')) === 'email'
        await input.fill(isEmail ? 'else@operators.example' : ANA.password)
      }
      await page.keyboard.press('Enter')
      await page.getByRole('alert').waitFor()
      await expectNoBarriers(page, `${way}, refused`)
    }
  }
  expect(faults).toEqual([])
})

test('a link to the sign-in leads to a page of the console and nowhere else', async () => {
  const { page } = keep(await openPage(browser))
  await page.goto(`${instance.url}/console/sign-in?next=//example.com/`)
  await page.getByLabel('E-mail').fill(ANA.email)
  await page.getByLabel('Password').fill(ANA.password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  expect(new URL(page.url()).host).toBe(new URL(instance.url).host)
})

test('the theme is chosen, kept, and follows the system until it is', async () => {
  const { page } = keep(await openConsole(browser, { url: instance.url, operator: ANA, theme: 'dark' }))
  await page.goto(`${instance.url}/console`)
  const scheme = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
  await page.getByRole('radio', { name: 'System' }).waitFor()
  expect(await scheme()).toBe('rgb(14, 16, 19)')
  await page.getByRole('radio', { name: 'Light' }).click()
  expect(await scheme()).toBe('rgb(246, 247, 249)')
  await page.reload()
  await page.getByRole('radio', { name: 'Light', checked: true }).waitFor()
  expect(await scheme()).toBe('rgb(246, 247, 249)')
})

test('an address that leads nowhere says so, on the page and in its place', async () => {
  const { page } = keep(await openConsole(browser, { url: instance.url, operator: ANA }))
  await page.goto(`${instance.url}/console/nothing/here`)
  await page.getByText('There is nothing at /nothing/here').waitFor()
  await page.getByRole('link', { name: 'Go to Overview' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
})

test('the address of the instance leads to its console, with a policy that names no inline anything', async () => {
  const root = await fetch(instance.url, { redirect: 'manual' })
  expect([root.status, root.headers.get('location')]).toEqual([302, '/console'])
  const page = await fetch(`${instance.url}/console`)
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).not.toContain('unsafe-inline')
  expect(policy).not.toContain('unsafe-eval')
  const nonce = /script-src [^;]*'nonce-([^']+)'/.exec(policy)?.[1]
  expect(await page.text()).toContain(`nonce="${nonce}"`)
  const again = await fetch(`${instance.url}/console`)
  expect(again.headers.get('content-security-policy')).not.toContain(nonce)
})

test('assets are compressed and kept for ever, the document never', async () => {
  const page = await fetch(`${instance.url}/console`)
  expect(page.headers.get('cache-control')).toBe('no-store')
  const script = /src="(\/console\/assets\/[^"]+\.js)"/.exec(await page.text())?.[1]
  const asset = await fetch(`${instance.url}${script}`)
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(asset.headers.get('content-encoding')).toBe('gzip')
  const missing = await fetch(`${instance.url}/console/assets/..%2f..%2fpackage.json`)
  expect(missing.status).toBe(404)
})
