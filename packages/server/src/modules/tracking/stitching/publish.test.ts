import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openTestEvents, type TestEmbeddedEvents } from '../../../../test/events.ts'
import { openTestRecords, type TestRecords } from '../../../../test/records.ts'
import { manualClock } from '../../../platform/clock.ts'
import { Problem } from '../../../platform/errors.ts'
import type { Subject } from '../../../platform/ids.ts'
import type { Events } from '../../../storage/index.ts'
import { createPeople, type People } from './people.ts'
import { createPublisher } from './publish.ts'

const NOW = Date.UTC(2026, 10, 24, 9)
const TV = '7' as Subject
const ANALYTICS = 16

let records: TestRecords
let store: TestEmbeddedEvents
let people: People
const clock = manualClock(NOW)
/** Each test has subjects of its own. */
let next = 1_000

beforeAll(async () => {
  ;[records, store] = await Promise.all([openTestRecords(), openTestEvents()])
  people = createPeople({ db: records.db, clock })
})
afterAll(async () => {
  await records?.close()
  await store?.close()
})

function subjects(count: number): Subject[] {
  return Array.from({ length: count }, () => String(next++) as Subject)
}

const publisherOver = (events: Events) => createPublisher({ db: records.db, events })

/** What a report sees of each subject: whose it is, and whether analytics may count it. */
async function seen(...all: Subject[]): Promise<{ person: string; isVisible: number }[]> {
  return store.events.query(
    `SELECT toString(foyer_person(subject)) AS person, foyer_visible(subject, toUInt32(31), ${ANALYTICS}) AS isVisible
     FROM (SELECT arrayJoin({all:Array(UInt64)}) AS subject)`,
    { params: { all }, row: z.object({ person: z.string(), isVisible: z.number() }) },
  )
}

const persons = async (...all: Subject[]) => (await seen(...all)).map(({ person }) => person)

async function linked(anonymous: Subject, vid: Subject): Promise<void> {
  await people.link([{ anonymous, vid, device: TV, at: NOW }])
}

describe('reports', () => {
  let publisher: ReturnType<typeof publisherOver>
  beforeEach(() => {
    publisher = publisherOver(store.events)
  })

  test('see each act and its taking back once it is published', async () => {
    const [ann, bob, tv] = subjects(3) as [Subject, Subject, Subject]
    await linked(tv, ann)
    expect(await persons(tv)).toEqual([tv])
    expect(await people.isPublished(ann)).toBe(false)
    expect(await publisher.publish()).toBe(true)
    expect(await people.isPublished(ann)).toBe(true)
    expect(await persons(tv, ann, bob)).toEqual([ann, ann, bob])

    await people.merge({ vid: ann, into: bob })
    await publisher.publish()
    expect(await persons(tv, ann, bob)).toEqual([bob, bob, bob])

    await people.unlink({ vid: bob, device: TV })
    expect(await people.isPublished(bob)).toBe(false)
    await publisher.publish()
    expect(await persons(tv, ann, bob)).toEqual([tv, bob, bob])

    await people.relink({ vid: ann, device: TV })
    await people.unmerge(ann)
    await publisher.publish()
    expect(await persons(tv, ann, bob)).toEqual([ann, ann, bob])
  })

  test('see nothing of who denied it, for that purpose, until it is lifted', async () => {
    const [ann, tv] = subjects(2) as [Subject, Subject]
    await linked(tv, ann)
    await people.deny(ann, ANALYTICS)
    await publisher.publish()
    expect(await seen(ann, tv)).toEqual([
      { person: ann, isVisible: 0 },
      { person: ann, isVisible: 0 },
    ])
    const [row] = await store.events.query(
      `SELECT foyer_visible(toUInt64({ann:UInt64}), toUInt32(31), 1) AS service,
         foyer_visible(toUInt64({ann:UInt64}), toUInt32(31), 0) AS none`,
      { params: { ann }, row: z.object({ service: z.number(), none: z.number() }) },
    )
    expect(row).toEqual({ service: 1, none: 0 })

    await people.deny(ann, 0)
    await publisher.publish()
    expect(await seen(tv)).toEqual([{ person: ann, isVisible: 1 }])
  })

  test('see it after a restart of the engine and of the publisher', async () => {
    const [ann, tv] = subjects(2) as [Subject, Subject]
    await linked(tv, ann)
    await publisher.publish()
    await store.process().kill()
    await store.restart()
    expect(await persons(tv)).toEqual([ann])
    await people.unlink({ vid: ann, device: TV })
    await publisherOver(store.events).publish()
    expect(await persons(tv)).toEqual([tv])
  })

  test('see it when the publisher was ended between any two of its steps', async () => {
    const STEPS = 5
    for (let step = 0; step <= STEPS; step++) {
      const [ann, tv] = subjects(2) as [Subject, Subject]
      await linked(tv, ann)
      let left = step
      const ending: Events = {
        ...store.events,
        async insert(table, rows) {
          if (left-- <= 0) throw new Problem('store.unavailable')
          return store.events.insert(table, rows)
        },
        async command(sql) {
          if (left-- <= 0) throw new Problem('store.unavailable')
          return store.events.command(sql)
        },
      }
      const outcome = await publisherOver(ending)
        .publish()
        .catch((error: Problem) => error.code)
      expect(outcome).toBe(step < 4 ? 'store.unavailable' : true)
      await publisherOver(store.events).publish()
      expect(await persons(tv)).toEqual([ann])
    }
  })

  test('see a change of which it was not known whether it came through', async () => {
    const [ann, tv] = subjects(2) as [Subject, Subject]
    let failures = 3
    const lossy: Events = {
      ...store.events,
      async command(sql) {
        await store.events.command(sql)
        if (sql.startsWith('CREATE') && failures-- > 0) throw new Problem('store.unavailable')
      },
    }
    const own = publisherOver(lossy)
    await linked(tv, ann)
    for (let turn = 0; turn < 3; turn++) await expect(own.publish()).rejects.toThrow(Problem)
    expect(await own.publish()).toBe(true)
    expect(await persons(tv)).toEqual([ann])
  })
})

