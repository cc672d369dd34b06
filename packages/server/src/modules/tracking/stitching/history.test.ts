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
  const { comparisons } = await liveHistory(stores, { seed: 'short', steps: 120, compareEvery: 10 })
  expect(comparisons).toBe(12 * (6 + 2 * 5))
})
