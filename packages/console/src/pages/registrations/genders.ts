import type { Gender } from '@foyer/contracts'

/** What genders are called, and which of the theme's series draws each: the same on every chart. */
export const GENDER_LABELS: Record<Gender, string> = {
  female: 'Female',
  male: 'Male',
  other: 'Other',
  unknown: 'Unknown',
}

export const GENDER_SERIES: Record<Gender, number> = { female: 0, male: 1, other: 2, unknown: 3 }

/** The class of a swatch in that colour. */
export const GENDER_SWATCHES: Record<Gender, string> = {
  female: 'bg-series-1',
  male: 'bg-series-2',
  other: 'bg-series-3',
  unknown: 'bg-series-4',
}
