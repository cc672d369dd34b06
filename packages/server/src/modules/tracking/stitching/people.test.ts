import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestRecords, recordsBackends, type TestRecords } from '../../../../test/records.ts'
import { manualClock } from '../../../platform/clock.ts'
import type { Subject } from '../../../platform/ids.ts'
import { createPeople, type People } from './people.ts'

const NOW = Date.UTC(2026, 10, 24, 9)
const [ANN, BOB, CAT, DAN] = ['101', '102', '103', '104'] as Subject[] as [Subject, Subject, Subject, Subject]
const TV = '7' as Subject
const PHONE = '8' as Subject

const anonymous = (n: number) => String(1_000 + n) as Subject

describe.each(recordsBackends())('people on %s', (backend) => {
  let records: TestRecords
  let people: People
  const clock = manualClock(NOW)

  beforeAll(async () => {
    records = await openTestRecords({ backend })
    people = createPeople({ db: records.db, clock })
  })
  beforeEach(async () => {
    await records.pool.query('TRUNCATE subject_link, subject_merge, subject_denial, subject_person')
  })
  afterAll(() => records?.close())

  const link = (n: number, vid: Subject, device = TV) =>
    people.link([{ anonymous: anonymous(n), vid, device, at: NOW + n }])

  /** Who everybody is, as `subject=person` and `!mask` where something is denied. */
  async function whoIsWho(...subjects: Subject[]): Promise<string[]> {
    const persons = await people.personsOf(subjects)
    return [...persons].map(
      ([subject, { person, denied }]) => `${subject}=${person}${denied === 0 ? '' : `!${denied}`}`,
    )
  }

  async function versions(): Promise<Map<string, number>> {
    const { rows } = await records.pool.query<{ subject: string; version: string }>(
      'SELECT subject, version FROM subject_person',
    )
    return new Map(rows.map(({ subject, version }) => [subject, Number(version)]))
  }

  test('an unknown subject is its own person', async () => {
    expect(await whoIsWho(ANN, anonymous(1))).toEqual([`${ANN}=${ANN}`, `${anonymous(1)}=${anonymous(1)}`])
    expect(await people.subjectsOf(ANN)).toEqual([ANN])
  })

  test('a link makes an anonymous subject its viewer’s; the first one stays', async () => {
    await link(1, ANN)
    await link(1, BOB)
    await link(1, ANN)
    expect(await whoIsWho(anonymous(1))).toEqual([`${anonymous(1)}=${ANN}`])
    expect(await people.subjectsOf(anonymous(1))).toEqual([ANN, anonymous(1)])
    expect(await people.subjectsOf(BOB)).toEqual([BOB])
  })

  test('of a batch in which one subject is linked twice the first counts', async () => {
    await people.link([
      { anonymous: anonymous(1), vid: BOB, device: TV, at: NOW },
      { anonymous: anonymous(2), vid: ANN, device: TV, at: NOW },
    ])
    expect(await whoIsWho(anonymous(1), anonymous(2))).toEqual([
      `${anonymous(1)}=${BOB}`,
      `${anonymous(2)}=${ANN}`,
    ])
  })

  test('what says nothing new changes no version, so that nothing is published again', async () => {
    await link(1, ANN)
    await people.merge({ vid: BOB, into: ANN })
    const before = await versions()
    await link(1, ANN)
    expect(await people.merge({ vid: BOB, into: ANN })).toEqual({ outcome: 'same_person' })
    await people.deny(CAT, 0)
    expect(await people.unmerge(CAT)).toBe(false)
    expect(await people.unlink({ vid: ANN, device: PHONE })).toBe(0)
    expect(await versions()).toEqual(before)
  })

  test('versions grow also when the clock stands still or goes back', async () => {
    await link(1, ANN)
    const first = (await versions()).get(anonymous(1))!
    await people.unlink({ vid: ANN, device: TV })
    const second = (await versions()).get(anonymous(1))!
    await people.relink({ vid: ANN, device: TV })
    expect(second).toBeGreaterThan(first)
    expect((await versions()).get(anonymous(1))!).toBeGreaterThan(second)
  })

  test('a device that is unlinked is nobody’s, for all that happened on it, until it is linked again', async () => {
    await link(1, ANN)
    await link(2, ANN)
    await link(3, ANN, PHONE)
    expect(await people.unlink({ vid: ANN, device: TV })).toBe(2)
    expect(await whoIsWho(anonymous(1), anonymous(2), anonymous(3))).toEqual([
      `${anonymous(1)}=${anonymous(1)}`,
      `${anonymous(2)}=${anonymous(2)}`,
      `${anonymous(3)}=${ANN}`,
    ])
    await link(1, ANN)
    expect(await people.subjectsOf(ANN)).toEqual([ANN, anonymous(3)])
    expect(await people.linkedDevices(ANN)).toEqual([
      { device: PHONE, isLinked: true, firstLinkedAt: NOW + 3, lastLinkedAt: NOW + 3 },
      { device: TV, isLinked: false, firstLinkedAt: NOW + 1, lastLinkedAt: NOW + 2 },
    ])
    expect(await people.relink({ vid: ANN, device: TV })).toBe(2)
    expect(new Set(await people.subjectsOf(ANN))).toEqual(
      new Set([ANN, anonymous(1), anonymous(2), anonymous(3)]),
    )
  })

  test('a merge takes everybody along, and its taking back gives everybody back', async () => {
    await link(1, ANN)
    await link(2, BOB)
    await link(3, CAT)
    expect(await people.merge({ vid: CAT, into: BOB })).toEqual({ outcome: 'merged' })
    expect(await people.merge({ vid: BOB, into: ANN })).toEqual({ outcome: 'merged' })
    const all = [ANN, BOB, CAT, anonymous(1), anonymous(2), anonymous(3)]
    expect(await whoIsWho(...all)).toEqual(all.map((subject) => `${subject}=${ANN}`))
    expect((await people.subjectsOf(anonymous(3)))[0]).toBe(ANN)

    await link(4, CAT)
    expect(await whoIsWho(anonymous(4))).toEqual([`${anonymous(4)}=${ANN}`])

    expect(await people.unmerge(BOB)).toBe(true)
    expect(await whoIsWho(...all, anonymous(4))).toEqual([
      `${ANN}=${ANN}`,
      `${BOB}=${BOB}`,
      `${CAT}=${BOB}`,
      `${anonymous(1)}=${ANN}`,
      `${anonymous(2)}=${BOB}`,
      `${anonymous(3)}=${BOB}`,
      `${anonymous(4)}=${BOB}`,
    ])
    expect(await people.unmerge(CAT)).toBe(true)
    expect(await whoIsWho(CAT, anonymous(3), anonymous(4))).toEqual([
      `${CAT}=${CAT}`,
      `${anonymous(3)}=${CAT}`,
      `${anonymous(4)}=${CAT}`,
    ])
  })

  test('a merge in a circle, or of who is merged already, is refused', async () => {
    await people.merge({ vid: BOB, into: ANN })
    await people.merge({ vid: CAT, into: BOB })
    expect(await people.merge({ vid: ANN, into: CAT })).toEqual({ outcome: 'same_person' })
    expect(await people.merge({ vid: ANN, into: ANN })).toEqual({ outcome: 'same_person' })
    expect(await people.merge({ vid: CAT, into: DAN })).toEqual({ outcome: 'already_merged', into: BOB })
  })

  test('what is denied to one is denied to the whole person, also to who is linked later, and lifted by itself', async () => {
    await link(1, ANN)
    await people.deny(BOB, 0b10000)
    expect(await whoIsWho(BOB)).toEqual([`${BOB}=${BOB}!16`])
    await people.merge({ vid: BOB, into: ANN })
    await people.deny(ANN, 0b100000)
    await link(2, BOB)
    const all = [ANN, BOB, anonymous(1), anonymous(2)]
    expect(await whoIsWho(...all)).toEqual(all.map((subject) => `${subject}=${ANN}!48`))
    await people.unmerge(BOB)
    expect(await whoIsWho(...all)).toEqual([
      `${ANN}=${ANN}!32`,
      `${BOB}=${BOB}!16`,
      `${anonymous(1)}=${ANN}!32`,
      `${anonymous(2)}=${BOB}!16`,
    ])
    await people.deny(ANN, 0)
    await people.deny(BOB, 0)
    expect(await whoIsWho(...all)).toEqual([
      `${ANN}=${ANN}`,
      `${BOB}=${BOB}`,
      `${anonymous(1)}=${ANN}`,
      `${anonymous(2)}=${BOB}`,
    ])
  })

  test('all 32 bits of a mask fit', async () => {
    await people.deny(ANN, 0xffff_ffff)
    expect(await whoIsWho(ANN)).toEqual([`${ANN}=${ANN}!4294967295`])
  })

  test('an act in a transaction that rolls back leaves nothing', async () => {
    await expect(
      records.db.transaction(async (tx) => {
        await people.merge({ vid: BOB, into: ANN }, tx)
        throw new Error('changed my mind')
      }),
    ).rejects.toThrow('changed my mind')
    expect(await whoIsWho(BOB)).toEqual([`${BOB}=${BOB}`])
  })

  test('links and merges at the same time come to the same as one after the other', async () => {
    await Promise.all([
      ...Array.from({ length: 20 }, (_, n) => link(n, n % 2 ? BOB : CAT)),
      people.merge({ vid: BOB, into: ANN }),
      people.merge({ vid: CAT, into: BOB }),
    ])
    const all = [ANN, BOB, CAT, ...Array.from({ length: 20 }, (_, n) => anonymous(n))]
    expect(await whoIsWho(...all)).toEqual(all.map((subject) => `${subject}=${ANN}`))
  })
})
