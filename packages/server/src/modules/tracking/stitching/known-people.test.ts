import { expect, test, vi } from 'vitest'
import type { Subject } from '../../../platform/ids.ts'
import { createLogger } from '../../../platform/log.ts'
import { createKnownPeople } from './known-people.ts'
import type { Person } from './people.ts'

const log = createLogger({ role: 'test', level: 'silent' })
const [ANN, TV, BOB] = ['1', '2', '3'] as [Subject, Subject, Subject]

/** RECORDS that knows what the test says, and counts how often it was asked. */
function recordsOf(rows: Record<string, Partial<Person>>) {
  const asked: Subject[][] = []
  return {
    asked,
    async personsOf(subjects: readonly Subject[]) {
      asked.push([...subjects])
      return new Map(subjects.map((each) => [each, { person: each, denied: 0, ...rows[each] }]))
    },
  }
}

test('somebody new counts for themselves until RECORDS has said who it is, and that is told', async () => {
  const records = recordsOf({ [TV]: { person: ANN } })
  const people = createKnownPeople({ ...records, log })
  const told = vi.fn()
  people.onLearned(told)
  expect([TV, BOB].map((each) => people.personOf(each).person)).toEqual([TV, BOB])
  await vi.waitFor(() => expect(people.personOf(TV).person).toBe(ANN))
  expect(told).toHaveBeenCalledOnce()
  expect(people.personOf(BOB).person).toBe(BOB)
  expect(records.asked.flat().toSorted()).toEqual([TV, BOB].toSorted())
})

test('who is only who they are is no news', async () => {
  const records = recordsOf({})
  const people = createKnownPeople({ ...records, log })
  const told = vi.fn()
  people.onLearned(told)
  people.personOf(ANN)
  await vi.waitFor(() => expect(records.asked).toHaveLength(1))
  await new Promise((resolve) => setImmediate(resolve))
  people.personOf(ANN)
  expect(records.asked).toHaveLength(1)
  expect(told).not.toHaveBeenCalled()
})

test('a published change counts at once for who is known, and costs nothing for who is not', async () => {
  const records = recordsOf({})
  const people = createKnownPeople({ ...records, log })
  people.personOf(TV)
  await vi.waitFor(() => expect(records.asked).toHaveLength(1))
  await new Promise((resolve) => setImmediate(resolve))
  const told = vi.fn()
  people.onLearned(told)
  people.changed([{ subject: BOB, person: ANN, denied: 0 }])
  expect(told).not.toHaveBeenCalled()
  people.changed([{ subject: TV, person: ANN, denied: 0 }])
  expect(people.personOf(TV)).toEqual({ person: ANN, isDenied: false })
  people.changed([{ subject: TV, person: ANN, denied: 16 }])
  expect(people.personOf(TV).isDenied).toBe(true)
  people.changed([{ subject: TV, person: ANN, denied: 32 }])
  expect(people.personOf(TV).isDenied).toBe(false)
  expect(told).toHaveBeenCalledTimes(3)
})

test('an answer that is older than a published change does not undo it', async () => {
  const answer = Promise.withResolvers<Map<Subject, Person>>()
  const people = createKnownPeople({ personsOf: () => answer.promise, log })
  people.personOf(TV)
  people.changed([{ subject: TV, person: ANN, denied: 0 }])
  answer.resolve(new Map([[TV, { person: TV, denied: 0 }]]))
  await new Promise((resolve) => setImmediate(resolve))
  expect(people.personOf(TV).person).toBe(ANN)
})

test('RECORDS that does not answer is asked again with the next count', async () => {
  let isDown = true
  const records = recordsOf({ [TV]: { person: ANN } })
  const people = createKnownPeople({
    log,
    async personsOf(subjects) {
      if (isDown) throw new Error('away')
      return records.personsOf(subjects)
    },
  })
  people.personOf(TV)
  await new Promise((resolve) => setImmediate(resolve))
  isDown = false
  await vi.waitFor(() => expect(people.personOf(TV).person).toBe(ANN))
})
