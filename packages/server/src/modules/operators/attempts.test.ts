import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestRecords, recordsBackends, type TestRecords } from '../../../test/records.ts'
import { manualClock } from '../../platform/clock.ts'
import { createVault, openFileKeyRing } from '../../platform/vault/index.ts'
import { createAttemptCounter, type AttemptCounter } from './attempts.ts'
import { ACCOUNT_LIMIT, ADDRESS_LIMIT } from './sign-in-limits.ts'

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
        vault: createVault({ ring: openFileKeyRing(join(folder, 'keys'), { clock }), clock }),
      }),
    )
  })
  afterAll(async () => {
    await records.close()
    rmSync(folder, { recursive: true })
  })

  const allowed = async (attempts: readonly { email: string; address: string }[]) => {
    const verdicts = await Promise.all(
      attempts.map((attempt, index) => counters[index % counters.length]!.begin(attempt)),
    )
    return verdicts.filter(({ isAllowed }) => isAllowed).length
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
      await counters[0]!.succeed(attempt)
    }
  })
})
