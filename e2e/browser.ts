import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import type { TestOperator } from './operator.ts'

/** Names under which systems install Chromium. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Nothing of the browser's own business: no first-run pages, no updates, no telephone calls home. */
const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * A browser with an empty profile: the system's Chromium, else the one of `@sparticuz/chromium`, without the flags that
 * come with it: they put everything into one process, which ends with the first page, and switch web security off.
 */
export async function openBrowser(): Promise<Browser> {
  const system = (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((path) => existsSync(path))
  if (system) return chromium.launch({ executablePath: system, args: FLAGS })
  const { default: packaged } = await import('@sparticuz/chromium')
  return chromium.launch({ executablePath: await packagedPath(packaged), args: FLAGS })
}

async function packagedPath(packaged: { executablePath(): Promise<string> }): Promise<string> {
  try {
    return await packaged.executablePath()
  } catch (error) {
    throw new Error(
      'No browser was found for the browser tests. Install Chromium (apt-get install chromium).',
      {
        cause: error,
      },
    )
  }
}

/** A page, and what went wrong on it without anybody seeing it. */
export interface WatchedPage {
  readonly page: Page
  readonly context: BrowserContext
  /** Messages of the console at the level of error, uncaught errors, and breaches of the content security policy. */
  readonly faults: string[]
}

export interface PageOptions {
  readonly theme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
  /** The browser's language; `its own` is the one of the machine that runs the tests. */
  readonly locale?: string
}

/** A page in a context of its own: no cookies, nothing stored. */
export async function openPage(browser: Browser, options: PageOptions = {}): Promise<WatchedPage> {
  const { theme = 'light', width = 1280, height = 900, locale = 'en-GB' } = options
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    ...(locale === 'its own' ? {} : { locale }),
    timezoneId: 'Asia/Tokyo',
  })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', (message) => {
    // Answers of 401 and 404 are part of what is tested; the browser logs them all.
    if (message.type() === 'error' && !/the server responded with a status of 4/.test(message.text()))
      faults.push(message.text())
  })
  page.on('pageerror', (error) => faults.push(String(error)))
  return { page, context, faults }
}

/** The same, signed in to the console of an instance. */
export async function openConsole(
  browser: Browser,
  where: { url: string; operator: Pick<TestOperator, 'email' | 'password'> } & PageOptions,
): Promise<WatchedPage> {
  const watched = await openPage(browser, where)
  const { email, password } = where.operator
  const answer = await watched.context.request.post(`${where.url}/v1/operators/auth/sign-in/email`, {
    data: { email, password },
  })
  if (!answer.ok()) throw new Error(`the operator could not sign in: ${await answer.text()}`)
  return watched
}
