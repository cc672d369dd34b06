import { GENDERS, type RegistrationPeriod, type RegistrationsReport } from '@foyer/contracts'
import { useMemo } from 'react'
import { Chart } from '../../charts/chart.tsx'
import { formatCount, formatNumberOf, formatRange } from '../../lib/format.ts'
import { listOfPeriod } from './registration-lists.ts'
import { navigate } from '../../lib/location.ts'
import { useViewerLists, type ViewerListLinks } from '../../lib/viewer-lists.ts'
import { Empty } from '../../ui/states.tsx'
import { GENDER_LABELS, GENDER_SWATCHES } from './genders.ts'
import { periodName } from './period-name.ts'
import { periodsDrawing } from './periods-drawing.ts'

/** Registrations by period, stacked by gender, with the peak marked (R26, R27). */
export function PeriodsChart(props: { report: RegistrationsReport }) {
  const { report } = props
  const lists = useViewerLists()
  const drawing = useMemo(() => periodsDrawing(report, periodOpener(report, lists)), [report, lists])
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

/** Opens the list behind a bar; undefined for who may not see it. */
function periodOpener(
  report: RegistrationsReport,
  lists: ViewerListLinks,
): ((period: RegistrationPeriod) => void) | undefined {
  if (lists.registered({}) === null) return undefined
  return (period) => {
    const to = period.total > 0 ? listOfPeriod(period, report, lists) : null
    if (to !== null) navigate(to)
  }
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
