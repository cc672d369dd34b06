import type { Gender, RegistrationsReport } from '@foyer/contracts'
import { useCallback, useMemo, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { Chart } from '../../charts/chart.tsx'
import type { ChartDrawing } from '../../charts/drawing.ts'
import { formatCount, formatNumberOf, formatPercent, formatRange } from '../../lib/format.ts'
import { useViewerLists } from '../../lib/viewer-lists.ts'
import { RowLink } from '../../ui/row-link.tsx'
import { Empty } from '../../ui/states.tsx'
import { GENDER_LABELS, GENDER_SERIES, GENDER_SWATCHES } from './genders.ts'

/**
 * Shares of the genders; a click on a slice, or Enter or Space on it, tells the total behind it (R28, R29). The same again
 * takes it back, here and in the legend, as the engine draws a slice that is clicked twice.
 */
export function GendersChart(props: { report: RegistrationsReport }) {
  const { report } = props
  const [selected, setSelected] = useState<Gender | null>(null)
  const toggle = useCallback(
    (gender: Gender) => setSelected((before) => (before === gender ? null : gender)),
    [],
  )
  const drawing = useMemo(() => drawingOf(report, selected, toggle), [report, selected, toggle])
  const chosen = report.genders.find(({ gender }) => gender === selected)
  const lists = useViewerLists()
  const list = chosen && chosen.total > 0 ? lists.registered({ gender: chosen.gender }) : null
  return (
    <Chart
      title="Registrations by gender"
      definition="Share of each gender among the viewers who registered in the period. Shares are rounded so that they sum to 100.0%."
      summary={`Pie of registrations by gender, ${formatRange(report)}: ${report.genders
        .map(({ gender, percent }) => `${GENDER_LABELS[gender]} ${formatPercent(percent)}`)
        .join(', ')}.`}
      drawing={drawing}
      table={{
        header: ['Gender', 'Registrations', 'Share in %'],
        rows: report.genders.map(({ gender, total, percent }) => [GENDER_LABELS[gender], total, percent]),
      }}
      fileName={`genders-${report.service}-${report.from}-${report.to}`}
      height={190}
      empty={report.total === 0 ? <Empty title="Nobody registered" /> : undefined}
      above={
        <div className="flex flex-col gap-2">
          <ul aria-label="Genders" className="flex flex-wrap gap-x-1 gap-y-0.5">
            {report.genders.map(({ gender, percent }) => (
              <li key={gender}>
                <Button
                  aria-pressed={gender === selected}
                  onPress={() => toggle(gender)}
                  className="flex items-center gap-1.5 rounded-md px-1.5 py-0.5 text-muted data-hovered:bg-hover aria-pressed:bg-hover aria-pressed:text-ink"
                >
                  <span aria-hidden="true" className={`size-2.5 rounded-xs ${GENDER_SWATCHES[gender]}`} />
                  {GENDER_LABELS[gender]} {formatPercent(percent)}
                </Button>
              </li>
            ))}
          </ul>
          <div className="flex min-h-5 flex-wrap gap-x-3">
            <output data-testid="gender-total">
              {chosen ? (
                <>
                  <strong className="font-semibold">{GENDER_LABELS[chosen.gender]}</strong>:{' '}
                  {formatNumberOf(chosen.total, 'registration')}
                </>
              ) : (
                <span className="text-muted">Choose a slice to see how many viewers it stands for.</span>
              )}
            </output>
            {list !== null && <RowLink to={list}>See the viewers</RowLink>}
          </div>
        </div>
      }
    />
  )
}

function drawingOf(
  report: RegistrationsReport,
  selected: Gender | null,
  toggle: (gender: Gender) => void,
): ChartDrawing {
  // A slice without a size cannot be pointed at.
  const slices = report.genders.filter(({ total }) => total > 0)
  return {
    pointing: 'mark',
    onSelect: (point) => toggle(slices[point]!.gender),
    points: slices.map(({ gender, total, percent }, index) => ({
      title: GENDER_LABELS[gender],
      details: [
        { label: 'Share', value: formatPercent(percent) },
        { label: 'Registrations', value: formatCount(total) },
      ],
      marks: [{ series: 0, index }],
    })),
    option: (tokens) => ({
      series: [
        {
          type: 'pie',
          radius: ['0%', '88%'],
          selectedMode: 'single',
          selectedOffset: 6,
          label: { show: false },
          itemStyle: { borderColor: tokens.surface, borderWidth: slices.length > 1 ? 2 : 0 },
          emphasis: { scaleSize: 4, label: { show: false } },
          data: slices.map(({ gender, total }) => ({
            name: GENDER_LABELS[gender],
            value: total,
            selected: gender === selected,
            itemStyle: { color: tokens.series[GENDER_SERIES[gender]] },
          })),
        },
      ],
    }),
  }
}
