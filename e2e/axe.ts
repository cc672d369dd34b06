import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect } from 'vitest'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface AxeAnswer {
  readonly violations: readonly { readonly id: string; readonly impact: string; readonly nodes: unknown[] }[]
}

/**
 * Fails when axe finds a serious barrier on a page, or when the page is wider than its window. `except` names rules that a
 * library breaks and whose break is known; one that is not broken any more fails too, so that the list stays true.
 */
export async function expectNoBarriers(
  page: Page,
  name: string,
  except: readonly string[] = [],
): Promise<void> {
  // By the debugging protocol: the policy of the page would refuse an injected script.
  await page.evaluate(AXE)
  const found = await page.evaluate<AxeAnswer>('axe.run()')
  const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  const unknown = serious.filter(({ id }) => !except.includes(id))
  expect(unknown.map(({ id, nodes }) => [name, id, nodes])).toEqual([])
  expect(except.filter((rule) => !serious.some(({ id }) => id === rule))).toEqual([])
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${name} fits`).toBe(true)
}

/** Themes and widths, px, in which every page is tried. */
export const LOOKS = [
  ['light', 1280],
  ['dark', 1280],
  ['light', 390],
  ['dark', 390],
] as const
