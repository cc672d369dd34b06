import { today } from '@internationalized/date'
import type { OverviewReport } from '@foyer/contracts'
import { useMemo } from 'react'
import { categoryAxis, countAxis } from '../../charts/chart-options.ts'
import { Chart } from '../../charts/chart.tsx'
import type { ChartDrawing } from '../../charts/drawing.ts'
import { formatCount, formatDate, formatMinutes, formatRange } from '../../lib/format.ts'
import { Empty } from '../../ui/states.tsx'

/** Minutes watched by day. */
export function MinutesChart(props: { report: OverviewReport }) {
  const { report } = props
  const drawing = useMemo(() => drawingOf(report), [report])
  const best = report.days.reduce((most, day) => (day.minutes > most.minutes ? day : most), report.days[0]!)
  return (
    <Chart
      title="Minutes watched by day"
      definition="Wall time in the playing state, by the day on which it was played in the service's time zone. Pauses and buffering do not count."
      summary={`Line of minutes watched by day, ${formatRange(report)}: ${formatMinutes(report.minutes.value)} in all, most on ${formatDate(best.date, 'long')} with ${formatMinutes(best.minutes)}.`}
      note={isUnfinished(report) ? 'The last day is not over yet.' : undefined}
      drawing={drawing}
      table={{
        header: ['Day', 'Minutes', 'Streams', 'Playback starts', 'Active viewers'],
        rows: report.days.map((day) => [day.date, day.minutes, day.streams, day.starts, day.activeViewers]),
      }}
      fileName={`minutes-${report.service}-${report.from}-${report.to}`}
      height={260}
      empty={
        report.days.every((day) => day.starts === 0 && day.minutes === 0) ? (
          <Empty title="Nothing was watched">
            <p>No playback was recorded in {formatRange(report)}. Choose other dates above.</p>
          </Empty>
        ) : undefined
      }
    />
  )
}

function drawingOf(report: OverviewReport): ChartDrawing {
  const names = report.days.map((day) => formatDate(day.date))
  /** Days after it are not over: a dashed line leads to what there is of them. */
  const lastWhole = report.days.length - (isUnfinished(report) ? 2 : 1)
  return {
    pointing: 'x',
    points: report.days.map((day, index) => ({
      title: formatDate(day.date, 'long'),
      details: [
        { label: 'Minutes', value: formatMinutes(day.minutes) },
        { label: 'Streams', value: formatCount(day.streams) },
        { label: 'Playback starts', value: formatCount(day.starts) },
        { label: 'Active viewers', value: formatCount(day.activeViewers) },
      ],
      marks: [{ series: index > lastWhole ? 1 : 0, index }],
      at: [index, day.minutes],
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
        data: report.days.map((day, index) => (isShown(index) ? day.minutes : null)),
        color: tokens.series[0],
        lineStyle: { width: 2, type: part === 0 ? 'solid' : 'dashed' },
        symbol: 'circle',
        symbolSize: 7,
        showSymbol: names.length <= 31,
        emphasis: { scale: 1.6 },
      })),
    }),
  }
}

function isUnfinished(report: OverviewReport): boolean {
  return report.to >= today(report.timeZone).toString()
}
