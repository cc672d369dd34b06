import { AGE_RANGES, type RegistrationsReport } from '@foyer/contracts'
import { useMemo } from 'react'
import { axisTitle, categoryAxis, countAxis, labelOf, TITLED_GRID } from '../../charts/chart-options.ts'
import { Chart } from '../../charts/chart.tsx'
import type { ChartDrawing } from '../../charts/drawing.ts'
import { formatCount, formatRange } from '../../lib/format.ts'
import { navigate } from '../../lib/location.ts'
import { useViewerLists, type ViewerListLinks } from '../../lib/viewer-lists.ts'
import { Empty } from '../../ui/states.tsx'

const LABELS = Object.fromEntries(AGE_RANGES.map(({ id, label }) => [id, label]))

/** Registrations on the X axis, age ranges on the Y axis (R30). */
export function AgesChart(props: { report: RegistrationsReport }) {
  const { report } = props
  const lists = useViewerLists()
  const drawing = useMemo(() => drawingOf(report, lists), [report, lists])
  return (
    <Chart
      title="Registrations by age"
      definition="Viewers by their age in whole years on the day on which they registered. Unknown: no birth date or age was given."
      summary={`Horizontal bars of registrations by age range, ${formatRange(report)}: ${report.ages
        .map(({ range, total }) => `${LABELS[range]} ${formatCount(total)}`)
        .join(', ')}.`}
      drawing={drawing}
      table={{
        header: ['Age range', 'Registrations'],
        rows: report.ages.map(({ range, total }) => [LABELS[range] ?? range, total]),
      }}
      fileName={`ages-${report.service}-${report.from}-${report.to}`}
      height={272}
      empty={report.total === 0 ? <Empty title="Nobody registered" /> : undefined}
    />
  )
}

/** A bar leads to who is behind it, for who may see that. */
function drawingOf(report: RegistrationsReport, lists: ViewerListLinks): ChartDrawing {
  const names = report.ages.map(({ range }) => LABELS[range] ?? range)
  function open(point: number): void {
    const { range, total } = report.ages[point]!
    const to = total > 0 ? lists.registered({ ageRange: range }) : null
    if (to !== null) navigate(to)
  }
  return {
    pointing: 'y',
    ...(lists.registered({}) === null ? {} : { onSelect: open }),
    points: report.ages.map(({ total }, index) => ({
      title: `Age ${names[index]}`,
      details: [{ label: 'Registrations', value: formatCount(total) }],
      marks: [{ series: 0, index }],
      at: [total, index],
    })),
    option: (tokens) => ({
      grid: { ...TITLED_GRID, left: 0, right: 44, top: 4, bottom: 0 },
      xAxis: countAxis(tokens, axisTitle(tokens, 'Registrations')),
      // The youngest stand on top.
      yAxis: categoryAxis(tokens, names, { inverse: true, ...axisTitle(tokens, 'Age range') }),
      series: [
        {
          type: 'bar',
          data: report.ages.map(({ total }) => total),
          color: tokens.series[0],
          barMaxWidth: 20,
          label: {
            ...labelOf(tokens),
            show: true,
            position: 'right',
            formatter: ({ value }: { value: number }) => formatCount(value),
          },
          emphasis: { itemStyle: { opacity: 0.85 } },
        },
      ],
    }),
  }
}
