import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { openBrowser, openPage } from '../../../e2e/browser.ts'
import type { Bench } from './bench.ts'
import { median } from './statistics.ts'

/**
 * From an empty folder to the first chart, as a new user sees it: `foyer demo` starts the engines, invents an audience and
 * prints the address; then somebody signs in and looks. The package is installed and the console built before.
 */
export const bench: Bench = {
  id: 'B14',
  title: 'empty folder to the first chart of the demo, seconds after installation',
  hold: { max: 30 },
  async run({ isQuick, report }) {
    const rounds = isQuick ? 1 : 3
    const browser = await openBrowser()
    const totals: number[] = []
    const starts: number[] = []
    try {
      for (let round = 0; round < rounds; round++) {
        const { readyS, chartS } = await firstChart(browser)
        report(`ready after ${readyS.toFixed(1)} s, chart after ${chartS.toFixed(1)} s`)
        starts.push(readyS)
        totals.push(chartS)
      }
    } finally {
      await browser.close()
    }
    return {
      ratio: median(totals),
      figures: { readyMedianS: median(starts), chartMedianS: median(totals), chartMaxS: Math.max(...totals) },
      method: `Median of ${rounds} starts on empty folders: process start to the drawn overview chart in Chromium, signed in.`,
    }
  },
}

async function firstChart(browser: Browser): Promise<{ readyS: number; chartS: number }> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'foyer-b14-'))
  const begun = performance.now()
  const seconds = (): number => (performance.now() - begun) / 1_000
  const child = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts'), 'demo'], {
    env: { ...process.env, FOYER_DATA: dataFolder, FOYER_PORT: '0', FOYER_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    const printed = await untilPrinted(child, /ready: (\S+)\/console[^]*e-mail\s+(\S+)[^]*password\s+(\S+)/)
    const readyS = seconds()
    const [, url, email, password] = printed as unknown as [string, string, string, string]
    const { page, context } = await openPage(browser)
    await page.goto(`${url}/console`)
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password').fill(password)
    await page.keyboard.press('Enter')
    await page.locator('canvas').first().waitFor()
    const chartS = seconds()
    await context.close()
    return { readyS, chartS }
  } finally {
    child.kill('SIGTERM')
    await new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve(null)))
    await rm(dataFolder, { recursive: true, force: true })
  }
}

function untilPrinted(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const match = pattern.exec(text)
      if (match) resolve(match)
    })
    child.once('exit', (code) => reject(new Error(`the demo ended with code ${code}`)))
  })
}
