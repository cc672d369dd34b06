import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ADMIN, openAccountsRig, type AccountsRig } from '../../../test/accounts.ts'
import { openTestEvents, type TestEvents } from '../../../test/events.ts'

describe('the projection of viewers to EVENTS', () => {
  let store: TestEvents
  let rig: AccountsRig

  beforeAll(async () => {
    store = await openTestEvents()
    rig = await openAccountsRig({ events: store.events })
    await rig.accounts.services.create(ADMIN, {
      id: 'cinema',
      name: 'Cinema',
      timeZone: 'UTC',
      localCountry: 'US',
      language: 'en',
    })
  })
  afterAll(async () => {
    await rig?.close()
    await store?.close()
  })

  const register = (externalId: string, more: object = {}) =>
    rig.accounts.viewers.create(ADMIN, { service: 'cinema', externalId, ...more })

  /** What a report would count. */
  async function published() {
    return store.events.query(
      `SELECT toString(vid) AS vid, gender, age_at_registration AS age, country, region, city, consent_mask AS mask,
         toUnixTimestamp64Milli(registered_at) AS registered FROM viewer FINAL ORDER BY city`,
      {
        row: z.object({
          vid: z.string(),
          gender: z.string(),
          age: z.number().nullable(),
          country: z.string(),
          region: z.string(),
          city: z.string(),
          mask: z.coerce.number(),
          registered: z.coerce.number(),
        }),
      },
    )
  }

  it('follows every change, and has nothing to do after it', async () => {
    const made = await register('u1', {
      registeredAt: '2026-01-01T23:59:59.999Z',
      gender: 'female',
      birthDate: '2000-01-01',
      country: 'US',
      region: 'NY',
      city: 'A',
    })
    await register('u2', { city: 'B' })
    expect(await rig.accounts.publishViewers()).toBe(2)
    const { vid } = (await rig.accounts.findViewer({ id: made.viewer.id }))!
    expect(await published()).toMatchObject([
      {
        vid,
        gender: 'female',
        age: 26,
        country: 'US',
        region: 'US-NY',
        mask: 7,
        registered: Date.parse('2026-01-01T23:59:59.999Z'),
      },
      { gender: '', age: null, country: '' },
    ])
    expect(await rig.accounts.publishViewers()).toBe(0)

    await rig.accounts.viewers.change(ADMIN, { id: made.viewer.id }, { gender: 'male' })
    await rig.accounts.viewers.change(ADMIN, { id: made.viewer.id }, { region: null })
    expect(await rig.accounts.publishViewers()).toBe(1)
    expect((await published())[0]).toMatchObject({ gender: 'male', region: '' })
  })

  it('does not stir for what EVENTS cannot see', async () => {
    await rig.accounts.publishViewers()
    await rig.accounts.viewers.change(ADMIN, { id: 'u1' }, { name: 'Ana', traits: { a: 1 } })
    expect(await rig.accounts.publishViewers()).toBe(0)
  })

  it('catches up after a crash between insert and mark, without a second row', async () => {
    const before = (await published()).length
    const { viewer } = await register('crash', { city: 'C' })
    let inserts = 0
    const dying = rig.openAccounts({
      events: {
        ...store.events,
        insert: async (...rows) => {
          inserts++
          await store.events.insert(...rows)
          throw new Error('killed')
        },
      },
    })
    await expect(dying.publishViewers()).rejects.toThrow('killed')
    expect(inserts).toBe(1)
    await rig.accounts.viewers.change(ADMIN, { id: viewer.id }, { gender: 'other' })
    expect(await rig.accounts.publishViewers()).toBe(1)
    expect(await rig.accounts.publishViewers()).toBe(0)
    expect(await published()).toHaveLength(before + 1)
    expect((await published()).filter((row) => row.gender === 'other')).toHaveLength(1)
  })

  it('publishes what changed while EVENTS was writing the version before', async () => {
    const { viewer } = await register('meanwhile', { city: 'M1' })
    const slow = rig.openAccounts({
      events: {
        ...store.events,
        insert: async (...rows) => {
          await store.events.insert(...rows)
          await rig.accounts.viewers.change(ADMIN, { id: viewer.id }, { city: 'M2' })
        },
      },
    })
    expect(await slow.publishViewers()).toBe(1)
    expect(await rig.accounts.publishViewers()).toBe(1)
    expect((await published()).filter((row) => row.city.startsWith('M'))).toMatchObject([{ city: 'M2' }])
  })

  it('by two workers at once, while viewers change, loses nothing', async () => {
    const other = rig.openAccounts()
    const { viewer } = await register('busy', { city: 'D0' })
    for (let round = 1; round <= 10; round++) {
      await Promise.all([
        rig.accounts.publishViewers(),
        other.publishViewers(),
        rig.accounts.viewers.change(ADMIN, { id: viewer.id }, { city: `D${round}` }),
      ])
    }
    await rig.accounts.publishViewers()
    expect((await published()).filter((row) => row.city.startsWith('D'))).toMatchObject([{ city: 'D10' }])
  })

  it('a version is above those that EVENTS holds, also after RECORDS came back from a backup', async () => {
    const { viewer } = await register('restored', { city: 'E' })
    rig.clock.advance(1_000)
    await rig.accounts.viewers.change(ADMIN, { id: viewer.id }, { city: 'E2' })
    await rig.accounts.publishViewers()
    // The backup is from before the last change.
    await rig.records.pool.query(
      'UPDATE viewer SET version = version - 1000, published_version = version - 1000 WHERE id = $1',
      [viewer.id],
    )
    rig.clock.advance(1_000)
    await rig.accounts.viewers.change(ADMIN, { id: viewer.id }, { city: 'E3' })
    await rig.accounts.publishViewers()
    expect((await published()).filter((row) => row.city.startsWith('E'))).toMatchObject([{ city: 'E3' }])
  })
})
