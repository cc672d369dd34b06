import { today } from '@internationalized/date'
import type { OverviewReport } from '@foyer/contracts'
import { useMemo } from 'react'
import { ToggleButton } from 'react-aria-components/ToggleButton'
import { ToggleButtonGroup } from 'react-aria-components/ToggleButtonGroup'
import { categoryAxis, countAxis } from '../../charts/chart-options.ts'
import { Chart } from '../../charts/chart.tsx'
import type { ChartDrawing } from '../../charts/drawing.ts'
import { formatCount, formatDate, formatMinutes, formatRange } from '../../lib/format.ts'
import { addressOf, navigate, useLocation } from '../../lib/location.ts'
import { Empty } from '../../ui/states.tsx'

type Day = OverviewReport['days'][number]

/** What the chart can draw; the first unless the URL's `measure` names another. */
const MEASURES = [
  {
    id: 'minutes',
    label: 'Minutes',
    title: 'Minutes watched by day',
    definition:
      "Wall time in the playing state, by the day on which it was played in the service's time zone. Pauses and buffering do not count.",
    valueOf: (day: Day) => day.minutes,
    format: formatMinutes,
    nothing: 'Nothing was watched',
  },
  {
    id: 'events',
    label: 'Events',
    title: 'Events by day',
    definition:
      "Everything that was recorded, such as what players sent, visits and ratings, by the day on which it happened in the service's time zone.",
    valueOf: (day: Day) => day.events,
    format: formatCount,
    nothing: 'Nothing happened',
  },
  {
    id: 'viewers',
    label: 'Active viewers',
    title: 'Active viewers by day',
    definition:
      "Registered viewers with at least one event on the day, in the service's time zone. Who comes on two days counts on both.",
    valueOf: (day: Day) => day.activeViewers,
    format: formatCount,
    nothing: 'No viewer was active',
  },
] as const
type Measure = (typeof MEASURES)[number]

/** How the service did from day to day, by one measure at a time. */
export function DaysChart(props: { report: OverviewReport }) {
  const { report } = props
  const { search } = useLocation()
  const measure = MEASURES.find(({ id }) => id === search.get('measure')) ?? MEASURES[0]
  const drawing = useMemo(() => drawingOf(report, measure), [report, measure])
  const { title, valueOf, format } = measure
  const best = report.days.reduce((most, day) => (valueOf(day) > valueOf(most) ? day : most), report.days[0]!)
  const choice = <MeasureChoice measure={measure} />
  return (
    <Chart
      title={title}
      definition={measure.definition}
      summary={`Line of ${lowered(title)}, ${formatRange(report)}: most on ${formatDate(best.date, 'long')} with ${format(valueOf(best))}.`}
      note={isUnfinished(report) ? 'The last day is not over yet.' : undefined}
      drawing={drawing}
      above={choice}
      table={{
        header: ['Day', 'Minutes', 'Streams', 'Playback starts', 'Active viewers', 'Events'],
        rows: report.days.map((day) => [
          day.date,
          day.minutes,
          day.streams,
          day.starts,
          day.activeViewers,
          day.events,
        ]),
      }}
      fileName={`days-${report.service}-${report.from}-${report.to}`}
      height={260}
      empty={
        valueOf(best) === 0 ? (
          <>
            {choice}
            <Empty title={measure.nothing}>
              <p>
                There are no {lowered(title)} in {formatRange(report)}. Choose other dates above.
              </p>
            </Empty>
          </>
        ) : undefined
      }
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

function drawingOf(report: OverviewReport, { valueOf }: Measure): ChartDrawing {
  const names = report.days.map((day) => formatDate(day.date))
  /** Days after it are not over: a dashed line leads to what there is of them. */
  const lastWhole = report.days.length - (isUnfinished(report) ? 2 : 1)
  return {
    pointing: 'x',
    points: report.days.map((day, index) => ({
      title: formatDate(day.date, 'long'),
      details: [
        ...MEASURES.map((measure) => ({ label: measure.label, value: measure.format(measure.valueOf(day)) })),
        { label: 'Streams', value: formatCount(day.streams) },
        { label: 'Playback starts', value: formatCount(day.starts) },
      ],
      marks: [{ series: index > lastWhole ? 1 : 0, index }],
      at: [index, valueOf(day)],
    })),
    option: (tokens) => ({
      grid: { left: 8, right: 16, top: 12, bottom: 4, containLabel: true },
      xAxis: categoryAxis(tokens, names, { boundaryGap: names.length === 1 }),
      yAxis: countAxis(tokens),
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

function isUnfinished(report: OverviewReport): boolean {
  return report.to >= today(report.timeZone).toString()
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
