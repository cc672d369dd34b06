import { PLAYER_EVENT_NAMES, type ViewerEvent, type ViewerEventsReport } from '@foyer/contracts'
import { axisTitle, countAxis, labelOf } from '../../charts/chart-options.ts'
import type { ChartDrawing } from '../../charts/drawing.ts'
import { formatInstant, formatPosition } from '../../lib/format.ts'

/** The events of one name: how they look is told by shape and colour both. */
export interface EventSeries {
  readonly name: string
  readonly total: number
  /** The engine's symbol, and the same as a letter for the legend. */
  readonly symbol: string
  readonly glyph: string
  /** Number of the theme's series, from 0. */
  readonly colour: number
}

const LOOKS = [
  { symbol: 'triangle', glyph: '▲', colour: 1 },
  { symbol: 'circle', glyph: '●', colour: 0 },
  { symbol: 'diamond', glyph: '◆', colour: 2 },
  { symbol: 'rect', glyph: '■', colour: 4 },
  { symbol: 'emptyCircle', glyph: '○', colour: 2 },
  { symbol: 'emptyRect', glyph: '□', colour: 5 },
]
/** The six names of the product in their order, each with its own look; any other type is grey. */
const KNOWN = [...new Set<string>(Object.values(PLAYER_EVENT_NAMES))]
const ANY_OTHER = { symbol: 'circle', glyph: '·', colour: 3 }

/** What is drawn, known names first; types that share a name are one. */
export function seriesOf(types: ViewerEventsReport['types']): EventSeries[] {
  const totals = new Map<string, number>()
  for (const { name, total } of types) totals.set(name, (totals.get(name) ?? 0) + total)
  const rank = (name: string) => (KNOWN.includes(name) ? KNOWN.indexOf(name) : KNOWN.length)
  return [...totals]
    .map(([name, total]) => ({ name, total, ...(LOOKS[rank(name)] ?? ANY_OTHER) }))
    .sort((a, b) => rank(a.name) - rank(b.name) || b.total - a.total)
}

export function eventsDrawing(options: {
  report: ViewerEventsReport
  events: readonly ViewerEvent[]
  series: readonly EventSeries[]
  allSeries: readonly EventSeries[]
}): ChartDrawing {
  const { report, events, series } = options
  // What has no position has no place in the chart; it is in the table.
  const placed = events.filter((event) => event.position !== null)
  const numbers = new Map(series.map(({ name }, number) => [name, number]))
  const data: { value: [number, number] }[][] = series.map(() => [])
  const points = placed.map((event) => {
    const number = numbers.get(event.name)!
    const value: [number, number] = [Date.parse(event.at), event.position!.ms]
    const index = data[number]!.push({ value }) - 1
    return {
      title: event.name,
      details: detailsOf(event, report.timeZone),
      marks: [{ series: number, index }],
      at: value,
    }
  })
  const hasLive = placed.some((event) => event.position!.kind === 'behindLive')
  const days = new Intl.DateTimeFormat(navigator.language, {
    timeZone: report.timeZone,
    month: 'short',
    day: 'numeric',
  })
  const hours = new Intl.DateTimeFormat(navigator.language, {
    timeZone: report.timeZone,
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  })
  return {
    pointing: 'mark',
    points,
    option: (tokens) => ({
      grid: { left: 30, right: 20, top: 14, bottom: 8, containLabel: true },
      xAxis: {
        type: 'time',
        min: boundOf(report.from, 0),
        max: boundOf(report.to, 1),
        axisLine: { lineStyle: { color: tokens.control } },
        axisTick: { lineStyle: { color: tokens.control } },
        axisLabel: {
          ...labelOf(tokens),
          hideOverlap: true,
          formatter: (value: number) => (isShort(report) ? hours : days).format(value),
        },
        splitLine: { show: true, lineStyle: { color: tokens.line } },
      },
      yAxis: countAxis(tokens, {
        ...axisTitle(
          tokens,
          hasLive ? 'Position (h:mm:ss), on live: behind' : 'Position in the content (h:mm:ss)',
          58,
        ),
        axisLabel: { ...labelOf(tokens), formatter: (value: number) => formatPosition(value) },
      }),
      series: series.map(({ name, symbol, colour }, number) => ({
        type: 'scatter',
        name,
        data: data[number],
        symbol,
        symbolSize: KNOWN.includes(name) ? 9 : 6,
        color: tokens.series[colour],
        itemStyle: { opacity: 0.9 },
        emphasis: { scale: 1.8 },
      })),
    }),
  }
}

/** What a point says: the stored event, exactly. */
function detailsOf(event: ViewerEvent, timeZone: string): { label: string; value: string }[] {
  return [
    { label: 'Title', value: event.contentName ?? event.contentId },
    { label: 'Time', value: formatInstant(event.at, timeZone) },
    { label: event.position?.kind === 'behindLive' ? 'Behind live' : 'Position', value: positionOf(event) },
    { label: 'Device', value: deviceOf(event) },
    ...(event.type === event.name ? [] : [{ label: 'Native type', value: event.type }]),
  ]
}

/** The position with its unit; the milliseconds are the unit of the API. */
export function positionOf(event: ViewerEvent): string {
  if (event.position === null) return 'unknown'
  return `${formatPosition(event.position.ms, { withMs: true })} (${event.position.ms} ms)`
}

export function deviceOf(event: ViewerEvent): string {
  const { device } = event
  const model = [device.vendor, device.model].filter((part) => part !== '').join(' ')
  const parts = [device.platform, model, device.os, device.browser].filter((part) => part !== '')
  return parts.length === 0 ? 'Unknown' : parts.join(' · ')
}

/** The chart's edges: whole days, a day wider than the range's days in UTC could be off by their zone. */
function boundOf(date: string, daysAfter: number): number {
  return Date.parse(`${date}T00:00:00Z`) + daysAfter * 86_400_000
}

function isShort(report: ViewerEventsReport): boolean {
  return boundOf(report.to, 1) - boundOf(report.from, 0) <= 3 * 86_400_000
}
