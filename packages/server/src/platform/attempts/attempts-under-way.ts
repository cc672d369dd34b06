import type { AttemptVerdict } from './limits.ts'

type Refusal = { readonly isAllowed: false; readonly waitMs: number }

/** Attempts that were begun in this process and have not ended, by what is counted. */
export interface AttemptsUnderWay {
  /**
   * Does `work` when the judge lets it. A refusal is judged again after each attempt of the same subject that succeeds,
   * and stands when the last one under way has ended: what was counted stays counted until somebody was right.
   */
  admit<R extends { readonly isAllowed: boolean }>(
    subject: string,
    judge: () => Promise<AttemptVerdict>,
    work: () => Promise<R>,
  ): Promise<R | Refusal>
}

interface Going {
  count: number
  /** Refused ones; told whether an attempt succeeded. They do not count as under way, so none waits for another. */
  readonly waiting: Set<(hasSucceeded: boolean) => void>
}

export function createAttemptsUnderWay(): AttemptsUnderWay {
  const going = new Map<string, Going>()
  /** Of any subject: a refusal that was judged before the last one may be out of date. */
  let successes = 0

  function begin(subject: string): void {
    const entry = going.get(subject) ?? { count: 0, waiting: new Set() }
    entry.count++
    going.set(subject, entry)
  }

  function end(subject: string, hasSucceeded: boolean): void {
    const entry = going.get(subject)!
    entry.count--
    if (hasSucceeded) successes++
    if (entry.count === 0) going.delete(subject)
    else if (!hasSucceeded) return
    for (const tell of entry.waiting) tell(hasSucceeded)
    entry.waiting.clear()
  }

  function oneSucceeds(subject: string): Promise<boolean> {
    const entry = going.get(subject)
    return entry ? new Promise((resolve) => entry.waiting.add(resolve)) : Promise.resolve(false)
  }

  return {
    async admit(subject, judge, work) {
      for (;;) {
        const successesBefore = successes
        let hasSucceeded = false
        let refusal: Refusal
        begin(subject)
        try {
          const verdict = await judge()
          if (verdict.isAllowed) {
            const result = await work()
            hasSucceeded = result.isAllowed
            return result
          }
          refusal = verdict
        } finally {
          end(subject, hasSucceeded)
        }
        if (successes === successesBefore && !(await oneSucceeds(subject))) return refusal
      }
    },
  }
}
