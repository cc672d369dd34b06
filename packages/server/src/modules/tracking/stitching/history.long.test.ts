import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestEvents, type TestEvents } from '../../../../test/events.ts'
import { liveHistory } from '../../../../test/people-history.ts'
import { openTestRecords, recordsBackends, type TestRecords } from '../../../../test/records.ts'

const COMPARISONS = 3_000
const ACTS = ['play', 'sign-in', 'sign-out', 'unlink', 'relink', 'merge', 'unmerge', 'deny', 'lift', 'erase']

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

  test(`${COMPARISONS} comparisons of random histories with the oracle, none of which differs`, async () => {
    const acts = new Map<string, number>()
    let comparisons = 0
    for (let seed = 1; comparisons < COMPARISONS; seed++) {
      const stores = { events: events.events, records }
      const lived = await liveHistory(stores, { seed: `${backend}-${seed}`, steps: 250, compareEvery: 10 })
      comparisons += lived.comparisons
      for (const [act, times] of Object.entries(lived.acts)) acts.set(act, (acts.get(act) ?? 0) + times)
    }
    process.stdout.write(
      `${backend}: ${comparisons} comparisons, 0 differences; ${[...acts].map(([act, times]) => `${act} ${times}`).join(', ')}\n`,
    )
    for (const act of ACTS) expect(acts.get(act), act).toBeGreaterThan(5)
  })
})
