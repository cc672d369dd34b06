import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LeaseQueue, LeaseQueueFull, type Lease } from './lease-queue.ts'

describe('the lease queue', () => {
  it('grants one at a time, in order of arrival', async () => {
    const queue = new LeaseQueue({ waitersMax: 10 })
    const order: number[] = []
    let held = 0
    await Promise.all(
      [0, 1, 2, 3].map(async (number) => {
        const lease = queue.enter()
        expect(await lease.granted).toBe(true)
        expect(++held).toBe(1)
        order.push(number)
        await new Promise((resolve) => setImmediate(resolve))
        held -= 1
        lease.release()
      }),
    )
    expect(order).toEqual([0, 1, 2, 3])
  })

  it('passes over one who left before its turn, and tells it', async () => {
    const queue = new LeaseQueue({ waitersMax: 10 })
    const [first, second, third] = [queue.enter(), queue.enter(), queue.enter()]
    second.release()
    first.release()
    expect(await Promise.all([first.granted, second.granted, third.granted])).toEqual([true, false, true])
  })

  it('gives nothing away when a lease is released twice', async () => {
    const queue = new LeaseQueue({ waitersMax: 10 })
    const [first, second, third] = [queue.enter(), queue.enter(), queue.enter()]
    first.release()
    first.release()
    expect(await second.granted).toBe(true)
    expect(queue.waiting).toBe(1)
    second.release()
    expect(await third.granted).toBe(true)
  })

  it('refuses one waiter too many, and takes one again after another left', () => {
    const queue = new LeaseQueue({ waitersMax: 2 })
    queue.enter()
    const waiting = queue.enter()
    queue.enter()
    expect(() => queue.enter()).toThrow(LeaseQueueFull)
    waiting.release()
    expect(() => queue.enter()).not.toThrow()
  })

  it('always has exactly one holder while anybody is in it, whoever comes and goes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 9 }), { maxLength: 60 }), async (steps) => {
        const queue = new LeaseQueue({ waitersMax: 100 })
        const present: { lease: Lease; isGranted: boolean }[] = []
        for (const step of steps) {
          if (step < 5) {
            const entry = { lease: queue.enter(), isGranted: false }
            present.push(entry)
            void entry.lease.granted.then((isGranted) => (entry.isGranted = isGranted))
          } else present.splice(step % Math.max(1, present.length), 1)[0]?.lease.release()
          await Promise.resolve()
          await Promise.resolve()
          expect(present.map(({ isGranted }) => isGranted)).toEqual(
            present.map((_, index) => index === 0 || present[index]!.isGranted),
          )
          expect(present.filter(({ isGranted }) => isGranted)).toHaveLength(Math.min(1, present.length))
        }
      }),
    )
  })
})
