import type { Locator, Page } from 'playwright-core'

/** A chart's part of the page, by its title. */
export function chart(page: Page, title: string | RegExp): Locator {
  return page.getByRole('region', { name: title }).first()
}

/** Cells of the table that is open in a part of the page, row by row, without its head and foot. */
export async function rowsOf(part: Locator): Promise<string[][]> {
  return part
    .locator('tbody tr')
    .evaluateAll((rows) =>
      rows.map((row) => [...row.querySelectorAll('th, td')].map((cell) => cell.textContent.trim())),
    )
}

/** A chart's numbers, read off its table, all of them. */
export async function tableOf(page: Page, title: string): Promise<string[][]> {
  const part = chart(page, title)
  await part.getByRole('button', { name: `${title} as a table` }).click()
  await part.locator('tbody').waitFor()
  const more = part.getByRole('button', { name: 'Show more' })
  while ((await more.count()) > 0) await more.click()
  return rowsOf(part)
}

/** A number of the page, as it stands there. */
export async function numberOn(page: Page, label: string): Promise<string> {
  return page.getByRole('region', { name: label, exact: true }).getByTestId('metric-value').innerText()
}

/** The number that a cell shows, in the console's English. */
export function readNumber(text: string): number {
  return Number(text.replaceAll(',', ''))
}

/** Waits until charts that are to come have come. */
export async function untilDrawn(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle').catch(() => {})
  await page.locator('output[aria-label^="Loading"]').waitFor({ state: 'detached' })
  await page.waitForFunction(
    '[...document.querySelectorAll("[role=img]")].every((chart) => chart.querySelector("canvas"))',
  )
}

/** How long until the page has drawn what an act changed, ms, by the page's own clock. */
export async function timed(page: Page, act: () => Promise<void>): Promise<number> {
  await page.evaluate(
    `globalThis.changedAt = new Promise((resolve) => {
      addEventListener('pointerup', (event) => {
        const watch = new MutationObserver(() => resolve(performance.now() - event.timeStamp))
        watch.observe(document.querySelector('[data-testid=gender-total]'), { childList: true, subtree: true, characterData: true })
      }, { capture: true, once: true })
    }), undefined`,
  )
  await act()
  return page.evaluate<number>('globalThis.changedAt')
}

/** Moves the mouse over a chart, line by line, until it meets what is looked for. */
export async function hoverUntil(
  page: Page,
  box: { x: number; y: number; width: number; height: number },
  isMet: () => Promise<boolean>,
): Promise<void> {
  // Closer than a point is wide in any direction, so that none is missed wherever the time of day puts it.
  for (let y = 8; y < box.height; y += 4) {
    for (let x = 60; x < box.width; x += 4) {
      await page.mouse.move(box.x + x, box.y + y)
      if (await isMet()) return
    }
  }
  throw new Error('the mouse met nothing')
}