describe('a report that runs while who is who changes', () => {
  /** Many blocks, each of which looks the subject up: about a second. */
  const longReport = (tv: Subject) =>
    store.events.query(
      `SELECT uniqExact(person) AS persons, any(person) AS one, sum(slept) AS slept FROM (
         SELECT foyer_person(toUInt64({tv:UInt64}) + number * 0) AS person, sleepEachRow(0.0005) AS slept
         FROM numbers(2000))
       SETTINGS max_block_size = 50, max_threads = 1`,
      { params: { tv }, row: z.object({ persons: z.coerce.number(), one: z.string() }) },
    )

  async function whileItRuns<T>(report: Promise<T>, act: () => Promise<unknown>): Promise<T> {
    let isRunning = true
    const done = report.finally(() => (isRunning = false))
    await untilRunning(1)
    while (isRunning) await act()
    return done
  }

  test('sees one state from beginning to end, however often it changes meanwhile', async () => {
    const publisher = publisherOver(store.events)
    const [ann, bob, tv] = subjects(3) as [Subject, Subject, Subject]
    await linked(tv, ann)
    await publisher.publish()
    let published = 0
    const answer = await whileItRuns(longReport(tv), async () => {
      await people.merge({ vid: ann, into: bob })
      if (await publisher.publish()) published++
      await people.unmerge(ann)
      if (await publisher.publish()) published++
    })
    expect(answer).toEqual([{ persons: 1, one: ann }])
    expect(published).toBeGreaterThanOrEqual(2)
  })

  test('would see a mixture if the slot that it reads were loaded anew', async () => {
    const publisher = publisherOver(store.events)
    const [ann, bob, tv] = subjects(3) as [Subject, Subject, Subject]
    await linked(tv, ann)
    await publisher.publish()
    const [row] = await store.events.query('SELECT foyer_slot() AS slot', {
      row: z.object({ slot: z.number() }),
    })
    let version = NOW * 2
    const [answer] = await whileItRuns(longReport(tv), async () => {
      version++
      const person = version % 2 ? bob : ann
      await store.events.insert('person_of', {
        ndjson: JSON.stringify({ subject: tv, person, denied: 0, is_deleted: 0, version: String(version) }),
        token: `mixed ${version}`,
      })
      await store.events.command(`SYSTEM RELOAD DICTIONARY person_${row!.slot}`)
    })
    expect(answer!.persons).toBe(2)
  })

  test('holds no change back', async () => {
    const publisher = publisherOver(store.events)
    const [ann, bob, tv] = subjects(3) as [Subject, Subject, Subject]
    await linked(tv, ann)
    await publisher.publish()
    const stop = new AbortController()
    const long = store.events
      .query('SELECT sum(sleepEachRow(0.01)) AS slept FROM numbers(3000) SETTINGS max_block_size = 10', {
        row: z.object({ slept: z.coerce.number() }),
        signal: stop.signal,
      })
      .catch(() => undefined)
    await untilRunning(1)
    await people.merge({ vid: ann, into: bob })
    expect(await publisher.publish()).toBe(true)
    expect(await persons(tv)).toEqual([bob])
    stop.abort()
    await long
    await untilRunning(0)
  })

  test('holds changes back only while every slot may be read, and they are not lost', async () => {
    const [ann, tv] = subjects(2) as [Subject, Subject]
    await linked(tv, ann)
    // As if something ran that began before this publisher knew the slots.
    let isBusy = true
    const busy: Events = {
      ...store.events,
      async query(sql, options) {
        if (!isBusy || !sql.includes('system.processes')) return store.events.query(sql, options)
        return [options.row.parse({ now: String(NOW), since: [String(NOW - 60_000)] })]
      },
    }
    const publisher = publisherOver(busy)
    expect(await publisher.publish()).toBe(false)
    expect(await persons(tv)).toEqual([tv])
    isBusy = false
    expect(await publisher.publish()).toBe(true)
    expect(await persons(tv)).toEqual([ann])
  })
})

async function untilRunning(count: number): Promise<void> {
  for (;;) {
    const [row] = await store.events.query(
      'SELECT count() AS running FROM system.processes WHERE query_id != queryID()',
      { row: z.object({ running: z.coerce.number() }) },
    )
    if (row!.running === count) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
