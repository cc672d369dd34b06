import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Subject } from '../../platform/ids.ts'
import { nextDeviceState, type DeviceState } from './device-state.ts'

const ann = 'ann' as Subject
const bob = 'bob' as Subject
const MINUTE = 60_000

describe('whose events a device’s are', () => {
  test('anonymous events before the first sign-in share a subject', () => {
    expect(story([null, 1], [null, 2], [ann, 3], [ann, 4])).toEqual(['a1', 'a1', 'ann', 'ann'])
  })

  test('after a sign-out a new subject begins and stays', () => {
    expect(story([null, 1], [ann, 2], [null, 3], [null, 4])).toEqual(['a1', 'ann', 'a2', 'a2'])
  })

  test('another viewer without a sign-out begins one too', () => {
    expect(story([null, 1], [ann, 2], [bob, 3], [null, 4])).toEqual(['a1', 'ann', 'bob', 'a2'])
  })

  test('an anonymous event that comes late belongs to the stretch in which it happened', () => {
    expect(story([null, 10], [ann, 20], [null, 15])).toEqual(['a1', 'ann', 'a1'])
    expect(story([null, 10], [ann, 20], [null, 30], [null, 15])).toEqual(['a1', 'ann', 'a2', 'a1'])
  })

  test('an anonymous event that comes late from between two viewers is neither’s', () => {
    const events = story([null, 10], [ann, 20], [bob, 40], [null, 41], [null, 30])
    expect(events).toEqual(['a1', 'ann', 'bob', 'a2', 'a3'])
  })

  test('an anonymous event that comes after two further viewers is still the first one’s', () => {
    expect(
      story([null, 10], [ann, 20], [null, 30], [bob, 40], [null, 50], [ann, 60], [null, 15]).at(-1),
    ).toBe('a1')
  })

  test('a late event of the viewer before does not sign the present one out', () => {
    expect(story([ann, 10], [bob, 20], [ann, 15], [bob, 21], [null, 22])).toEqual([
      'ann',
      'bob',
      'ann',
      'bob',
      'a1',
    ])
  })

  test('a device whose old stretches were forgotten gives what is older to nobody', () => {
    const many = Array.from({ length: 40 }, (_, i): [Subject | null, number] => [i % 2 ? ann : null, 100 + i])
    expect(story(...many, [null, 1], [ann, 2]).slice(-2)).toEqual([null, 'ann'])
    expect(many.length).toBeGreaterThan(32)
  })

  test('the newest sixteen stretches are remembered', () => {
    // Stretches of ten minutes: nobody, then Ann.
    const many = Array.from({ length: 20 }, (_, i): [Subject | null, number][] => [
      [null, i * 10 * MINUTE],
      [ann, (i * 10 + 5) * MINUTE],
    ]).flat()
    const late = (stretch: number) => story(...many, [null, (stretch * 10 + 2) * MINUTE]).at(-1)
    expect([late(3), late(4), late(19)]).toEqual([null, 'a5', 'a20'])
  })
})

describe('who an anonymous subject is', () => {
  test('is known when somebody signs in in its stretch, once', () => {
    expect(links([null, 1], [ann, 2], [ann, 3])).toEqual(['a1=ann'])
    expect(links([ann, 2], [ann, 3])).toEqual([])
    expect(links([null, 1], [ann, 2], [null, 3], [ann, 4])).toEqual(['a1=ann', 'a2=ann'])
  })

  test('is the first who signs in, not the second', () => {
    expect(links([null, 1], [ann, 2], [bob, 3])).toEqual(['a1=ann'])
  })

  test('is known later, when the viewer agrees later', () => {
    const refusing = { vid: ann, ts: 2, mayLink: false }
    expect(links([null, 1], refusing)).toEqual([])
    expect(links([null, 1], refusing, [ann, 3])).toEqual(['a1=ann'])
  })

  test('is not told by a sign-in that comes late from before: what followed may be another’s', () => {
    expect(links([null, 100], [ann, 50])).toEqual([])
    expect(links([null, 0], [null, 10 * MINUTE], [ann, MINUTE])).toEqual([])
  })

  test('is told though events of two senders overtake each other', () => {
    expect(links([null, 1], [null, 30_000], [ann, 10_000])).toEqual(['a1=ann'])
  })

  test('is told by an anonymous event that came late from before the sign-in', () => {
    expect(links([ann, 20], [null, 10])).toEqual(['a1=ann'])
  })

  test('is told once the viewer turns out to have gone on', () => {
    expect(links([null, 0], [null, 10 * MINUTE], [ann, MINUTE], [ann, 11 * MINUTE])).toEqual(['a1=ann'])
  })
})

