import { formatChange } from '../lib/format.ts'
import { Definition } from './definition.tsx'

/** A number with its unit, its period, what it is compared with, and what it means. */
export function Metric(props: {
  label: string
  definition: string
  value: number
  format: (value: number) => string
  /** What the number is compared with, and how that is called. */
  previous?: { readonly value: number; readonly name: string }
  /** What stands below a number that is compared with nothing. */
  note?: string
}) {
  const { label, value, format, previous } = props
  const change = previous && formatChange(value, previous.value)
  const tone =
    !previous || value === previous.value ? 'text-muted' : value > previous.value ? 'text-good' : 'text-bad'
  return (
    <section aria-label={label} className="min-w-0 rounded-lg border border-line bg-surface px-4 py-3.5">
      <div className="flex items-center gap-1 text-muted">
        <h2>{label}</h2>
        <Definition of={label} text={props.definition} />
      </div>
      <p data-testid="metric-value" className="text-2xl font-semibold tracking-tight">
        {format(value)}
      </p>
      {props.note && <p className="text-muted">{props.note}</p>}
      {previous && (
        <p className="text-muted">
          {change ? <span className={tone}>{change}</span> : format(previous.value)} vs. {previous.name}
        </p>
      )}
    </section>
  )
}
