import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { enter, idleSlot, leaveOthers, SLOTS, type Shift, type Slot } from './slots.ts'

const START: Shift[] = [
  { slot: 0, from: 0, until: null },
  { slot: 1, from: 0, until: 0 },
  { slot: 2, from: 0, until: 0 },
  { slot: 3, from: 0, until: 0 },
]

describe('the slots that reports read', () => {
  test('are taken one after the other while nothing runs, never the current one', () => {
    let shifts = START
    let current: Slot = 0
    for (let now = 10_000; now < 60_000; now += 10_000) {
      const slot = idleSlot(shifts, [])!
      expect(slot).not.toBe(current)
      shifts = leaveOthers(enter(shifts, slot, now), slot, { now, runningSince: [] })
      current = slot
      expect(shifts.length).toBeLessThanOrEqual(SLOTS.length)
    }
  })

  test('one long report holds one slot only, for as long as it runs', () => {
    let shifts = START
    const runningSince = [5_000]
    for (let now = 10_000; now < 60_000; now += 10_000) {
      const slot = idleSlot(shifts, runningSince)
      expect(slot).not.toBeNull()
      expect(slot).not.toBe(0)
      shifts = leaveOthers(enter(shifts, slot!, now), slot!, { now, runningSince })
    }
    expect(idleSlot(shifts, [])).toBe(0)
  })

  test('a report that began just before a change holds the new slot too, and still leaves two', () => {
    let shifts = START
    const runningSince = [9_900]
    const taken: (Slot | null)[] = []
    for (let now = 10_000; now < 12_500; now += 250) {
      const slot = idleSlot(shifts, runningSince)
      taken.push(slot)
      shifts = leaveOthers(enter(shifts, slot!, now), slot!, { now, runningSince })
    }
    expect(taken).not.toContain(null)
    expect(taken.slice(1)).not.toContain(taken[0])
  })

  test('the current one is never taken, nor one of which it is not known whether reports moved to it', () => {
    expect(idleSlot(START, [])).not.toBe(0)
    expect(idleSlot(enter(START, 1, 10_000), [])).toBe(2)
    const all = enter(enter(enter(START, 1, 10_000), 2, 20_000), 3, 30_000)
    expect(idleSlot(all, [])).toBeNull()
  })

  test('a slot that is taken is one that no running report began in', () => {
    // Each step: time that passes, and a report that begins and how long it runs.
    const steps = fc.array(
      fc.record({ passMs: fc.nat(30_000), runMs: fc.nat(60_000), publishes: fc.boolean() }),
      { maxLength: 80 },
    )
    fc.assert(
      fc.property(steps, (all) => {
        let shifts: Shift[] = START
        let current: Slot = 0
        let now = 10_000
        const reports: { since: number; until: number; slot: Slot }[] = []
        for (const { passMs, runMs, publishes } of all) {
          now += passMs
          reports.push({ since: now, until: now + runMs, slot: current })
          now += 1
          if (!publishes) continue
          const running = reports.filter(({ until }) => until >= now)
          const runningSince = running.map(({ since }) => since)
          const slot = idleSlot(shifts, runningSince)
          if (slot === null) continue
          expect(running.map((report) => report.slot)).not.toContain(slot)
          expect(slot).not.toBe(current)
          shifts = leaveOthers(enter(shifts, slot, now), slot, { now, runningSince })
          current = slot
          now += 1
        }
      }),
    )
  })
})
