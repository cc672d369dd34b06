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
