import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestEvents, type TestEvents } from '../../../../test/events.ts'
import { liveHistory } from '../../../../test/people-history.ts'
import { openTestRecords, type TestRecords } from '../../../../test/records.ts'

/** Some of what `history.long.test.ts` does a hundred times. */
let events: TestEvents
let records: TestRecords
beforeAll(async () => {
  ;[events, records] = await Promise.all([openTestEvents(), openTestRecords()])
})
afterAll(async () => {
  await events?.close()
  await records?.close()
})

test('reports say what an oracle says of a random history of people, devices and rights', async () => {
  const stores = { events: events.events, records }
  const options = { place: 'home', seed: 'short', steps: 120, compareEvery: 10 } as const
  const { comparisons } = await liveHistory(stores, options)
  expect(comparisons).toBe(12 * (12 + 2 * 5))
})

test('they do so where a device passes from hand to hand faster than its stretches are remembered', async () => {
  const stores = { events: events.events, records }
  const options = { place: 'hotel', seed: 'short-hotel', steps: 120, compareEvery: 40 } as const
  const { comparisons, forgotten } = await liveHistory(stores, options)
  expect(comparisons).toBe(3 * (12 + 2 * 20))
  expect(forgotten).toBeGreaterThan(5)
})
