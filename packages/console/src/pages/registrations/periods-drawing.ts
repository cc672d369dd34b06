import { GENDERS, type RegistrationPeriod, type RegistrationsReport } from '@foyer/contracts'
import { axisTitle, categoryAxis, countAxis, labelOf, TITLED_GRID } from '../../charts/chart-options.ts'
import type { ChartDrawing } from '../../charts/drawing.ts'
import { formatCount } from '../../lib/format.ts'
import { GENDER_LABELS, GENDER_SERIES } from './genders.ts'
import { periodName, periodTick } from './period-name.ts'

/** Bars by period, stacked by gender, with a mark over each peak (R26, R27). */
export function periodsDrawing(
  report: RegistrationsReport,
  /** Opens the list behind a bar. */
  onSelect?: (period: RegistrationPeriod) => void,
): ChartDrawing {
  const { periods } = report
  return {
    pointing: 'x',
    ...(onSelect ? { onSelect: (point: number) => onSelect(periods[point]!) } : {}),
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
      grid: { ...TITLED_GRID, left: 0, right: 12, top: 34, bottom: 4 },
      xAxis: categoryAxis(
        tokens,
        periods.map((period) => periodTick(period, report)),
      ),
      yAxis: countAxis(tokens, axisTitle(tokens, 'Registrations')),
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
        // Said by a shape and in words, not by colour: a mark over each peak, words where there is room for them.
        {
          type: 'scatter',
          silent: true,
          symbol: 'triangle',
          symbolRotate: 180,
          symbolSize: [9, 7],
          symbolOffset: [0, -8],
          color: tokens.ink,
          data: periods.flatMap((period, index) =>
            period.isPeak
              ? [{ value: [index, period.total], label: { align: alignAt(index / periods.length) } }]
              : [],
          ),
          labelLayout: { hideOverlap: true },
          label: {
            ...labelOf(tokens),
            show: true,
            position: 'top',
            color: tokens.ink,
            fontWeight: 600,
            formatter: ({ value }: { value: [number, number] }) => `Peak ${formatCount(value[1])}`,
          },
        },
      ],
    }),
  }
}

/** Words near an edge lean inwards, or the edge would cut it. */
function alignAt(place: number): 'left' | 'center' | 'right' {
  if (place < 0.15) return 'left'
  return place > 0.85 ? 'right' : 'center'
}
