import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { loadOf, until, useRecorderStore } from '../../../test/recorder-store.ts'

const { store, open, countsOf } = useRecorderStore()
const SETTINGS = { batchRowsMax: 400, batchBytesMax: 8_000_000, batchEvery: 250 }

test('what waits is made into the next batch while EVENTS takes the one before, and comes once', async () => {
  let isInserting = false
  let overlapping = 0
  let seals = 0
  const subject = open(
    { settings: SETTINGS },
    {
      async insert(table, batch) {
        isInserting = true
        await store().events.insert(table, batch)
        // Long enough that the next batch is made meanwhile.
        await delay(20)
        isInserting = false
      },
    },
  )
  const { state, journal } = { state: subject.state(), journal: subject.journal }
  const { seal } = state
  state.seal = async (...args) => {
    // The one before must be in EVENTS and its seal lifted.
    expect(isInserting).toBe(false)
    expect(state.sealed()).toBeNull()
    seals += 1
    return seal(...args)
  }
  const { read } = journal
  journal.read = (...args) => {
    if (isInserting) overlapping += 1
    return read(...args)
  }
  const requests = loadOf('waits', 1_000)
  // Each comes twice, the second time in another batch.
  for (const body of [...requests, ...requests]) await subject.append({ app: 'waits' }, body)
  await subject.recorder.drain()
  expect(await countsOf('waits')).toMatchObject({ rows: 20_000, distinct: 20_000, events: 20_000 })
  expect(seals).toBeGreaterThan(3)
  expect(overlapping).toBeGreaterThan(0)
  expect(journal.backlog().entries).toBe(0)
})

test('an insert that fails under way is made again, though a batch was being made behind it', async () => {
  let failures = 2
  const subject = open(
    { settings: SETTINGS },
    {
      async insert(table, batch) {
        if (failures > 0 && table === 'events') {
          failures -= 1
          throw new Error('the engine is away')
        }
        await store().events.insert(table, batch)
      },
    },
  )
  for (const body of loadOf('fails', 100)) await subject.append({ app: 'fails' }, body)
  subject.recorder.start()
  // Rollups follow their table within an insert.
  await until(async () => (await countsOf('fails')).events === 2_000)
  expect(await countsOf('fails')).toMatchObject({ rows: 2_000, distinct: 2_000, events: 2_000 })
})

test('stopping waits for the insert under way', async () => {
  let isDone = true
  const subject = open(
    { settings: SETTINGS },
    {
      async insert(table, batch) {
        isDone = false
        await delay(50)
        await store().events.insert(table, batch)
        isDone = true
      },
    },
  )
  for (const body of loadOf('stops', 100)) await subject.append({ app: 'stops' }, body)
  subject.recorder.start()
  await until(async () => !isDone)
  await subject.recorder.stop()
  expect(isDone).toBe(true)
})
