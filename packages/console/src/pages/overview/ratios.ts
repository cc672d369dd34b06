import type { Quality } from '@foyer/contracts'
import { ratio } from './figures.tsx'

/** Ratios of sums, as `DEFINITIONS` has them; null where there is nothing to divide by. */

export const withoutStreamRatio = ({ starts, streams }: Quality): number | null =>
  // A stream of a view that began before the range has no start in it.
  ratio(Math.max(0, starts - streams), starts)

export const stallRatio = ({ playedMs, stalledMs }: Quality): number | null =>
  ratio(stalledMs, playedMs + stalledMs)

export const unknownRatio = ({ playedMs, stalledMs, unknownMs }: Quality): number | null =>
  ratio(unknownMs, playedMs + stalledMs + unknownMs)
