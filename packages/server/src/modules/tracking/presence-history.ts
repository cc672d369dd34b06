import { LIVE, type LivePicture } from '@foyer/contracts'

/** Events, plays and viewers of the last minutes, by service. */
export interface PresenceHistory {
  /** Adds events received, by service and second. */
  take(received: ReadonlyMap<string, ReadonlyMap<number, number>>): void
  /** Notes what is counted at a moment; the most of a step is kept. */
  sample(service: string, asOf: number, counted: { viewers: number; plays: number }): void
  /** Time has come to be `asOf`, and everything is counted: forgets what lies before the span. */
  moveTo(asOf: number): void
  /** Services of which anything is remembered. */
  services(): Iterable<string>
  of(service: string, asOf: number): Pick<LivePicture, 'eventsPerSecond' | 'history'>
}

interface Remembered {
  readonly received: Map<number, number>
  /** By the number of their step. */
  readonly samples: Map<number, { viewers: number; plays: number }>
}

const EMPTY: Remembered = { received: new Map(), samples: new Map() }
const NOTHING = { viewers: 0, plays: 0 }
const UNKNOWN = { viewers: null, plays: null }
const SPAN_MS = LIVE.stepMs * LIVE.stepsMax
const STEP_S = LIVE.stepMs / 1_000
const RATE_S = LIVE.rateMs / 1_000

export function createHistory(): PresenceHistory {
  const remembered = new Map<string, Remembered>()
  /** Steps in which anybody counted at all: where a service has no sample there, it had nothing. */
  const counted = new Set<number>()

  function load(service: string): Remembered {
    let known = remembered.get(service)
    if (!known) remembered.set(service, (known = { received: new Map(), samples: new Map() }))
    return known
  }

  return {
    take(received) {
      for (const [service, seconds] of received) {
        const known = load(service).received
        for (const [second, count] of seconds) known.set(second, (known.get(second) ?? 0) + count)
      }
    },
    sample(service, asOf, { viewers, plays }) {
      const { samples } = load(service)
      const step = Math.floor(asOf / LIVE.stepMs)
      const most = samples.get(step)
      samples.set(step, {
        viewers: Math.max(viewers, most?.viewers ?? 0),
        plays: Math.max(plays, most?.plays ?? 0),
      })
    },
    moveTo(asOf) {
      const first = firstStep(asOf)
      counted.add(Math.floor(asOf / LIVE.stepMs))
      for (const step of counted) if (step < first) counted.delete(step)
      for (const [service, { received, samples }] of remembered) {
        for (const second of received.keys()) if (second < first * STEP_S) received.delete(second)
        for (const step of samples.keys()) if (step < first) samples.delete(step)
        const isSilent = [...samples.values()].every(({ viewers, plays }) => viewers + plays === 0)
        if (received.size === 0 && isSilent) remembered.delete(service)
      }
    },
    services: () => remembered.keys(),
    of(service, asOf) {
      const { received, samples } = remembered.get(service) ?? EMPTY
      const first = firstStep(asOf)
      const now = Math.floor(asOf / 1_000)
      return {
        // The second that is not over does not count.
        eventsPerSecond: Math.round((sumOf(received, now - RATE_S, now) / RATE_S) * 10) / 10,
        history: Array.from({ length: LIVE.stepsMax }, (_, index) => {
          const step = first + index
          const { viewers, plays } = samples.get(step) ?? (counted.has(step) ? NOTHING : UNKNOWN)
          return {
            at: new Date(step * LIVE.stepMs).toISOString(),
            viewers,
            plays,
            events: sumOf(received, step * STEP_S, (step + 1) * STEP_S),
          }
        }),
      }
    },
  }
}

/** The first of the steps whose last holds `asOf`. */
function firstStep(asOf: number): number {
  return Math.floor((asOf - SPAN_MS) / LIVE.stepMs) + 1
}

function sumOf(counts: ReadonlyMap<number, number>, from: number, to: number): number {
  let sum = 0
  for (let second = from; second < to; second++) sum += counts.get(second) ?? 0
  return sum
}
