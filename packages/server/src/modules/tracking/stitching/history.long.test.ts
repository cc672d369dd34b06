import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestEvents, type TestEvents } from '../../../../test/events.ts'
import { liveHistory } from '../../../../test/people-history.ts'
import { openTestRecords, recordsBackends, type TestRecords } from '../../../../test/records.ts'

/** So many that each act happens often enough to meet the others. */
const COMPARISONS = { home: 4_000, hotel: 3_000 }
const HOME = ['play', 'sign-in', 'sign-out', 'unlink', 'relink', 'merge', 'unmerge', 'deny', 'lift', 'erase']
const ACTS = { home: HOME, hotel: [...HOME, 'lobby'] }

describe.each(recordsBackends())('people on %s', (backend) => {
  let events: TestEvents
  let records: TestRecords
  beforeAll(async () => {
    ;[events, records] = await Promise.all([openTestEvents(), openTestRecords({ backend })])
  })
  afterAll(async () => {
    await events?.close()
    await records?.close()
  })

  test.each(['home', 'hotel'] as const)(
    '3000 comparisons and more of random histories of a %s with the oracle, none of which differs',
    async (place) => {
      const acts = new Map<string, number>()
      let comparisons = 0
      let forgotten = 0
      for (let seed = 1; comparisons < COMPARISONS[place]; seed++) {
        const lived = await liveHistory(
          { events: events.events, records },
          { place, seed: `${backend}-${place}-${seed}`, steps: 250, compareEvery: 10 },
        )
        comparisons += lived.comparisons
        forgotten += lived.forgotten
        for (const [act, times] of Object.entries(lived.acts)) acts.set(act, (acts.get(act) ?? 0) + times)
      }
      const counted = [...acts].map(([act, times]) => `${act} ${times}`)
      process.stdout.write(
        `${backend}, ${place}: ${comparisons} comparisons, 0 differences; ${counted.join(', ')}; ${forgotten} events of forgotten stretches\n`,
      )
      for (const act of ACTS[place]) expect(acts.get(act), act).toBeGreaterThan(5)
      if (place === 'hotel') expect(forgotten).toBeGreaterThan(100)
    },
  )
})
