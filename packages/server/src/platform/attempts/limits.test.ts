import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ACCOUNT_LIMIT, judgeAttempt, networkOf, type Attempts } from './limits.ts'

const limit = ACCOUNT_LIMIT

/** Attempts at the given times; answers the times of those that were let through. */
function letThrough(times: readonly number[]): number[] {
  let before: Attempts | null = null
  const passed: number[] = []
  for (const now of times) {
    const verdict = judgeAttempt(limit, before, now)
    if (!verdict.isAllowed) continue
    before = verdict.next
    passed.push(now)
  }
  return passed
}

describe('limits of signing in', () => {
  it('let five attempts through at once and the sixth after half a minute', () => {
    expect(letThrough([0, 0, 0, 0, 0, 0, 29_999, 30_000, 30_001])).toEqual([0, 0, 0, 0, 0, 30_000])
  })

  it('double the wait up to a quarter of an hour', () => {
    let before: Attempts | null = null
    let now = 0
    const waits: number[] = []
    for (let attempt = 0; attempt < 12; attempt++) {
      let verdict = judgeAttempt(limit, before, now)
      if (!verdict.isAllowed) {
        waits.push(verdict.waitMs)
        now += verdict.waitMs
        verdict = judgeAttempt(limit, before, now)
      }
      expect(verdict.isAllowed).toBe(true)
      before = verdict.isAllowed ? verdict.next : before
    }
    expect(waits).toEqual([30_000, 60_000, 120_000, 240_000, 480_000, 900_000, 900_000])
  })

  it('let nobody guess more than a hundred times in a day, however they knock', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(86_400_000), { maxLength: 3_000 }), (times) => {
        expect(letThrough(times.toSorted((a, b) => a - b)).length).toBeLessThanOrEqual(110)
      }),
      { numRuns: 30 },
    )
  })

  it('never make the owner wait longer than a quarter of an hour, whatever others did before', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(86_400_000), { maxLength: 300 }), (times) => {
        const passed = letThrough(times.toSorted((a, b) => a - b))
        const last = passed.at(-1) ?? 0
        const before = passed.length === 0 ? null : { attempts: passed.length, lastAt: last }
        const verdict = judgeAttempt(limit, before, last + 900_000)
        expect(verdict.isAllowed).toBe(true)
      }),
    )
  })

  it('forget after a day, and when the clock was set back', () => {
    const before = { attempts: 50, lastAt: 1_000_000_000 }
    for (const now of [before.lastAt + limit.forgetMs, before.lastAt - 1]) {
      expect(judgeAttempt(limit, before, now)).toEqual({
        isAllowed: true,
        next: { attempts: 1, lastAt: now },
      })
    }
  })
})

describe('the network of an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})
