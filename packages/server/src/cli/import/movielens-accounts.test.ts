import { afterAll, beforeAll, expect } from 'vitest'
import { ADMIN, openAccountsRig, type AccountsRig } from '../../../test/accounts.ts'
import { withRealInput } from '../../../test/real-inputs.ts'
import { openImportWorld } from './import.fixture.ts'
import { importMovieLens } from './movielens.ts'

const { folder, it } = withRealInput('ml-100k')
const target = { service: 'cinema', app: 'cinema-web' }

let rig: AccountsRig

beforeAll(async () => {
  rig = await openAccountsRig()
  await rig.accounts.services.create(ADMIN, {
    id: target.service,
    name: 'Cinema',
    timeZone: 'America/Chicago',
    localCountry: 'US',
    language: 'en',
  })
  await rig.accounts.services.createApp(ADMIN, {
    id: target.app,
    service: target.service,
    name: 'Cinema web',
    platform: 'web',
  })
})
afterAll(() => rig?.close())

it('makes viewers of the users of MovieLens as they are described, once', async () => {
  const { deps, events } = openImportWorld({ importRows: async () => [] })
  const run = () => importMovieLens({ ...deps, accounts: rig.accounts }, { ...target, folder })
  expect(await run()).toMatchObject({ viewers: { created: 943, refused: 0 }, refused: 0, faults: [] })
  const count = async (what: string) => {
    const { rows } = await rig.records.pool.query<{ value: string; total: number }>(
      `SELECT ${what} AS value, count(*)::int AS total FROM viewer GROUP BY 1`,
    )
    return Object.fromEntries(rows.map(({ value, total }) => [value, total]))
  }
  expect(await count('gender')).toEqual({ male: 670, female: 273 })
  expect(await count('country')).toEqual({ US: 923, CA: 18, '': 2 })
  expect(await count('region')).toMatchObject({ 'US-CA': 118, 'US-MN': 78, 'CA-BC': 5, 'CA-ON': 7 })
  const { rows } = await rig.records.pool.query(
    `SELECT min(age_at_registration) AS youngest, max(age_at_registration) AS oldest, sum(age_at_registration)::int AS years,
       min(registered_at) AS first, count(DISTINCT vid)::int AS vids FROM viewer JOIN viewer_subject ON viewer_id = id`,
  )
  expect(rows[0]).toEqual({
    youngest: 7,
    oldest: 73,
    years: 32_111,
    first: new Date(874_724_710_000),
    vids: 943,
  })
  expect(await rig.rawRows()).not.toContain('technician')

  expect(await run()).toMatchObject({ viewers: { created: 0, unchanged: 943 } })
  expect(await count('gender')).toEqual({ male: 670, female: 273 })
  expect(events.size).toBe(100_000)
})
