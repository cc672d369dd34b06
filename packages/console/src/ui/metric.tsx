import { Change, type Better } from './change.tsx'
import { Definition } from './definition.tsx'
import { RowLink } from './row-link.tsx'

/** A number with its unit, its period, what it is compared with, and what it means. */
export function Metric(props: {
  label: string
  definition: string
  value: number
  format: (value: number) => string
  /** What the number is compared with, and how that is called. */
  previous?: { readonly value: number; readonly name: string }
  /** Writes the size of a difference, where that is written otherwise. */
  formatDifference?: (value: number) => string
  /** A ratio moves by points, and by no part of itself. */
  isRatio?: boolean
  better?: Better
  /** What stands below a number that is compared with nothing. */
  note?: string
  /** The list behind the number. */
  to?: string | null
}) {
  const { label, value, format, previous, formatDifference } = props
  return (
    <section aria-label={label} className="min-w-0 rounded-lg border border-line bg-surface px-4 py-3.5">
      <div className="flex items-center gap-1 text-muted">
        <h2>{label}</h2>
        <Definition of={label} text={props.definition} />
      </div>
      <p data-testid="metric-value" className="text-2xl font-semibold tracking-tight">
        {props.to ? (
          <RowLink to={props.to} label={`${format(value)}, ${label}: see the viewers`}>
            {format(value)}
          </RowLink>
        ) : (
          format(value)
        )}
      </p>
      {props.note && <p className="text-muted">{props.note}</p>}
      {previous && (
        <p className="text-muted">
          <Change
            compared={{ value, previous: previous.value }}
            format={formatDifference ?? format}
            better={props.better ?? 'more'}
            isRatio={props.isRatio ?? false}
          />{' '}
          vs. {format(previous.value)} in the {previous.name}
        </p>
      )}
    </section>
  )
}
