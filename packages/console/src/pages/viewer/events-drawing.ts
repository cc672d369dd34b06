import { parseDate, toZoned } from '@internationalized/date'
import { PLAYER_EVENT_NAMES, type ViewerEvent, type ViewerEventsReport } from '@foyer/contracts'
import { axisTitle, countAxis, labelOf, TITLED_GRID } from '../../charts/chart-options.ts'
import type { ChartDrawing } from '../../charts/drawing.ts'
import { formatInstant, formatPosition } from '../../lib/format.ts'
import { LOCALE } from '../../lib/locale.ts'

/** The events of one name: how they look is told by shape and colour both. */
export interface EventSeries {
  readonly name: string
  readonly total: number
  /** The engine's symbol, and the same as a letter for the legend. */
  readonly symbol: string
  readonly glyph: string
  readonly isHollow?: boolean
  /** Number of the theme's series, from 0. */
  readonly colour: number
}

const LOOKS = [
  { symbol: 'triangle', glyph: '▲', colour: 1 },
  { symbol: 'circle', glyph: '●', colour: 0 },
  { symbol: 'diamond', glyph: '◆', colour: 2 },
  { symbol: 'rect', glyph: '■', colour: 4 },
  { symbol: 'circle', glyph: '○', colour: 2, isHollow: true },
  { symbol: 'rect', glyph: '□', colour: 5, isHollow: true },
]
/** The six names of the product in their order, each with its own look; any other type is grey. */
const KNOWN = [...new Set<string>(Object.values(PLAYER_EVENT_NAMES))]
const ANY_OTHER = { symbol: 'circle', glyph: '·', colour: 3 }

/**
 * What can be drawn, known names first; types that share a name are one. The report's types and its events are read one
 * after the other while more come in, so an event may be of a type that the types lack: what was met counts too.
 */
export function seriesOf(types: ViewerEventsReport['types'], events: readonly ViewerEvent[]): EventSeries[] {
  const totals = new Map<string, number>()
  for (const { name, total } of types) totals.set(name, (totals.get(name) ?? 0) + total)
  const met = new Map<string, number>()
  for (const { name } of events) met.set(name, (met.get(name) ?? 0) + 1)
  for (const [name, count] of met) totals.set(name, Math.max(totals.get(name) ?? 0, count))
  const rank = (name: string) => (KNOWN.includes(name) ? KNOWN.indexOf(name) : KNOWN.length)
  return [...totals]
    .map(([name, total]) => ({ name, total, ...(LOOKS[rank(name)] ?? ANY_OTHER) }))
    .sort((a, b) => rank(a.name) - rank(b.name) || b.total - a.total)
}

/**
 * Names that are drawn: those of the URL's `events`, else the six, which the many technical ones would hide. A viewer
 * of whom only other types are known sees those.
 */
export function namesDrawn(series: readonly EventSeries[], chosen: string | null): Set<string> {
  const names = series.map(({ name }) => name)
  if (chosen !== null) return new Set(names.filter((name) => chosen.split(',').includes(name)))
  const known = names.filter((name) => KNOWN.includes(name))
  return new Set(known.length > 0 ? known : names)
}

/** The same as it stands in the URL; null for what is drawn anyhow. */
export function choiceOf(series: readonly EventSeries[], drawn: ReadonlySet<string>): string | null {
  const usual = namesDrawn(series, null)
  if (usual.size === drawn.size && [...usual].every((name) => drawn.has(name))) return null
  return drawn.size === 0 ? 'none' : [...drawn].join(',')
}

