import type { OverviewReport } from '@foyer/contracts'
import { useMemo } from 'react'
import { Chart } from '../../charts/chart.tsx'
import type { ChartDrawing } from '../../charts/drawing.ts'
import { formatCount, formatDate, formatMinutes, formatRange } from '../../lib/format.ts'
import { navigate, useLocation } from '../../lib/location.ts'
import { useViewerLists, type ViewerListLinks } from '../../lib/viewer-lists.ts'
import { Empty } from '../../ui/states.tsx'
import { daysDrawing, isUnfinished, lowered } from './days-drawing.ts'
import { MeasureChoice } from './measure-choice.tsx'

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
  const lists = useViewerLists()
  const drawing = useMemo(() => drawingOf(report, measure, lists), [report, measure, lists])
  const { title, valueOf, format } = measure
  const best = report.days.reduce((most, day) => (valueOf(day) > valueOf(most) ? day : most), report.days[0]!)
  const choice = <MeasureChoice measures={MEASURES} chosen={measure.id} />
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

/** A day leads to who was active on it, for who may see that. */
function drawingOf(report: OverviewReport, measure: Measure, lists: ViewerListLinks): ChartDrawing {
  const listOf = ({ date, activeViewers }: Day) =>
    activeViewers > 0 ? lists.active({}, { from: date, to: date }) : null
  const isLinked = report.days.some((day) => listOf(day) !== null)
  return daysDrawing(report, {
    valueOf: measure.valueOf,
    details: [
      ...MEASURES.map(({ label, valueOf, format }) => ({
        label,
        valueOf: (day: Day) => format(valueOf(day)),
      })),
      { label: 'Streams', valueOf: (day) => formatCount(day.streams) },
      { label: 'Playback starts', valueOf: (day) => formatCount(day.starts) },
    ],
    onSelect: isLinked
      ? (day) => {
          const to = listOf(day)
          if (to !== null) navigate(to)
        }
      : undefined,
  })
}
