/** The middle of some figures. */
export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

/** The figure that `percent` of all do not exceed (nearest rank). */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) throw new RangeError('no figures')
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]!
}
