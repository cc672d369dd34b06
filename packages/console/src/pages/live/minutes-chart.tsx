import { LIVE, type LiveReport } from '@foyer/contracts'
import { useMemo } from 'react'
import { ToggleButton } from 'react-aria-components/ToggleButton'
import { ToggleButtonGroup } from 'react-aria-components/ToggleButtonGroup'
import { categoryAxis, countAxis } from '../../charts/chart-options.ts'
import { Chart } from '../../charts/chart.tsx'
import type { ChartDrawing } from '../../charts/drawing.ts'
import { formatCount, formatSeconds, formatTime } from '../../lib/format.ts'
import { LOCALE } from '../../lib/locale.ts'
import { addressOf, navigate, useLocation } from '../../lib/location.ts'
import { useStable } from '../../lib/use-stable.ts'

type Point = LiveReport['history'][number]

const STEP_S = LIVE.stepMs / 1_000
const rate = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 })

/** What the chart can draw; the first unless the URL's `measure` names another. */
const MEASURES = [
  {
    id: 'plays',
    label: 'Plays',
    title: 'Plays in the last minutes',
    definition: `The most plays that were under way at a time within each ${formatSeconds(LIVE.stepMs)}.`,
    valueOf: (point: Point) => point.plays,
    format: formatCount,
  },
  {
    id: 'viewers',
    label: 'Viewers',
    title: 'Viewers in the last minutes',
    definition: `The most people who were there at a time within each ${formatSeconds(LIVE.stepMs)}.`,
    valueOf: (point: Point) => point.viewers,
    format: formatCount,
  },
  {
    id: 'events',
    label: 'Events per second',
    title: 'Events per second in the last minutes',
    definition: `Events received in each ${formatSeconds(LIVE.stepMs)}, divided by ${STEP_S}.`,
    valueOf: (point: Point) => point.events / STEP_S,
    format: (value: number) => rate.format(value),
  },
] as const
type Measure = (typeof MEASURES)[number]

/** The last minutes as a line that rolls on. */
export function MinutesChart(props: { service: string; history: LiveReport['history']; timeZone: string }) {
  const { timeZone } = props
  const { search } = useLocation()
  const history = useStable(props.history)
  const measure = MEASURES.find(({ id }) => id === search.get('measure')) ?? MEASURES[0]
  const drawing = useMemo(() => drawingOf(history, measure, timeZone), [history, measure, timeZone])
  // The step that is under way has not received all of its events.
  const known = history.slice(0, -1).flatMap((point) => measure.valueOf(point) ?? [])
  const least = known.length === 0 ? 0 : Math.min(...known)
  const most = known.length === 0 ? 0 : Math.max(...known)
  return (
    <Chart
      title={measure.title}
      definition={measure.definition}
      summary={`Line over ${formatSeconds(LIVE.stepMs * history.length)}: from ${measure.format(least)} to ${measure.format(most)}.`}
      drawing={drawing}
      above={<MeasureChoice measure={measure} />}
      table={{
        header: ['Time', 'Viewers', 'Plays', 'Events'],
        rows: history
          .toReversed()
          .map(({ at, viewers, plays, events }) => [formatTime(at, timeZone), viewers, plays, events]),
      }}
      fileName={`live-${props.service}-${history.at(-1)?.at ?? ''}`}
      height={200}
    />
  )
}

function MeasureChoice(props: { measure: Measure }) {
  const { path, search } = useLocation()
  return (
    <ToggleButtonGroup
      aria-label="Measure"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[props.measure.id]}
      onSelectionChange={([id]) =>
        navigate(addressOf(path, search, { measure: id === MEASURES[0].id ? null : String(id) }), {
          replace: true,
        })
      }
      className="flex flex-wrap gap-1 pb-1"
    >
      {MEASURES.map(({ id, label }) => (
        <ToggleButton
          key={id}
          id={id}
          className="rounded-md border border-line px-2 py-0.5 text-muted data-hovered:bg-hover data-selected:bg-hover data-selected:text-ink"
        >
          {label}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  )
}

function drawingOf(history: readonly Point[], { id, valueOf }: Measure, timeZone: string): ChartDrawing {
  const names = history.map(({ at }) => formatTime(at, timeZone))
  const values = history.map((point, index) =>
    id === 'events' && index === history.length - 1 ? null : valueOf(point),
  )
  return {
    pointing: 'x',
    points: history.map((point, index) => ({
      title: names[index]!,
      details: MEASURES.map((measure) => {
        const value = measure.valueOf(point)
        return { label: measure.label, value: value === null ? 'Not counted' : measure.format(value) }
      }),
      marks: [{ series: 0, index }],
      at: [index, values[index] ?? 0],
    })),
    option: (tokens) => ({
      grid: { left: 8, right: 16, top: 12, bottom: 4, containLabel: true },
      xAxis: categoryAxis(tokens, names, { boundaryGap: false }),
      yAxis: countAxis(tokens),
      series: [
        {
          type: 'line',
          data: values,
          color: tokens.series[0],
          lineStyle: { width: 2 },
          areaStyle: { opacity: 0.08 },
          symbol: 'circle',
          symbolSize: 6,
          showSymbol: false,
        },
      ],
    }),
  }
}
