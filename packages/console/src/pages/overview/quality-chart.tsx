import { DEFINITIONS, type QualityOverview } from '@foyer/contracts'
import { useMemo } from 'react'
import { Chart } from '../../charts/chart.tsx'
import type { ChartDrawing } from '../../charts/drawing.ts'
import { formatBytes, formatDate, formatRange, formatRatio, formatRatioTick } from '../../lib/format.ts'
import { useLocation } from '../../lib/location.ts'
import { Empty } from '../../ui/states.tsx'
import { daysDrawing, isUnfinished, lowered } from './days-drawing.ts'
import { MeasureChoice } from './measure-choice.tsx'
import { stallRatio, unknownRatio, withoutStreamRatio } from './ratios.ts'

type Day = QualityOverview['days'][number]

/** What the chart can draw; the first unless the URL's `measure` names another. Null: there was nothing to divide by. */
const MEASURES = [
  {
    id: 'stalls',
    label: 'Stall ratio',
    title: 'Stall ratio by day',
    definition: DEFINITIONS.stallRatio.text,
    valueOf: stallRatio as (day: Day) => number | null,
    format: formatRatio,
  },
  {
    id: 'without-stream',
    label: 'Without a stream',
    title: 'Starts without a stream by day',
    definition: DEFINITIONS.startsWithoutStream.text,
    valueOf: withoutStreamRatio as (day: Day) => number | null,
    format: formatRatio,
  },
  {
    id: 'unknown',
    label: 'Unknown time',
    title: 'Unknown time by day',
    definition: DEFINITIONS.unknownTime.text,
    valueOf: unknownRatio as (day: Day) => number | null,
    format: formatRatio,
  },
  {
    id: 'bytes',
    label: 'Data',
    title: 'Data delivered by day',
    definition: DEFINITIONS.bytes.text,
    valueOf: (day: Day): number | null => day.bytes,
    format: formatBytes,
  },
] as const
type Measure = (typeof MEASURES)[number]

/** How well it played from day to day, by one measure at a time. */
export function QualityChart(props: { report: QualityOverview }) {
  const { search } = useLocation()
  const measure = MEASURES.find(({ id }) => id === search.get('measure')) ?? MEASURES[0]
  return <MeasuredChart report={props.report} measure={measure} />
}

function MeasuredChart(props: { report: QualityOverview; measure: Measure }) {
  const { report, measure } = props
  const { title, valueOf, format } = measure
  const { drawing, worst } = useMemo(
    () => ({ drawing: drawingOf(report, measure), worst: worstOf(report, measure) }),
    [report, measure],
  )
  const choice = <MeasureChoice measures={MEASURES} chosen={measure.id} />
  return (
    <Chart
      title={title}
      definition={measure.definition}
      summary={
        worst
          ? `Line of ${lowered(title)}, ${formatRange(report)}: most on ${formatDate(worst.date, 'long')} with ${format(valueOf(worst) ?? 0)}.`
          : ''
      }
      note={isUnfinished(report) ? 'The last day is not over yet.' : undefined}
      drawing={drawing}
      above={choice}
      table={{
        header: ['Day', 'Starts', 'Streams', 'Played ms', 'Stalled ms', 'Unknown ms', 'Bytes'],
        rows: report.days.map((day) => [
          day.date,
          day.starts,
          day.streams,
          day.playedMs,
          day.stalledMs,
          day.unknownMs,
          day.bytes,
        ]),
      }}
      fileName={`quality-${report.service}-${report.from}-${report.to}`}
      height={240}
      empty={
        worst === undefined ? (
          <>
            {choice}
            <Empty title={`No ${lowered(measure.label)}`}>
              <p>There was none in {formatRange(report)}, or nothing was played. Choose other dates above.</p>
            </Empty>
          </>
        ) : undefined
      }
    />
  )
}

/** The day with the most of it; undefined when there is none on any. */
function worstOf(report: QualityOverview, { valueOf }: Measure): Day | undefined {
  return report.days.reduce<Day | undefined>(
    (most, day) => ((valueOf(day) ?? 0) > (most ? (valueOf(most) ?? 0) : 0) ? day : most),
    undefined,
  )
}

function drawingOf(report: QualityOverview, { valueOf, format }: Measure): ChartDrawing {
  return daysDrawing(report, {
    valueOf,
    format: format === formatRatio ? formatRatioTick : format,
    details: MEASURES.map((measure) => ({
      label: measure.label,
      valueOf: (day: Day) => {
        const value = measure.valueOf(day)
        return value === null ? '–' : measure.format(value)
      },
    })),
  })
}
