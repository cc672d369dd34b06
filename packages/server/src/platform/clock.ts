import { readFileSync } from 'node:fs'

/**
 * Time, injected. Nothing outside this file reads the machine's clock: tests and the demo move time by hand
 * (`FOYER_CLOCK=manual`, refused in production).
 */
export interface Clock {
  /** Epoch milliseconds now. */
  now(): number
  /** Calls back once after `ms`; the returned function cancels. */
  after(ms: number, callback: () => void): () => void
}

/** The machine's clock. Its timers do not keep a process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Moves time on by `ms` and runs what came due, in order. */
  advance(ms: number): void
  /** Sets time to an epoch millisecond, which may not lie before now. */
  set(now: number): void
}

export function manualClock(start: number): ManualClock {
  let now = start
  const timers = new Map<number, { at: number; callback: () => void }>()
  let nextId = 0

  function set(target: number): void {
    if (target < now) throw new RangeError('a manual clock does not run backwards')
    for (;;) {
      let due: [number, { at: number; callback: () => void }] | undefined
      for (const entry of timers) if (entry[1].at <= target && (!due || entry[1].at < due[1].at)) due = entry
      if (!due) break
      timers.delete(due[0])
      now = Math.max(now, due[1].at)
      due[1].callback()
    }
    now = target
  }

  return {
    now: () => now,
    after(ms, callback) {
      const id = nextId++
      timers.set(id, { at: now + ms, callback })
      return () => timers.delete(id)
    },
    advance: (ms) => set(now + ms),
    set,
  }
}

const CLOCK_FILE_POLL_MS = 20

/**
 * A manual clock that several processes share by a file which holds epoch milliseconds as text: whoever writes a later
 * number there moves time for all of them. For tests and trials of the whole program (`FOYER_CLOCK=manual`).
 */
export function fileClock(path: string): Clock {
  const read = (): number => {
    try {
      return Number.parseInt(readFileSync(path, 'utf8'), 10) || 0
    } catch {
      return 0
    }
  }
  const clock = manualClock(read())
  const poll = setInterval(() => {
    const now = read()
    if (now > clock.now()) clock.set(now)
  }, CLOCK_FILE_POLL_MS)
  poll.unref()
  return clock
}
