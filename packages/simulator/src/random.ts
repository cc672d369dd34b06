/**
 * Random choices that repeat for a seed (mulberry32, a public-domain generator of 32 bits of state).
 *
 * Everything invented has a generator of its own, seeded by what it is (`seedOf`): a viewer's day is the same whether it
 * is asked for alone or among a million, and in whatever order. 32 bits are enough to choose by and too few to name
 * things by: ids are made of numbers (`letters`), never drawn.
 */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Whole number in [from, to]. */
  integer(from: number, to: number): number
  pick<T>(items: readonly T[]): T
  /** An item with probability in proportion to its weight. */
  weighted<T>(items: readonly (readonly [T, number])[]): T
  chance(probability: number): boolean
  /** The items in another order. */
  shuffled<T>(items: readonly T[]): T[]
  /** Log-normal around a median; `spread` is the standard deviation of the logarithm. */
  around(median: number, spread: number): number
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
      let total = 0
      for (const [, weight] of items) total += weight
      let rest = next() * total
      for (const [item, weight] of items) if ((rest -= weight) < 0) return item
      return items.at(-1)![0]
    },
    chance: (probability) => next() < probability,
    shuffled(items) {
      const order = [...items]
      for (let last = order.length - 1; last > 0; last--) {
        const other = integer(0, last)
        ;[order[last], order[other]] = [order[other]!, order[last]!]
      }
      return order
    },
    around(median, spread) {
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
      return median * Math.exp(normal * spread)
    },
  }
}

/** What a generator is for: the first number after the world's seed, so that no two uses share their draws. */
export const STREAM = {
  catalogue: 1,
  household: 2,
  viewer: 3,
  householdDay: 4,
  view: 5,
  visitor: 6,
  visitorDay: 7,
  live: 8,
} as const

/** A seed for whole numbers up to 2^32: near ones give seeds that have nothing in common (the finaliser of MurmurHash3). */
export function seedOf(...numbers: number[]): number {
  let hash = 0x9e37_79b9
  for (const number of numbers) {
    hash = Math.imul(hash ^ number, 0x85eb_ca6b)
    hash ^= hash >>> 13
    hash = Math.imul(hash, 0xc2b2_ae35) + 0x27d4_eb2f
    hash ^= hash >>> 16
  }
  return hash >>> 0
}

/** A whole number in letters: an id without digits is never taken for a telephone number by what masks them. */
export function letters(number: number): string {
  let text = ''
  let rest = number
  do {
    text = String.fromCharCode(97 + (rest % 26)) + text
    rest = Math.floor(rest / 26)
  } while (rest > 0)
  return text
}