/** Draws those of the events that are of one of the series. */
export function eventsDrawing(options: {
  report: ViewerEventsReport
  events: readonly ViewerEvent[]
  series: readonly EventSeries[]
}): ChartDrawing {
  const { report, events, series } = options
  const numbers = new Map(series.map(({ name }, number) => [name, number]))
  const data: { value: [number, number] }[][] = series.map(() => [])
  const drawn = events.filter(({ name }) => numbers.has(name))
  const axis = positionAxis(drawn.map(heightOf))
  const points = drawn.map((event) => {
    const number = numbers.get(event.name)!
    const value: [number, number] = [Date.parse(event.at), Math.max(axis.min, heightOf(event))]
    const index = data[number]!.push({ value }) - 1
    return {
      title: event.name,
      details: detailsOf(event, report.timeZone),
      marks: [{ series: number, index }],
      at: value,
    }
  })
  const hasLive = drawn.some((event) => event.position?.kind === 'behindLive')
  const days = daysOf(report)
  return {
    pointing: 'mark',
    points,
    option: (tokens) => ({
      grid: { ...TITLED_GRID, left: 0, right: 20, top: 14, bottom: 8 },
      xAxis: {
        type: 'value',
        min: days.start,
        max: days.end,
        axisLine: { lineStyle: { color: tokens.control } },
        axisTick: { show: true, customValues: days.ticks, lineStyle: { color: tokens.control } },
        axisLabel: {
          ...labelOf(tokens),
          customValues: days.ticks,
          hideOverlap: true,
          formatter: (value: number) => days.format.format(value),
        },
        splitLine: { show: false },
      },
      yAxis: countAxis(tokens, {
        ...axisTitle(
          tokens,
          hasLive ? 'Position (h:mm:ss), on live: behind' : 'Position in the content (h:mm:ss)',
        ),
        ...axis,
        axisLabel: { ...labelOf(tokens), formatter: (value: number) => formatPosition(value) },
      }),
      series: series.map(({ name, symbol, colour, isHollow }, number) => ({
        type: 'scatter',
        name,
        data: data[number],
        symbol,
        symbolSize: KNOWN.includes(name) ? 9 : 6,
        // Any other type lies below the six; of these, the rarer lie above.
        z: KNOWN.includes(name) ? 3 : 2,
        itemStyle: isHollow
          ? { color: 'transparent', borderColor: tokens.series[colour], borderWidth: 2 }
          : { color: tokens.series[colour], opacity: 0.9 },
        emphasis: { scale: 1.8 },
      })),
    }),
  }
}

/** Where an event stands; one without a position stands at 0. */
function heightOf(event: ViewerEvent): number {
  return event.position?.ms ?? 0
}

/**
 * Positions have steps that people count in: no line stands at 16:40. The axis begins at 0 unless something lies clearly
 * below: less than a tenth of a step is a matter of pixels, and is drawn at 0.
 */
export function positionAxis(positions: readonly number[]): { interval: number; min: number; max: number } {
  const highest = positions.reduce((most, position) => Math.max(most, position), 1)
  const lowest = positions.reduce((least, position) => Math.min(least, position), 0)
  const interval =
    STEPS_MS.find((step) => (highest - lowest) / step <= 8) ?? Math.ceil((highest - lowest) / 8)
  return {
    interval,
    min: lowest < -interval / 10 ? Math.floor(lowest / interval) * interval : 0,
    max: Math.ceil(highest / interval) * interval,
  }
}

const SECOND = 1_000
const STEPS_MS = [
  1, 5, 10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 604_800,
].map((seconds) => seconds * SECOND)

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
  if (event.position === null) return 'unknown (drawn at 0)'
  return `${formatPosition(event.position.ms, { withMs: true })} (${event.position.ms} ms)`
}

export function deviceOf(event: ViewerEvent): string {
  const { device } = event
  const model = [device.vendor, device.model].filter((part) => part !== '').join(' ')
  const parts = [device.platform, model, device.os, device.browser].filter((part) => part !== '')
  return parts.length === 0 ? 'Unknown' : parts.join(' · ')
}

/** The chart's edges and its ticks: local days of the service, hours where the range is short. */
function daysOf(report: ViewerEventsReport) {
  const zone = report.timeZone
  const from = toZoned(parseDate(report.from), zone)
  const to = toZoned(parseDate(report.to).add({ days: 1 }), zone)
  const start = from.toDate().getTime()
  const end = to.toDate().getTime()
  const days = Math.round((end - start) / 86_400_000)
  const step = days <= 2 ? { hours: 3 * days } : { days: Math.ceil(days / 14) }
  const ticks: number[] = []
  for (let at = from; at.compare(to) < 0; at = at.add(step)) ticks.push(at.toDate().getTime())
  const format = new Intl.DateTimeFormat(LOCALE, {
    timeZone: zone,
    month: 'short',
    day: 'numeric',
    ...(days <= 2 ? { hour: '2-digit', minute: '2-digit' } : {}),
  })
  return { start, end, ticks, format }
}
