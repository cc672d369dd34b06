import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RIGHTS } from '@foyer/contracts'
import { ACCOUNTS_START, ADMIN, openAccountsRig, type AccountsRig } from '../../../test/accounts.ts'
import { recordsBackends } from '../../../test/records.ts'
import type { Subject } from '../../platform/ids.ts'
import type { Identification } from './index.ts'

const DAY = 86_400_000
const AT = ACCOUNTS_START - 10 * DAY

describe.each(recordsBackends())('identify and import on %s records', (backend) => {
  let rig: AccountsRig

  beforeAll(async () => {
    rig = await openAccountsRig({ backend })
    const service = { id: 'cinema', name: 'Cinema', timeZone: 'UTC', localCountry: 'US', language: 'en' }
    await rig.accounts.services.create(ADMIN, service)
    await rig.accounts.services.createApp(ADMIN, {
      id: 'web',
      service: 'cinema',
      name: 'Web',
      platform: 'web',
    })
  })
  afterAll(() => rig?.close())
  beforeEach(async () => {
    await rig.records.pool.query(
      'TRUNCATE viewer, viewer_subject, external_id, identify_claim, vault_key CASCADE',
    )
  })

  const said = (own: Partial<Identification> = {}): Identification => ({
    service: 'cinema',
    app: 'web',
    externalId: `user ${next}`,
    device: '77' as Subject,
    traits: {},
    at: AT,
    isVerified: true,
    ...own,
  })
  let next = 0
  /** Subjects stay in memory where the tables were emptied: each test has its own ids. */
  beforeEach(() => void next++)

  const apply = (own: Partial<Identification> = {}) => rig.accounts.applyIdentify(said(own))
  const read = () =>
    rig.accounts.viewers.read({ ...ADMIN, rights: new Set(RIGHTS) }, { id: `external:user ${next}` })
  const rowCount = async (table: string) => (await rig.records.pool.query(`SELECT FROM ${table}`)).rowCount

  describe('a verified identify', () => {
    it('registers the viewer on the subject that events already have', async () => {
      const reserved = await rig.accounts.resolveExternalIds('cinema', [`user ${next}`])
      const result = await apply({
        traits: {
          email: 'Ana@Example.org',
          name: 'Ana Lima',
          birthday: '1990-05-01T00:00:00.000Z',
          gender: 'F',
          phone: '+1 (555) 123-4567',
          address: { city: 'Fresno', state: 'California', country: 'USA', street: 'Elm 1' },
          createdAt: '2020-01-02T03:04:05Z',
          username: 'analima',
          plan: 'gold',
        },
      })
      expect(result).toMatchObject({ outcome: 'created', vid: reserved.get(`user ${next}`), dropped: [] })
      expect(await read()).toMatchObject({
        email: 'Ana@Example.org',
        name: 'Ana Lima',
        birthDate: '1990-05-01',
        ageAtRegistration: 29,
        gender: 'female',
        country: 'US',
        region: 'US-CA',
        city: 'Fresno',
        registeredAt: '2020-01-02T03:04:05.000Z',
        traits: { username: 'analima', plan: 'gold', address: { street: 'Elm 1' } },
      })
    })

    it('again changes nothing', async () => {
      const traits = { email: 'ana@example.org', plan: { tier: 1 } }
      expect((await apply({ traits })).outcome).toBe('created')
      const before = await rig.rawRows()
      expect((await apply({ traits })).outcome).toBe('unchanged')
      expect(await rig.rawRows()).toBe(before)
    })

    it('that is late does not overwrite what was said later', async () => {
      await apply({ at: AT, traits: { name: 'New', plan: 'gold' } })
      await apply({ at: AT - 1, traits: { name: 'Old', firstName: 'Ana', plan: 'free', seat: 4 } })
      expect(await read()).toMatchObject({
        name: 'New',
        firstName: 'Ana',
        traits: { plan: 'gold', seat: 4 },
        registeredAt: new Date(AT - 1).toISOString(),
      })
    })

    it('with wrong values takes the right ones and says which it dropped', async () => {
      const result = await apply({
        traits: {
          name: 'Ana',
          email: 'nobody',
          birthday: '2300-01-01',
          gender: 'Klingon',
          age: 400,
          phone: 12,
          createdAt: '1900-01-01T00:00:00Z',
          address: { country: 'Narnia', state: 'California' },
          favourite: 'Alien',
        },
      })
      const dropped = 'dropped' in result ? result.dropped.map((each) => each.field).toSorted() : []
      expect(dropped).toEqual(
        [
          'address.country',
          'address.state',
          'age',
          'birthday',
          'createdAt',
          'email',
          'gender',
          'phone',
        ].toSorted(),
      )
      expect(JSON.stringify(result)).not.toMatch(/Klingon|Narnia|nobody/)
      const viewer = await read()
      expect(viewer).toMatchObject({
        name: 'Ana',
        traits: { favourite: 'Alien' },
        gender: 'unknown',
        country: null,
      })
      expect(viewer).not.toHaveProperty('birthDate')
    })

    it('with a region that is not understood makes the viewer without it, and says so', async () => {
      const address = { country: 'Spain', state: 'Catalonya', city: 'Girona' }
      const result = await apply({ traits: { name: 'Ana', address } })
      expect(result).toMatchObject({
        outcome: 'created',
        dropped: [{ field: 'address.state', message: expect.stringContaining('ES-CT (Catalunya)') }],
      })
      expect(await read()).toMatchObject({ name: 'Ana', country: 'ES', region: null, city: 'Girona' })
    })

    it('ends the same in whatever order it arrives', async () => {
      const messages = [
        { at: AT + 1, traits: { name: 'A', plan: 1, gender: 'male' } },
        { at: AT + 2, traits: { name: 'B', email: 'b@example.org' } },
        { at: AT + 3, traits: { email: null, plan: null, seat: 'x' } },
        { at: AT + 4, traits: { gender: 'female', city: 'Lyon' } },
      ]
      let round = 0
      const outcomes = new Set<string>()
      await fc.assert(
        fc.asyncProperty(
          fc.shuffledSubarray([...messages, ...messages], { minLength: 8 }),
          async (shuffled) => {
            const externalId = `order ${next} ${round++}`
            for (const message of shuffled) await apply({ ...message, externalId })
            const {
              id: _,
              createdAt: __,
              updatedAt: ___,
              externalIds: ____,
              ...rest
            } = await rig.accounts.viewers.read(ADMIN, { id: externalId })
            outcomes.add(JSON.stringify({ ...rest, traits: Object.entries(rest.traits ?? {}).toSorted() }))
          },
        ),
        { numRuns: 10 },
      )
      expect([...outcomes]).toHaveLength(1)
    })

    it('many times at once makes one viewer, whether events came before or not', async () => {
      const elsewhere = rig.openAccounts()
      for (const externalId of [`new ${next}`, `known ${next}`]) {
        if (externalId.startsWith('known')) await rig.accounts.resolveExternalIds('cinema', [externalId])
        const results = await Promise.all(
          Array.from({ length: 8 }, (_, n) =>
            (n % 2 ? rig.accounts : elsewhere).applyIdentify(
              said({ externalId, at: AT + n, traits: { [`trait${n}`]: n } }),
            ),
          ),
        )
        expect(results.map((each) => each.outcome).toSorted()).toEqual([
          'created',
          ...Array(7).fill('updated'),
        ])
        const { traits } = await rig.accounts.viewers.read(ADMIN, { id: externalId })
        expect(Object.keys(traits!)).toHaveLength(8)
      }
    })

    it('with a trait nested without end drops it and keeps the rest', async () => {
      const deep = JSON.parse(`${'['.repeat(16_000)}${']'.repeat(16_000)}`) as never
      expect(await apply({ traits: { deep, plan: 'gold' } })).toMatchObject({
        outcome: 'created',
        dropped: [{ field: 'traits.deep' }],
      })
      expect((await read()).traits).toEqual({ plan: 'gold' })
      expect((await apply({ traits: { deep }, isVerified: false })).outcome).toBe('refused')
    })

    it('of nobody is refused', async () => {
      for (const externalId of ['', 'x'.repeat(257), 'a\u0000b'])
        expect(await apply({ externalId })).toEqual({ outcome: 'refused', reason: 'not an id' })
      expect(await rowCount('external_id')).toBe(0)
    })

    it('of an unknown service is refused', async () => {
      expect(await apply({ service: 'none' })).toEqual({ outcome: 'refused', reason: 'no such service' })
    })

    it('cannot make odd trait names do odd things', async () => {
      const traits = JSON.parse('{"__proto__":{"isAdmin":true},"constructor":1,"toString":2}') as object
      await apply({ traits: traits as never })
      expect(Object.entries((await read()).traits!).toSorted()).toEqual(Object.entries(traits).toSorted())
      expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined()
    })
  })

  describe('an unverified identify', () => {
    it('touches no viewer and no subject, and is kept unreadable', async () => {
      await apply({ traits: { name: 'Ana' } })
      const before = await read()
      const claim = { isVerified: false, traits: { name: 'Mallory', email: 'm@example.org' } }
      expect(await apply(claim)).toEqual({ outcome: 'claimed' })
      expect(await apply({ ...claim, externalId: 'someone new' })).toEqual({ outcome: 'claimed' })
      expect(await read()).toEqual(before)
      expect(await rowCount('external_id')).toBe(1)
      expect(await rowCount('identify_claim')).toBe(2)
      expect(await rig.rawRows()).not.toMatch(/Mallory|m@example|someone new/)
    })

    it('again is one claim, and the newest of a device are kept', async () => {
      for (let n = 0; n < 25; n++) await apply({ isVerified: false, externalId: `c${n}`, at: AT + n })
      await apply({ isVerified: false, externalId: 'c24', at: AT + 24 })
      expect(await rowCount('identify_claim')).toBe(20)
      const { rows } = await rig.records.pool.query('SELECT min(claimed_at) AS oldest FROM identify_claim')
      expect((rows[0] as { oldest: Date }).oldest.getTime()).toBe(AT + 5)
    })

    it('without a device, or too large, is refused', async () => {
      expect((await apply({ isVerified: false, device: null })).outcome).toBe('refused')
      expect((await apply({ isVerified: false, traits: { essay: 'x'.repeat(40_000) } })).outcome).toBe(
        'refused',
      )
      expect(await rowCount('identify_claim')).toBe(0)
    })

    it('is forgotten after 30 days', async () => {
      await apply({ isVerified: false })
      const forget = rig.accounts.jobs.find((job) => job.name === 'accounts.forget_claims')!
      const { signal } = new AbortController()
      rig.clock.advance(30 * DAY - 1)
      await forget.run(signal)
      expect(await rowCount('identify_claim')).toBe(1)
      rig.clock.advance(2)
      await forget.run(signal)
      expect(await rowCount('identify_claim')).toBe(0)
    })
  })

  describe('subjects of external ids', () => {
    it('stay the same for ever, in every process, and differ between services', async () => {
      await rig.accounts.services.create(ADMIN, {
        id: 'sport',
        name: 'Sport',
        timeZone: 'UTC',
        localCountry: 'US',
        language: 'en',
      })
      const ids = Array.from({ length: 200 }, (_, n) => `s${next} ${n % 150}`)
      const elsewhere = rig.openAccounts()
      const [here, there] = await Promise.all([
        rig.accounts.resolveExternalIds('cinema', ids),
        elsewhere.resolveExternalIds('cinema', ids.toReversed()),
      ])
      expect(here.size).toBe(150)
      expect(new Map([...there].toSorted())).toEqual(new Map([...here].toSorted()))
      expect(new Set(here.values()).size).toBe(150)
      expect(await rig.accounts.resolveExternalIds('cinema', ids)).toEqual(here)
      const sport = await rig.accounts.resolveExternalIds('sport', ids)
      expect([...sport.values()].some((vid) => new Set(here.values()).has(vid))).toBe(false)
    })
  })

  it('keep an external id’s subject when the pepper is replaced, in whichever process it is first seen', async () => {
    const ids = (prefix: string) => Array.from({ length: 20 }, (_, n) => `${prefix} ${next} ${n}`)
    const before = await rig.accounts.resolveExternalIds('cinema', ids('old'))
    rig.ring.addPepper()
    const during = await rig.openAccounts().resolveExternalIds('cinema', [...ids('old'), ...ids('new')])
    for (const id of ids('old')) expect(during.get(id)).toBe(before.get(id))
    rig.clock.advance(3_600_000)
    const racing = await Promise.all(
      [rig.openAccounts(), rig.openAccounts()].map((each) =>
        each.resolveExternalIds('cinema', [...ids('new'), ...ids('later')]),
      ),
    )
    expect(racing[0]).toEqual(racing[1])
    for (const id of ids('new')) expect(racing[0]!.get(id)).toBe(during.get(id))
    // A process that has not read the new pepper yet, beside one that has.
    const behind = rig.openAccounts({
      vault: {
        ...rig.vault,
        lookups: (...of) => rig.vault.lookups(...of).filter((each) => each.startsWith('h1.')),
      },
    })
    const ahead = rig.openAccounts()
    for (let round = 0; round < 5; round++) {
      const [one, other] = await Promise.all([
        behind.resolveExternalIds('cinema', ids(`both ${round}`)),
        ahead.resolveExternalIds('cinema', ids(`both ${round}`)),
      ])
      expect(one).toEqual(other)
      expect(await rig.openAccounts().resolveExternalIds('cinema', ids(`both ${round}`))).toEqual(one)
    }

    await apply({ externalId: ids('later')[0]!, traits: { name: 'Ana' } })
    const viewer = await rig.accounts.viewers.read(ADMIN, { id: ids('later')[0]! })
    expect(viewer.externalIds).toEqual([{ service: 'cinema', externalId: ids('later')[0] }])
  })

  describe('an import', () => {
    const rows = Array.from({ length: 500 }, (_, n) => ({
      externalId: `ml ${n}`,
      registeredAt: Date.parse('1997-09-20T03:00:00Z') + n,
      gender: n % 3 ? 'M' : 'F',
      ageAtRegistration: 7 + (n % 60),
      country: 'US',
      region: 'CA',
      traits: { occupation: 'technician' },
    }))
    const batch = {
      service: 'cinema',
      source: 'import:movielens',
      purposes: ['service', 'analytics'],
    } as const

    it('creates all of a batch, and the same again changes nothing', async () => {
      const first = await rig.accounts.importViewers({ ...batch, viewers: rows })
      expect(first.every((row) => row.outcome === 'created' && row.dropped.length === 0)).toBe(true)
      const { rows: raw } = await rig.records.pool.query('SELECT version, updated_at FROM viewer ORDER BY id')
      const again = await rig.accounts.importViewers({ ...batch, viewers: rows })
      expect(again.every((row) => row.outcome === 'unchanged')).toBe(true)
      expect(
        (await rig.records.pool.query('SELECT version, updated_at FROM viewer ORDER BY id')).rows,
      ).toEqual(raw)
      expect(await rig.accounts.viewers.read(ADMIN, { id: 'ml 0' })).toMatchObject({
        registeredAt: '1997-09-20T03:00:00.000Z',
        gender: 'female',
        ageAtRegistration: 7,
        country: 'US',
        region: 'US-CA',
        traits: { occupation: 'technician' },
      })
    })

    it('refuses rows without an id, drops wrong values, and takes a repeated row once', async () => {
      const results = await rig.accounts.importViewers({
        ...batch,
        viewers: [
          { externalId: '' },
          { externalId: 'a\u0000b' },
          { externalId: 'good', gender: '?', region: 'AP', country: 'US', birthDate: 'yesterday' },
          { externalId: 'good', gender: 'F' },
        ],
      })
      expect(results.map((row) => row.outcome)).toEqual(['refused', 'refused', 'created', 'unchanged'])
      expect('dropped' in results[2]! && results[2].dropped.map((each) => each.field)).toEqual([
        'gender',
        'birthDate',
        'region',
      ])
      expect(await rowCount('viewer')).toBe(1)
    })

    it('of newer rows changes what is older, and of older rows does not', async () => {
      const row = { externalId: 'u', registeredAt: AT - DAY, gender: 'F', city: 'Old' }
      await rig.accounts.importViewers({ ...batch, viewers: [{ ...row, updatedAt: AT }] })
      const import1 = (own: object) => rig.accounts.importViewers({ ...batch, viewers: [{ ...row, ...own }] })
      expect((await import1({ city: 'New', updatedAt: AT + 1 }))[0]).toMatchObject({ outcome: 'updated' })
      expect((await import1({ city: 'Older', updatedAt: AT - 1 }))[0]).toMatchObject({ outcome: 'unchanged' })
      expect((await import1({ city: 'Undated' }))[0]).toMatchObject({ outcome: 'unchanged' })
      expect((await rig.accounts.viewers.read(ADMIN, { id: 'u' })).city).toBe('New')
    })

    it('in which a viewer stands several times takes the newest statement, as if it came by itself', async () => {
      const row = { externalId: 'u', gender: 'F' }
      const viewers = [
        { ...row, city: 'Old', updatedAt: AT },
        { ...row, city: 'New', updatedAt: AT + 2 },
        { ...row, city: 'Older', updatedAt: AT + 1 },
        { ...row, city: 'Undated' },
      ]
      const results = await rig.accounts.importViewers({ ...batch, viewers })
      expect(results.map(({ outcome }) => outcome)).toEqual(['created', 'updated', 'unchanged', 'unchanged'])
      expect((await rig.accounts.viewers.read(ADMIN, { id: 'u' })).city).toBe('New')
      expect(await rowCount('viewer')).toBe(1)
    })

    it('beside another of the same rows in another order makes each viewer once', async () => {
      const some = rows.slice(0, 120)
      const elsewhere = rig.openAccounts()
      const [here, there] = await Promise.all([
        rig.accounts.importViewers({ ...batch, viewers: some }),
        elsewhere.importViewers({ ...batch, viewers: some.toReversed() }),
      ])
      expect(await rowCount('viewer')).toBe(120)
      const created = [...here, ...there].filter((row) => row.outcome === 'created')
      expect(created).toHaveLength(120)
    })

    it('into no service, or of too many at once, adds nothing', async () => {
      await expect(
        rig.accounts.importViewers({ ...batch, service: 'none', viewers: rows }),
      ).rejects.toMatchObject({
        code: 'service.not_found',
      })
      await expect(rig.accounts.importViewers({ ...batch, viewers: [...rows, rows[0]!] })).rejects.toThrow(
        RangeError,
      )
      expect(await rowCount('viewer')).toBe(0)
    })
  })
})
