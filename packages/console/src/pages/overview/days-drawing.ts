import { today } from '@internationalized/date'
import { categoryAxis, countAxis, labelOf } from '../../charts/chart-options.ts'
import type { ChartDrawing } from '../../charts/drawing.ts'
import { formatDate } from '../../lib/format.ts'

interface Days<Day> {
  readonly days: readonly Day[]
  readonly to: string
  readonly timeZone: string
}

/** A line of one number from day to day. A day that is not over has a dashed line, a day without a number none. */
export function daysDrawing<Day extends { readonly date: string }>(
  report: Days<Day>,
  options: {
    readonly valueOf: (day: Day) => number | null
    /** Of the axis; without it plain counts. */
    readonly format?: (value: number) => string
    /** What a day says of itself. */
    readonly details: readonly { readonly label: string; readonly valueOf: (day: Day) => string }[]
    readonly onSelect?: ((day: Day) => void) | undefined
  },
): ChartDrawing {
  const { valueOf, format, onSelect } = options
  const names = report.days.map((day) => formatDate(day.date))
  /** Days after it are not over: a dashed line leads to what there is of them. */
  const lastWhole = report.days.length - (isUnfinished(report) ? 2 : 1)
  return {
    pointing: 'x',
    ...(onSelect ? { onSelect: (point: number) => onSelect(report.days[point]!) } : {}),
    points: report.days.map((day, index) => ({
      title: formatDate(day.date, 'long'),
      details: options.details.map((part) => ({ label: part.label, value: part.valueOf(day) })),
      marks: [{ series: index > lastWhole ? 1 : 0, index }],
      at: [index, valueOf(day) ?? 0],
    })),
    option: (tokens) => ({
      grid: { left: 8, right: 16, top: 12, bottom: 4, containLabel: true },
      xAxis: categoryAxis(tokens, names, { boundaryGap: names.length === 1 }),
      yAxis: countAxis(
        tokens,
        format ? { minInterval: 0, axisLabel: { ...labelOf(tokens), formatter: format } } : {},
      ),
      series: [
        (index: number) => index <= lastWhole,
        (index: number) => index >= lastWhole && lastWhole < report.days.length - 1,
      ].map((isShown, part) => ({
        type: 'line',
        data: report.days.map((day, index) => (isShown(index) ? valueOf(day) : null)),
        color: tokens.series[0],
        lineStyle: { width: 2, type: part === 0 ? 'solid' : 'dashed' },
        symbol: 'circle',
        symbolSize: 7,
        showSymbol: names.length <= 31,
        showAllSymbol: true,
        emphasis: { scale: 1.6 },
      })),
    }),
  }
}

export function isUnfinished(report: { readonly to: string; readonly timeZone: string }): boolean {
  return report.to >= today(report.timeZone).toString()
}

export function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
