import { describe, expect, it } from 'vitest'
import { manualClock } from '../../platform/clock.ts'
import { createRateLimit } from './limits.ts'

describe('a rate limit', () => {
  it('lets twice the rate pass at once, then the rate', () => {
    const clock = manualClock(0)
    const limit = createRateLimit({ perSecond: 10, clock })
    expect(passed(limit, 'a', 100)).toBe(20)
    clock.advance(1_000)
    expect(passed(limit, 'a', 100)).toBe(10)
    clock.advance(100)
    expect(passed(limit, 'a', 100)).toBe(1)
  })

  it('says after how many whole seconds to try again', () => {
    const limit = createRateLimit({ perSecond: 1, clock: manualClock(0) })
    passed(limit, 'a', 2)
    expect(limit.take('a')).toBe(1)
  })

  it('of one key is not another’s', () => {
    const limit = createRateLimit({ perSecond: 1, clock: manualClock(0) })
    passed(limit, 'a', 100)
    expect(limit.take('b')).toBe(0)
  })

  it('fills to twice the rate and no further, however long it was idle', () => {
    const clock = manualClock(0)
    const limit = createRateLimit({ perSecond: 10, clock })
    passed(limit, 'a', 20)
    clock.advance(3_600_000)
    expect(passed(limit, 'a', 100)).toBe(20)
  })

  it('goes on when generations turn: a busy key does not get a new bucket', () => {
    const clock = manualClock(0)
    const limit = createRateLimit({ perSecond: 10, clock })
    let total = 0
    for (let tenth = 0; tenth < 100; tenth++) {
      total += passed(limit, 'a', 5)
      clock.advance(100)
    }
    expect(total).toBeLessThanOrEqual(20 + 10 * 10)
  })

  it('forgets keys when there are too many, not the busy one among them', () => {
    const limit = createRateLimit({ perSecond: 1, clock: manualClock(0), bucketsMax: 10 })
    passed(limit, 'busy', 2)
    for (let i = 0; i < 9; i++) limit.take(`idle${i}`)
    expect(limit.take('another')).toBe(0)
    expect(limit.take('busy')).toBe(1)
  })

  it('of 0 lets everything pass', () => {
    expect(passed(createRateLimit({ perSecond: 0, clock: manualClock(0) }), 'a', 1_000)).toBe(1_000)
  })
})

function passed(limit: { take(key: string): number }, key: string, times: number): number {
  let count = 0
  for (let i = 0; i < times; i++) if (limit.take(key) === 0) count++
  return count
}
