import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openTestRecords, recordsBackends, type TestRecords } from '../../../test/records.ts'
import { manualClock } from '../clock.ts'
import { createVault, openFileKeyRing } from '../vault/index.ts'
import { createAttemptCounter, type AttemptCounter } from './attempt-counter.ts'
import { attemptTable } from './table.ts'
import { ACCOUNT_LIMIT, ADDRESS_LIMIT } from './limits.ts'

const table = attemptTable('operator_attempt')

describe.each(recordsBackends())('the counter of attempts (%s)', (backend) => {
  let records: TestRecords
  let folder: string
  let counters: AttemptCounter[]

  beforeAll(async () => {
    records = await openTestRecords({ backend })
    folder = mkdtempSync(join(tmpdir(), 'foyer-attempts-'))
    const clock = manualClock(Date.parse('2026-11-22T10:00:00Z'))
    // Two processes: each with a connection pool and a key ring of its own.
    counters = [records, records.openClient()].map(({ db }) =>
      createAttemptCounter({
        db,
        clock,
        table,
        vault: createVault({ ring: openFileKeyRing(join(folder, 'keys'), { clock }), clock }),
      }),
    )
  })
  afterAll(async () => {
    await records.close()
    rmSync(folder, { recursive: true })
  })

  /** How many of these, all wrong, were let through. */
  const allowed = async (attempts: readonly { email: string; address: string }[]) => {
    let tried = 0
    await Promise.allSettled(
      attempts.map((attempt, index) =>
        counters[index % counters.length]!.make(attempt, async () => {
          tried++
          throw new Error('a wrong password')
        }),
      ),
    )
    return tried
  }

  it('lets five of sixty through that two processes get at once for one account', async () => {
    const attempts = Array.from({ length: 60 }, (_, index) => ({
      email: index % 2 === 0 ? 'anna@example.org' : 'ANNA@example.org',
      address: `203.0.113.${index}`,
    }))
    expect(await allowed(attempts)).toBe(ACCOUNT_LIMIT.freeAttempts)
  })

  it('lets thirty of sixty through from one network', async () => {
    const attempts = Array.from({ length: 60 }, (_, index) => ({
      email: `${index}@example.org`,
      address: `2001:db8:7:7::${index.toString(16)}`,
    }))
    expect(await allowed(attempts)).toBe(ADDRESS_LIMIT.freeAttempts)
  })

  it('starts an account afresh when one attempt was right', async () => {
    const attempt = { email: 'ben@example.org', address: '198.51.100.9' }
    for (let round = 0; round < 3; round++) {
      expect(await allowed([attempt, attempt, attempt, attempt])).toBe(4)
      expect(await counters[0]!.make(attempt, async () => 'in')).toEqual({ isAllowed: true, value: 'in' })
    }
  })

  it('lets in all of fifty right attempts that come at once', async () => {
    const attempt = { email: 'carla@example.org', address: '198.51.100.10' }
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) => counters[0]!.make(attempt, async () => index)),
    )
    expect(results.filter(({ isAllowed }) => isAllowed)).toHaveLength(50)
  })

  it('refuses what came with five wrong ones once the last of them has ended', async () => {
    const attempt = { email: 'dora@example.org', address: '198.51.100.11' }
    const wrong = Promise.withResolvers<never>()
    wrong.promise.catch(() => undefined)
    let atWork = 0
    const five = Array.from({ length: 5 }, () =>
      counters[0]!.make(attempt, () => {
        atWork++
        return wrong.promise
      }),
    )
    await vi.waitFor(() => expect(atWork).toBe(5))
    const sixth = counters[0]!.make(attempt, async () => 'in')
    wrong.reject(new Error('a wrong password'))
    await Promise.allSettled(five)
    expect(await sixth).toEqual({ isAllowed: false, waitMs: ACCOUNT_LIMIT.waitMs })
  })
})
