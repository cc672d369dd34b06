import type { Random } from './random.ts'

export const DAY_MS = 86_400_000
export const HOUR_MS = 3_600_000
export const MINUTE_MS = 60_000

const EVENING = [
  [8, 1],
  [13, 2],
  [16, 2],
  [18, 4],
  [19, 7],
  [20, 9],
  [21, 8],
  [22, 4],
] as const

/** Milliseconds after midnight: most watch in the evening. */
export function eveningMs(random: Random): number {
  return (random.weighted(EVENING) * 60 + random.integer(0, 59)) * MINUTE_MS + random.integer(0, 59_999)
}
