/**
 * One figure to hold (DESIGN §8): a file `bench/*.bench.ts` exports one as `bench`, and `main.ts` runs them. A figure is a
 * ratio wherever there is a floor to compare with, both measured in one run and interleaved, so that it means the same on
 * another machine and on a busy one.
 */
export interface Bench {
  /** Number in the list of figures, such as B1. */
  readonly id: string
  /** What is divided by what, in a few words. */
  readonly title: string
  /** What the ratio must not be above or below. */
  readonly hold: { readonly max: number } | { readonly min: number }
  run(context: BenchContext): Promise<BenchResult>
}

export interface BenchContext {
  /** Small sizes: to see that it runs, not to be believed. */
  readonly isQuick: boolean
  /** Tells what is going on, for the person at the terminal. */
  report(line: string): void
}

export interface BenchResult {
  readonly ratio: number
  /** Absolute figures behind the ratio, with their unit at the end of the name; they mean this machine only. */
  readonly figures: Readonly<Record<string, number | string>>
  /** How it was measured, one sentence for the document. */
  readonly method?: string
}

export function holds(bench: Pick<Bench, 'hold'>, ratio: number): boolean {
  return 'max' in bench.hold ? ratio <= bench.hold.max : ratio >= bench.hold.min
}
