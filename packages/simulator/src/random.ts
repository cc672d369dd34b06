/** Random choices that repeat for a seed (mulberry32, a public-domain generator of 32 bits of state). */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Whole number in [from, to]. */
  integer(from: number, to: number): number
  pick<T>(items: readonly T[]): T
  /** An item with probability in proportion to its weight. */
  weighted<T>(items: readonly (readonly [T, number])[]): T
  chance(probability: number): boolean
  /** Log-normal around a median; `spread` is the standard deviation of the logarithm. */
  around(median: number, spread: number): number
  /** Lower-case hexadecimal digits. */
  hex(digits: number): string
}

export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
  return {
    next,
    integer,
    pick: (items) => items[integer(0, items.length - 1)]!,
    weighted(items) {
      let rest = next() * items.reduce((sum, [, weight]) => sum + weight, 0)
      for (const [item, weight] of items) if ((rest -= weight) < 0) return item
      return items.at(-1)![0]
    },
    chance: (probability) => next() < probability,
    around(median, spread) {
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
      return median * Math.exp(normal * spread)
    },
    hex: (digits) => Array.from({ length: digits }, () => integer(0, 15).toString(16)).join(''),
  }
}
