import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Subject } from '../../platform/ids.ts'
import { nextDeviceState, type DeviceState } from './device-state.ts'

const ann = 'ann' as Subject
const bob = 'bob' as Subject

describe('whose events a device’s are', () => {
  test('anonymous events before the first sign-in share a subject', () => {
    expect(story([null, 1], [null, 2], [ann, 3], [ann, 4])).toEqual(['a1', 'a1', 'ann', 'ann'])
  })

  test('after a sign-out a new subject begins and stays', () => {
    expect(story([null, 1], [ann, 2], [null, 3], [null, 4])).toEqual(['a1', 'ann', 'a2', 'a2'])
  })

  test('another viewer without a sign-out begins one too', () => {
    expect(story([null, 1], [ann, 2], [bob, 3], [null, 4])).toEqual(['a1', 'ann', 'bob', 'a3'])
  })

  test('an anonymous event that comes late belongs to the stretch in which it happened', () => {
    expect(story([null, 10], [ann, 20], [null, 15])).toEqual(['a1', 'ann', 'a1'])
    expect(story([null, 10], [ann, 20], [null, 30], [null, 15])).toEqual(['a1', 'ann', 'a2', 'a1'])
  })

  test('a late event of the viewer before does not sign the present one out', () => {
    expect(story([ann, 10], [bob, 20], [ann, 15], [bob, 21], [null, 22])).toEqual([
      'ann',
      'bob',
      'ann',
      'bob',
      'a3',
    ])
  })

  test('no anonymous subject is ever of a stretch with two viewers', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom(null, ann, bob), fc.nat({ max: 50 })), { maxLength: 40 })
    fc.assert(
      fc.property(steps, (events) => {
        const viewersOf = new Map<string, Set<string>>()
        let state: DeviceState | null = null
        let drawn = 0
        for (const [vid, ts] of events) {
          const next: { state: DeviceState; subject: Subject } = nextDeviceState(state, { vid, ts }, () => {
            drawn += 1
            return `a${drawn}` as Subject
          })
          state = next.state
          // A viewer links with the stretch in which she is signed in.
          if (vid !== null && state.vid === vid) {
            const viewers = viewersOf.get(state.anonymous) ?? new Set()
            viewersOf.set(state.anonymous, viewers.add(vid))
          }
          if (vid !== null) expect(next.subject).toBe(vid)
          else expect(next.subject).toMatch(/^a\d+$/)
        }
        for (const viewers of viewersOf.values()) expect(viewers.size).toBe(1)
      }),
    )
  })
})

/** The subjects that events of `[viewer, time]` get; anonymous ones are `a1`, `a2` … in the order of drawing. */
function story(...events: [Subject | null, number][]): string[] {
  let state: DeviceState | null = null
  let drawn = 0
  return events.map(([vid, ts]) => {
    const next: { state: DeviceState; subject: Subject } = nextDeviceState(state, { vid, ts }, () => {
      drawn += 1
      return `a${drawn}` as Subject
    })
    state = next.state
    return next.subject
  })
}
