import { describe, expect, it } from 'vitest'
import { manualClock } from './clock.ts'

describe('a manual clock', () => {
  it('runs what comes due in order of time, not of asking', () => {
    const clock = manualClock(0)
    const ran: string[] = []
    clock.after(20, () => ran.push(`late at ${clock.now()}`))
    clock.after(10, () => ran.push(`early at ${clock.now()}`))
    clock.advance(25)
    expect(ran).toEqual(['early at 10', 'late at 20'])
    expect(clock.now()).toBe(25)
  })

  it('runs what a callback asks for within the same move', () => {
    const clock = manualClock(0)
    let ticks = 0
    const tick = (): void => {
      ticks++
      clock.after(10, tick)
    }
    clock.after(10, tick)
    clock.advance(35)
    expect(ticks).toBe(3)
  })

  it('does not run what was cancelled', () => {
    const clock = manualClock(0)
    let ran = false
    clock.after(5, () => (ran = true))()
    clock.advance(10)
    expect(ran).toBe(false)
  })

  it('refuses to run backwards', () => {
    const clock = manualClock(100)
    expect(() => clock.set(99)).toThrow(RangeError)
  })
})
