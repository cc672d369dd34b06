import { formatChange, formatSigned } from '../lib/format.ts'

/** Which way is good news; `neither` for numbers that are neither. */
export type Better = 'more' | 'less' | 'neither'

/** A number and the same number before. */
export interface Compared {
  readonly value: number
  readonly previous: number
}

/**
 * How much more or less than before: the difference, and what part of the number before it is. Where there was nothing
 * before there is no part, and where nothing moved no colour. A ratio changes by points and has no part.
 */
export function Change(props: {
  compared: Compared
  /** Writes the size of a difference, in the unit of the number. */
  format: (value: number) => string
  better?: Better
  isRatio?: boolean
}) {
  const { compared, format, better = 'more', isRatio = false } = props
  const { value, previous } = compared
  const difference = value - previous
  const shown = formatSigned(difference, format)
  // What is too small to be written did not move.
  const hasMoved = shown !== format(0)
  const isGood = better === 'more' ? difference > 0 : difference < 0
  const tone =
    !hasMoved || better === 'neither' || previous === 0 ? 'text-muted' : isGood ? 'text-good' : 'text-bad'
  const part = isRatio || !hasMoved ? null : formatChange(value, previous)
  return (
    <span className={tone}>
      <span className="whitespace-nowrap">{hasMoved ? shown : 'no change'}</span>
      {part && (
        <>
          {' '}
          <span className="whitespace-nowrap">({part})</span>
        </>
      )}
    </span>
  )
}
