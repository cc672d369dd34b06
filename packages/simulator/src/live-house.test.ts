import { describe, expect, it } from 'vitest'
import { openLiveHouse } from './live-house.ts'
import type { LiveView } from './live.ts'
import { openWorld } from './world.ts'

const NOW = Date.UTC(2026, 10, 1, 20)
const world = openWorld({ seed: 7, viewers: 1_000, days: 10, until: NOW })

interface Minute {
  came: number
  cameAnonymously: number
  left: number
  /** Sent by players and pages. */
  events: number
  there: number
  thereAnonymously: number
}

const endOf = (view: LiveView): number => view.batches.at(-1)!.at

/** Lets a house be open for some minutes, a second at a time. */
function open(rate: number, minutes: number): { minutes: Minute[]; arrivals: LiveView[] } {
  const house = openLiveHouse(world, rate)
  const told: Minute[] = Array.from({ length: minutes }, () => ({
    came: 0,
    cameAnonymously: 0,
    left: 0,
    events: 0,
    there: 0,
    thereAnonymously: 0,
  }))
  const arrivals: LiveView[] = []
  const isAnonymous = ({ viewer }: LiveView) => viewer === null
  let there: LiveView[] = []
  for (let second = 0; second < minutes * 60; second++) {
    const now = NOW + second * 1_000
    const minute = told[Math.floor(second / 60)]!
    for (const view of there) {
      if (endOf(view) > now) continue
      house.leave(view)
      minute.left += 1
    }
    there = there.filter((view) => endOf(view) > now)
    for (const view of house.arrivals(now)) {
      there.push(view)
      arrivals.push(view)
      minute.came += 1
      minute.events += 1
      if (isAnonymous(view)) minute.cameAnonymously += 1
      for (const { at, events } of view.batches) {
        const of = told[Math.floor((at - NOW) / 60_000)]
        if (of) of.events += events.length
      }
    }
    minute.there = there.length
    minute.thereAnonymously = there.filter(isAnonymous).length
  }
  return { minutes: told, arrivals }
}

describe('a house that people come to and leave', () => {
  const { minutes } = open(20, 40)

  it('shows within every minute that people come and go, signed in and not', () => {
    for (const minute of minutes) {
      expect(minute.came - minute.cameAnonymously).toBeGreaterThan(0)
      expect(minute.cameAnonymously).toBeGreaterThan(0)
      expect(minute.came).toBeGreaterThanOrEqual(6)
      expect(minute.left).toBeGreaterThanOrEqual(6)
      const share = minute.thereAnonymously / minute.there
      expect(share).toBeGreaterThan(0.05)
      expect(share).toBeLessThan(0.75)
    }
  })

  it('sends half as much while it fills over the first minute, and then what was asked, in each minute', () => {
    const [first, ...others] = minutes.map(({ events }) => events / 60)
    expect(first).toBeGreaterThan(7)
    expect(first).toBeLessThan(13)
    for (const rate of others) {
      expect(rate).toBeGreaterThan(18)
      expect(rate).toBeLessThan(22)
    }
  })

  it.each([1, 20, 200])('sends %d events a second in the mean', (rate) => {
    const after = open(rate, 60).minutes.slice(2)
    const mean = after.reduce((sum, { events }) => sum + events, 0) / after.length / 60
    expect(mean / rate).toBeGreaterThan(0.88)
    expect(mean / rate).toBeLessThan(1.12)
  })

  it('is the same to the byte whenever it opens for the same seed', () => {
    expect(JSON.stringify(open(20, 3).arrivals)).toBe(JSON.stringify(open(20, 3).arrivals))
  })

  it('is full when everybody is there, and goes on when somebody leaves', () => {
    const small = openWorld({ seed: 7, viewers: 3, days: 1, until: NOW })
    const house = openLiveHouse(small, 2_000)
    const there = Array.from({ length: 120 }, (_, second) => house.arrivals(NOW + second * 1_000)).flat()
    expect(there.length).toBeGreaterThan(3)
    expect(there.length).toBeLessThan(20)
    const gone = there[0]!
    house.leave(gone)
    const next = Array.from({ length: 60 }, (_, second) => house.arrivals(NOW + second * 1_000)).flat()
    expect(next.map(({ device }) => device.deviceId)).toEqual([gone.device.deviceId])
  })
})
