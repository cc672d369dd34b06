/**
 * Percentages with one decimal that sum to exactly 100.0: each share is rounded down to a tenth, and the tenths that are
 * missing go to the largest remainders; of equal remainders, to the earlier count. All are 0 when there is nothing to
 * share.
 */
export function percentages(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return counts.map(() => 0)
  const tenths = counts.map((count) => Math.floor((count * 1000) / total))
  const missing = 1000 - tenths.reduce((sum, part) => sum + part, 0)
  const byRemainder = counts
    .map((count, index) => ({ index, remainder: (count * 1000) % total }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index)
  for (const { index } of byRemainder.slice(0, missing)) tenths[index]! += 1
  return tenths.map((part) => part / 10)
}
