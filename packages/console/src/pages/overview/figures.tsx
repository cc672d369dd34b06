import type { Figure } from '../../ui/table-card.tsx'
import { Change, type Better, type Compared } from '../../ui/change.tsx'
import { formatCount, formatMinutes, formatPoints, formatRatio } from '../../lib/format.ts'

/** Numbers of the overview's tables, for the eye and for the CSV. */

export const countFigure = (value: number): Figure => ({ raw: value, shown: formatCount(value) })
export const minutesFigure = (value: number): Figure => ({ raw: value, shown: formatMinutes(value) })

/** A part of a whole; a dash where there is no whole. */
export function ratioFigure(value: number | null): Figure {
  return value === null
    ? { raw: null, shown: '–' }
    : { raw: rounded(value * 100, 2), shown: formatRatio(value) }
}

export function changeFigure(
  compared: Compared,
  format: (value: number) => string = formatCount,
  better: Better = 'more',
): Figure {
  return {
    raw: rounded(compared.value - compared.previous, 1),
    shown: <Change compared={compared} format={format} better={better} />,
  }
}

/** How a ratio moved, in points; a dash where one of both has no whole. */
export function pointsFigure(value: number | null, previous: number | null, better: Better): Figure {
  if (value === null || previous === null) return { raw: null, shown: '–' }
  return {
    raw: rounded((value - previous) * 100, 2),
    shown: <Change compared={{ value, previous }} format={formatPoints} better={better} isRatio />,
  }
}

/** A part of a whole; null where there is none. */
export function ratio(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null
}

/** Of a bar: its part of the longest one. */
export function shareOf(value: number, all: readonly number[]): number {
  const most = Math.max(0, ...all)
  return most === 0 ? 0 : value / most
}

function rounded(value: number, decimals: number): number {
  return Math.round(value * 10 ** decimals) / 10 ** decimals
}
