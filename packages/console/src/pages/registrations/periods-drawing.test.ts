import { expect, test } from 'vitest'
import type { RegistrationsReport } from '@foyer/contracts'
import type { ChartTokens } from '../../charts/tokens.ts'
import { periodsDrawing } from './periods-drawing.ts'

test('each of many periods that tie has its mark, and only words may give way', () => {
  const totals = Array.from({ length: 28 }, (_, day) => (day % 3 === 0 ? 5 : 1))
  const { series } = periodsDrawing(reportOf(totals)).option(TOKENS)
  const marks = (series as Marks[]).find(({ type }) => type === 'scatter')!
  expect(marks.data.map(({ value }) => value)).toEqual(
    [0, 3, 6, 9, 12, 15, 18, 21, 24, 27].map((day) => [day, 5]),
  )
  expect(marks.symbol).toBe('triangle')
  expect(marks.labelLayout).toEqual({ hideOverlap: true })
})

test('no mark stands where nobody registered', () => {
  const { series } = periodsDrawing(reportOf([0, 0])).option(TOKENS)
  expect((series as Marks[]).find(({ type }) => type === 'scatter')!.data).toEqual([])
})

interface Marks {
  readonly type: string
  readonly symbol: string
  readonly data: readonly { readonly value: readonly [number, number] }[]
  readonly labelLayout: object
}

function reportOf(totals: readonly number[]): RegistrationsReport {
  const dayAfter = (days: number) => new Date(Date.UTC(2026, 5, 1 + days)).toISOString()
  const most = Math.max(...totals)
  return {
    service: 'cinema',
    timeZone: 'UTC',
    from: dayAfter(0).slice(0, 10),
    to: dayAfter(totals.length - 1).slice(0, 10),
    granularity: 'day',
    localCountry: null,
    total: totals.reduce((sum, total) => sum + total, 0),
    periods: totals.map((total, day) => ({
      start: dayAfter(day),
      end: dayAfter(day + 1),
      female: total,
      male: 0,
      other: 0,
      unknown: 0,
      total,
      isPeak: total > 0 && total === most,
    })),
    genders: [],
    ages: [],
    countries: [],
    states: [],
    cities: [],
  }
}

const TOKENS: ChartTokens = {
  theme: 'light',
  accent: '#00f',
  font: 'sans-serif',
  ink: '#000',
  muted: '#555',
  line: '#ddd',
  control: '#888',
  surface: '#fff',
  series: ['#111', '#222', '#333', '#444', '#555', '#666'],
}
