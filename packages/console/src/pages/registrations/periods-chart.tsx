import { GENDERS, type RegistrationPeriod, type RegistrationsReport } from '@foyer/contracts'
import { useMemo } from 'react'
import { axisTitle, categoryAxis, countAxis, labelOf } from '../../charts/chart-options.ts'
import { Chart } from '../../charts/chart.tsx'
import type { ChartDrawing } from '../../charts/drawing.ts'
import { formatCount, formatNumberOf, formatRange } from '../../lib/format.ts'
import { Empty } from '../../ui/states.tsx'
import { GENDER_LABELS, GENDER_SERIES, GENDER_SWATCHES } from './genders.ts'
import { periodName, periodTick } from './period-name.ts'

/** Registrations by period, stacked by gender, with the peak marked (R26, R27). */
export function PeriodsChart(props: { report: RegistrationsReport }) {
  const { report } = props
  const drawing = useMemo(() => drawingOf(report), [report])
  const peaks = report.periods.filter((period) => period.isPeak)
  return (
    <Chart
      title={`Registrations by ${report.granularity} and gender`}
      definition="Viewers by the moment at which they registered, in the service's time zone. The peak is the period with the most registrations; periods that tie are all marked."
      summary={`Stacked bars of registrations by ${report.granularity}, ${formatRange(report)}: ${report.genders
        .map(({ gender, total }) => `${GENDER_LABELS[gender]} ${formatCount(total)}`)
        .join(', ')}. ${peakSentence(report, peaks)}`}
      note={peakSentence(report, peaks)}
      drawing={drawing}
      table={{
        header: ['Period', 'From', ...GENDERS.map((gender) => GENDER_LABELS[gender]), 'Total', 'Peak'],
        rows: report.periods.map((period) => [
          periodName(period, report),
          period.start,
          ...GENDERS.map((gender) => period[gender]),
          period.total,
          period.isPeak ? 'Peak' : '',
        ]),
      }}
      fileName={`registrations-${report.service}-${report.from}-${report.to}`}
      height={280}
      above={
        <ul aria-label="Genders" className="flex flex-wrap gap-x-4 text-muted">
          {GENDERS.map((gender) => (
            <li key={gender} className="flex items-center gap-1.5">
              <span aria-hidden="true" className={`size-2.5 rounded-xs ${GENDER_SWATCHES[gender]}`} />
              {GENDER_LABELS[gender]}
            </li>
          ))}
        </ul>
      }
      empty={
        report.total === 0 ? (
          <Empty title="Nobody registered">
            <p>No registration in {formatRange(report)}. Choose other dates above.</p>
          </Empty>
        ) : undefined
      }
    />
  )
}

/** A mark near an edge leans inwards, or the edge would cut it. */
function alignAt(place: number): 'left' | 'center' | 'right' {
  if (place < 0.15) return 'left'
  return place > 0.85 ? 'right' : 'center'
}

function peakSentence(report: RegistrationsReport, peaks: readonly RegistrationPeriod[]): string {
  const [first] = peaks
  if (!first) return ''
  const name = `Peak: ${formatNumberOf(first.total, 'registration')}`
  if (peaks.length === 1) return `${name}, ${periodName(first, report)}`
  if (peaks.length <= 3)
    return `${name} in each of ${peaks.map((peak) => periodName(peak, report)).join('; ')}`
  return `${name} in each of ${formatNumberOf(peaks.length, report.granularity)}, first ${periodName(first, report)}`
}

function drawingOf(report: RegistrationsReport): ChartDrawing {
  const { periods } = report
  return {
    pointing: 'x',
    points: periods.map((period, index) => ({
      title: `${periodName(period, report)}${period.isPeak ? ' (peak)' : ''}`,
      details: [
        ...GENDERS.map((gender) => ({ label: GENDER_LABELS[gender], value: formatCount(period[gender]) })),
        { label: 'Total', value: formatCount(period.total) },
      ],
      marks: GENDERS.map((_, series) => ({ series, index })),
      at: [index, period.total],
    })),
    option: (tokens) => ({
      grid: { left: 28, right: 12, top: 26, bottom: 4, containLabel: true },
      xAxis: categoryAxis(
        tokens,
        periods.map((period) => periodTick(period, report)),
      ),
      yAxis: countAxis(tokens, axisTitle(tokens, 'Registrations', 42)),
      series: [
        ...GENDERS.map((gender) => ({
          type: 'bar',
          stack: 'gender',
          name: GENDER_LABELS[gender],
          data: periods.map((period) => period[gender]),
          color: tokens.series[GENDER_SERIES[gender]],
          barCategoryGap: '22%',
          barMaxWidth: 56,
          emphasis: { itemStyle: { opacity: 0.85 } },
        })),
        // A series without height that carries the mark: said in words and by a shape, not by colour.
        {
          type: 'bar',
          stack: 'gender',
          silent: true,
          data: periods.map((_, index) => ({ value: 0, label: { align: alignAt(index / periods.length) } })),
          labelLayout: { hideOverlap: true },
          label: {
            ...labelOf(tokens),
            show: true,
            position: 'top',
            color: tokens.ink,
            fontWeight: 600,
            formatter: ({ dataIndex }: { dataIndex: number }) => {
              const period = periods[dataIndex]
              if (!period?.isPeak) return ''
              const words = `Peak ${formatCount(period.total)}`
              return alignAt(dataIndex / periods.length) === 'right' ? `${words} ▼` : `▼ ${words}`
            },
          },
        },
      ],
    }),
  }
}
