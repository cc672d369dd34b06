import { createLiveAudience, type LiveView } from './live.ts'
import type { World } from './world.ts'

/**
 * How many are there: people come in as long as those who are there send fewer than `rate` events a second, so that whoever
 * leaves makes room. What a view sends is known when it begins, and its mean over its time is what counts.
 */
export interface LiveHouse {
  /** Who comes in within a second from `now`, epoch ms. Asked once a second; an empty house fills over a minute. */
  arrivals(now: number): LiveView[]
  leave(view: LiveView): void
}

const TICK_MS = 1_000
const FILL_TICKS = 60
/** The last one who comes in sends more than what was missing by so many events a second, in the mean. */
const EXCESS = 0.15
/** Prime to the tick, so that one number after the other lies all over it: apps do not start at the full second. */
const APART_MS = 619

export function openLiveHouse(world: World, rate: number): LiveHouse {
  const audience = createLiveAudience(world)
  const there = new Set<LiveView>()
  let number = 0
  let ticks = 0

  const rateOf = (views: Iterable<LiveView>): number => {
    let sum = 0
    for (const { eventsPerSecond } of views) sum += eventsPerSecond
    return sum
  }

  return {
    arrivals(now) {
      const arriving: LiveView[] = []
      ticks += 1
      const enough = rate * Math.min(1, ticks / FILL_TICKS) - EXCESS
      let sent = rateOf(there)
      while (sent < enough) {
        const view = audience.begin(number, now + ((number * APART_MS) % TICK_MS))
        number += 1
        // Nobody is free now; somebody will be in a second.
        if (!view) break
        there.add(view)
        arriving.push(view)
        sent += view.eventsPerSecond
      }
      return arriving
    },
    leave(view) {
      there.delete(view)
      audience.end(view)
    },
  }
}