const viewers = fc.constantFrom(null, ann, bob)
const steps = fc.array(fc.tuple(viewers, fc.nat({ max: 50 * MINUTE })), { maxLength: 60 })

describe('laws', () => {
  test('no anonymous subject is ever linked with two viewers, nor twice', () => {
    fc.assert(
      fc.property(steps, (events) => {
        const told = links(...events).map((link) => link.split('=')[0])
        expect(new Set(told).size).toBe(told.length)
      }),
    )
  })

  test('a signed-in event is its viewer’s, an anonymous one is never a viewer’s', () => {
    fc.assert(
      fc.property(steps, (events) => {
        story(...events).forEach((subject, index) => {
          if (events[index]![0] !== null) expect(subject).toBe(events[index]![0])
          else expect(subject).toMatch(/^a\d+$/)
        })
      }),
    )
  })

  test('in order of time, a linked subject is that of the viewer who signed in next, and of nobody between', () => {
    fc.assert(
      fc.property(steps, (unordered) => {
        const events = unordered
          .toSorted((a, b) => a[1] - b[1])
          .map(([vid], i) => [vid, i] as [Subject | null, number])
        const subjects = story(...events)
        for (const link of links(...events)) {
          const [anonymous, vid] = link.split('=')
          const last = subjects.lastIndexOf(anonymous!)
          expect(events.slice(last).find(([who]) => who !== null)?.[0]).toBe(vid)
          const first = subjects.indexOf(anonymous!)
          expect(events.slice(first, last + 1).every(([who]) => who === null || who === vid)).toBe(true)
        }
      }),
    )
  })

  test('the state stays small and survives JSON', () => {
    fc.assert(
      fc.property(steps, (events) => {
        let state: DeviceState | null = null
        for (const [vid, ts] of events) {
          state = nextDeviceState(state, { vid, ts, mayLink: true }, () => 'a' as Subject).state
          expect(state.stretches.length).toBeLessThanOrEqual(16)
          expect(JSON.parse(JSON.stringify(state))).toEqual(state)
          const times = state.stretches.map(({ since }) => since)
          expect(times).toEqual(times.toSorted((a, b) => a - b))
        }
      }),
    )
  })
})

type Step = [Subject | null, number] | { vid: Subject | null; ts: number; mayLink: boolean }

/** The subjects that events of `[viewer, time]` get; anonymous ones are `a1`, `a2` … in the order of drawing. */
function story(...events: Step[]): (string | null)[] {
  return run(events).map(({ subject }) => subject)
}

/** The links that they make, as `a1=ann`. */
function links(...events: Step[]): string[] {
  return run(events).flatMap(({ link }) => (link ? [`${link.anonymous}=${link.vid}`] : []))
}

function run(events: readonly Step[]): ReturnType<typeof nextDeviceState>[] {
  let state: DeviceState | null = null
  let drawn = 0
  return events.map((step) => {
    const event = Array.isArray(step) ? { vid: step[0], ts: step[1], mayLink: true } : step
    const next: ReturnType<typeof nextDeviceState> = nextDeviceState(state, event, () => {
      drawn += 1
      return `a${drawn}` as Subject
    })
    state = next.state
    return next
  })
}
