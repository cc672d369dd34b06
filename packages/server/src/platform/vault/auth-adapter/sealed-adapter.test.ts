import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openTestRecords, recordsBackends, type TestRecords } from '../../../../test/records.ts'
import { systemClock } from '../../clock.ts'
import type { Database } from '../../data-map.ts'
import { StartupError } from '../../errors.ts'
import { PEPPER_NOTICE_MS } from '../key-ring.ts'
import { createVault, openFileKeyRing, type Vault } from '../index.ts'
import { findMarkers, type Marker } from '../../../../test/markers.ts'
import { createAuthTables, createTestAuth, testPolicy, type TestAuth } from '../../../../test/sealed-auth.ts'

describe.each(recordsBackends())('the sealed adapter (%s)', (backend) => {
  let records: TestRecords
  let db: Database
  let folder: string
  let vault: Vault
  let test: TestAuth

  beforeAll(async () => {
    records = await openTestRecords({ backend })
    db = records.db
    await createAuthTables(db)
  })
  afterAll(() => records.close())
  beforeEach(async () => {
    await db.execute(
      sql`truncate vault_key, vault_claim, test_user, test_session, test_account, test_verification`,
    )
    folder = mkdtempSync(join(tmpdir(), 'foyer-vault-'))
    vault = createVault({ ring: openFileKeyRing(join(folder, 'keys'), { clock: systemClock }) })
    test = await createTestAuth({ db, vault })
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const anna = { name: 'Anna Aalto', email: 'anna@example.org', password: 'correct horse 1' }
  const ben = { name: 'Ben Bauer', email: 'ben@example.org', password: 'correct horse 2' }

  describe('better-auth over sealed tables', () => {
    it('signs up, signs in, checks the session, signs out', async () => {
      const { auth } = test
      await auth.api.signUpEmail({ body: anna })
      const { headers } = await auth.api.signInEmail({
        body: { ...anna, email: 'Anna@Example.org' },
        returnHeaders: true,
      })
      const cookie = { cookie: headers.get('set-cookie')!.split(';')[0]! }
      const session = await auth.api.getSession({ headers: new Headers(cookie) })
      expect(session?.user).toMatchObject({ name: anna.name, email: anna.email })
      await auth.api.signOut({ headers: new Headers(cookie) })
      expect(await auth.api.getSession({ headers: new Headers(cookie) })).toBeNull()
    })

    it('refuses a wrong password and an unknown address', async () => {
      await test.auth.api.signUpEmail({ body: anna })
      for (const body of [{ ...anna, password: 'wrong horse 1' }, ben]) {
        await expect(test.auth.api.signInEmail({ body })).rejects.toMatchObject({ status: 'UNAUTHORIZED' })
      }
    })

    it('verifies an address and resets a password by the letters that it sends', async () => {
      const { auth, letters } = test
      await auth.api.signUpEmail({ body: anna })
      await auth.api.sendVerificationEmail({ body: { email: anna.email } })
      await auth.api.verifyEmail({ query: { token: letters.verification! } })
      await auth.api.requestPasswordReset({ body: { email: anna.email, redirectTo: '/' } })
      await auth.api.resetPassword({ body: { token: letters.reset!, newPassword: 'another horse 1' } })
      await expect(
        auth.api.resetPassword({ body: { token: letters.reset!, newPassword: 'third horse 1' } }),
      ).rejects.toThrow()
      const { user } = await auth.api.signInEmail({ body: { ...anna, password: 'another horse 1' } })
      expect(user.emailVerified).toBe(true)
    })

    it('updates a person, who is then found by the new address only', async () => {
      const { auth, adapter } = test
      const { user } = await auth.api.signUpEmail({ body: anna })
      const { internalAdapter } = await auth.$context
      await internalAdapter.updateUser(user.id, { name: 'Anna Berg', email: 'berg@example.org' })
      expect(await internalAdapter.findUserByEmail(anna.email)).toBeNull()
      const found = await internalAdapter.findUserByEmail('berg@example.org')
      expect(found?.user).toMatchObject({ id: user.id, name: 'Anna Berg', email: 'berg@example.org' })
      expect(
        await adapter.update({ model: 'user', where: [{ field: 'id', value: 'nobody' }], update: ben }),
      ).toBeNull()
    })

    it('deletes a person with key, claims, sessions and accounts', async () => {
      const { auth } = test
      const { user } = await auth.api.signUpEmail({ body: anna })
      await auth.api.signUpEmail({ body: ben })
      await (await auth.$context).internalAdapter.deleteUser(user.id)
      const left = await db.execute<{ n: number }>(sql`
      select (select count(*) from test_user) + (select count(*) from test_account)
           + (select count(*) from test_session) + (select count(*) from vault_key) as n`)
      expect(Number(left.rows[0]!.n)).toBe(4)
      await auth.api.signUpEmail({ body: anna })
    })

    it('shows a shredded person as erased, and their sessions no longer open', async () => {
      const { auth, adapter } = test
      const { user, token } = await auth.api.signUpEmail({ body: anna })
      await vault.destroyKey(db, user.id)
      const erased = await adapter.findOne<{ name: string; email: string }>({
        model: 'user',
        where: [{ field: 'id', value: user.id }],
      })
      expect(erased).toMatchObject({ name: '', email: `${user.id}@erased.invalid` })
      await expect(auth.api.signInEmail({ body: anna })).rejects.toMatchObject({ status: 'UNAUTHORIZED' })
      expect(token).toBeTruthy()
    })
  })

  describe('searching and sorting over sealed columns', () => {
    const names = ['Carla', 'anna', 'Ben', 'Berta']
    const list = async (input: object) =>
      (await test.adapter.findMany<{ name: string }>({ model: 'user', ...input })).map(({ name }) => name)

    beforeEach(async () => {
      for (const [index, name] of names.entries()) {
        await test.adapter.create({
          model: 'user',
          data: {
            name,
            email: `${name.toLowerCase()}@example.org`,
            emailVerified: index % 2 === 0,
            createdAt: new Date(index),
            updatedAt: new Date(index),
          },
        })
      }
    })

    it.each([
      [[{ field: 'name', operator: 'contains', value: 'e' }], ['Ben', 'Berta']],
      [[{ field: 'name', operator: 'starts_with', value: 'be', mode: 'insensitive' }], ['Ben', 'Berta']],
      [[{ field: 'name', operator: 'ends_with', value: 'a' }], ['anna', 'Berta', 'Carla']],
      [[{ field: 'name', value: 'Ben' }], ['Ben']],
      [[{ field: 'name', operator: 'in', value: ['Ben', 'anna'] }], ['anna', 'Ben']],
      [[{ field: 'email', value: 'ANNA@example.org' }], ['anna']],
      [[{ field: 'email', operator: 'ne', value: 'anna@example.org' }], ['Ben', 'Berta', 'Carla']],
      [[{ field: 'email', operator: 'contains', value: 'ert' }], ['Berta']],
      [
        [{ field: 'email', operator: 'not_in', value: ['anna@example.org', 'ben@example.org'] }],
        ['Berta', 'Carla'],
      ],
      [
        [
          { field: 'name', operator: 'contains', value: 'e', connector: 'AND' },
          { field: 'emailVerified', value: true, connector: 'AND' },
        ],
        ['Ben'],
      ],
      [
        [
          { field: 'name', value: 'Carla', connector: 'OR' },
          { field: 'email', value: 'ben@example.org', connector: 'OR' },
        ],
        ['Ben', 'Carla'],
      ],
      [[{ field: 'image', value: null }], ['anna', 'Ben', 'Berta', 'Carla']],
      [[{ field: 'name', value: null }], []],
    ])('where %j finds %j', async (where, expected) => {
      expect(await list({ where, sortBy: { field: 'name', direction: 'asc' } })).toEqual(expected)
      expect(await test.adapter.count({ model: 'user', where: where as never })).toBe(expected.length)
    })

    it('sorts and pages by a sealed column and by a readable one', async () => {
      const sorted = { sortBy: { field: 'name', direction: 'desc' }, limit: 2, offset: 1 }
      expect(await list(sorted)).toEqual(['Berta', 'Ben'])
      expect(await list({ sortBy: { field: 'createdAt', direction: 'desc' }, limit: 2 })).toEqual([
        'Berta',
        'Ben',
      ])
    })

    it('gives back the fields that were asked for and no others', async () => {
      const where = [{ field: 'email', value: 'ben@example.org' }]
      expect(await test.adapter.findOne({ model: 'user', where, select: ['email'] })).toEqual({
        email: 'ben@example.org',
      })
      expect(Object.keys((await test.adapter.findOne<object>({ model: 'user', where }))!)).not.toContain(
        'emailSealed',
      )
    })

    it('updates and deletes what a sealed condition finds', async () => {
      const where = [{ field: 'name', operator: 'contains' as const, value: 'e' }]
      expect(await test.adapter.updateMany({ model: 'user', where, update: { name: 'E.' } })).toBe(2)
      expect(await list({ sortBy: { field: 'name', direction: 'asc' } })).toEqual([
        'anna',
        'Carla',
        'E.',
        'E.',
      ])
      expect(await test.adapter.deleteMany({ model: 'user', where: [{ field: 'name', value: 'E.' }] })).toBe(
        2,
      )
      expect(await list({})).toHaveLength(2)
    })

    it('refuses to open more rows than its limit', async () => {
      await db.execute(sql`
      insert into test_user (id, name, email, email_verified, created_at, updated_at)
      select 'many-' || n, 'v1.own.AAAA', 'h1.many-' || n, true, now(), now() from generate_series(1, 20000) n`)
      await expect(list({ where: [{ field: 'name', operator: 'contains', value: 'x' }] })).rejects.toThrow(
        /20000/,
      )
    })
  })

  describe('under concurrency', () => {
    it('leaves one of a hundred who sign up with one address', async () => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 100 }, () => test.auth.api.signUpEmail({ body: anna })),
      )
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const counts = await db.execute(sql`
      select (select count(*)::int from test_user) as users, (select count(*)::int from test_account) as accounts,
             (select count(*)::int from vault_key) as keys`)
      expect(counts.rows[0]).toEqual({ users: 1, accounts: 1, keys: 1 })
    })

    it('lets one address sign up once while two peppers are live', async () => {
      let now = Date.parse('2026-11-22T00:00:00Z')
      const clock = { ...systemClock, now: () => now }
      const ring = openFileKeyRing(join(folder, 'two'), { clock })
      ring.addPepper()
      const late = { ...clock, now: () => now + PEPPER_NOTICE_MS }
      const auths = await Promise.all(
        [clock, late].map((at) => {
          const ring = openFileKeyRing(join(folder, 'two'), { clock: at })
          return createTestAuth({ db, vault: createVault({ ring }) })
        }),
      )
      const outcomes = await Promise.allSettled(auths.map(({ auth }) => auth.api.signUpEmail({ body: anna })))
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      now += PEPPER_NOTICE_MS
      for (const { auth } of auths)
        expect((await auth.api.signInEmail({ body: anna })).user.name).toBe(anna.name)
    })

    it('gives a single-use value to one of twenty who ask for it', async () => {
      await test.adapter.create({
        model: 'verification',
        data: { identifier: 'one-time', value: 'anna@example.org', expiresAt: new Date(Date.UTC(2100, 0)) },
      })
      const where = [
        { field: 'identifier', value: 'one-time' },
        { field: 'value', value: 'anna@example.org' },
      ]
      const taken = await Promise.all(
        Array.from({ length: 20 }, () =>
          test.adapter.consumeOne<{ value: string }>({ model: 'verification', where }),
        ),
      )
      expect(taken.filter((row) => row?.value === 'anna@example.org')).toHaveLength(1)
    })

    it('holds a guard over a sealed value: one of twenty replaces it', async () => {
      const row = await test.adapter.create<{ id: string; value: string }>({
        model: 'verification',
        data: { identifier: 'codes', value: 'first', expiresAt: new Date(Date.UTC(2100, 0)) } as never,
      })
      const where = [
        { field: 'id', value: row.id },
        { field: 'value', value: 'first' },
      ]
      const updates = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          test.adapter.updateMany({ model: 'verification', where, update: { value: `second ${index}` } }),
        ),
      )
      expect(updates.reduce((sum, count) => sum + count, 0)).toBe(1)
    })

    it('leaves neither row nor key when the transaction fails', async () => {
      const failing = test.adapter.transaction(async (tx) => {
        await tx.create({ model: 'user', data: { ...anna, emailVerified: false, password: undefined } })
        throw new Error('later')
      })
      await expect(failing).rejects.toThrow('later')
      const counts = await db.execute(sql`
      select (select count(*)::int from test_user) as users, (select count(*)::int from vault_key) as keys`)
      expect(counts.rows[0]).toEqual({ users: 0, keys: 0 })
    })
  })

  describe('a policy', () => {
    const nickname = { nickname: { type: 'string' as const, required: false } }
    const birthDate = { birthDate: { type: 'date' as const, required: false } }
    const { verification: _, ...withoutVerification } = testPolicy
    const sealedDate = { ...testPolicy, user: { ...testPolicy['user']!, sealed: ['name', 'birthDate'] } }
    it.each([
      [
        'leaves a column unclassified',
        { additionalFields: nickname },
        /the column user\.nickname is not classified/,
      ],
      [
        'leaves a model unclassified',
        { policy: withoutVerification },
        /the model verification is not classified/,
      ],
      ['seals a date', { policy: sealedDate, additionalFields: birthDate }, /must be a string, not date/],
    ])('that %s refuses the start', async (_what, options, reason) => {
      const starting = createTestAuth({ db, vault, ...options })
      await expect(starting).rejects.toThrow(reason)
      await expect(starting).rejects.toThrow(StartupError)
    })
  })
})

describe('plain text at rest', () => {
  const markers: Marker[] = [
    { name: 'name', text: 'Markername Qzvbwn' },
    { name: 'e-mail', text: 'markermail.qzvbwn@example.org' },
    { name: 'image', text: 'https://img.example.org/markerimage-qzvbwn.png' },
    { name: 'user agent', text: 'MarkerAgent/7.31 (qzvbwn)' },
    { name: 'address', text: '203.0.113.177' },
    { name: 'ban reason', text: 'markerreason qzvbwn' },
    { name: 'access token', text: 'marker-access-token-qzvbwn' },
    { name: 'account', text: 'marker-google-sub-qzvbwn' },
  ]

  /** Brings every personal field into the tables, through the front door where there is one. */
  async function leaveMarkers(target: TestAuth): Promise<string> {
    const [name, email, image, userAgent, address, banReason, accessToken, accountId] = markers.map(
      ({ text }) => text,
    )
    const { auth, adapter } = target
    const { user } = await auth.api.signUpEmail({
      body: { name: name!, email: email!, image: image!, password: 'long enough 1' },
    })
    await auth.api.signInEmail({
      body: { email: email!, password: 'long enough 1' },
      headers: new Headers({ 'user-agent': userAgent!, 'x-foyer-address': address! }),
    })
    await auth.api.requestPasswordReset({ body: { email: email!, redirectTo: '/' } })
    const { internalAdapter } = await auth.$context
    await internalAdapter.createVerificationValue({
      identifier: `sign-in-${email!}`,
      value: email!,
      expiresAt: new Date(Date.UTC(2100, 0)),
    })
    await internalAdapter.linkAccount({
      userId: user.id,
      providerId: 'google',
      accountId: accountId!,
      accessToken: accessToken!,
    })
    await adapter.update({ model: 'user', where: [{ field: 'id', value: user.id }], update: { banReason } })
    return user.id
  }

  it('is nowhere in the tables or files of the wrapped instance, and is found in those of an unwrapped one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foyer-vault-'))
    const vault = createVault({ ring: openFileKeyRing(join(folder, 'keys'), { clock: systemClock }) })
    const [sealed, plain] = await Promise.all([openTestRecords(), openTestRecords()])
    try {
      for (const database of [sealed, plain]) await createAuthTables(database.db)
      await leaveMarkers(await createTestAuth({ db: plain.db, vault: null }))
      const wrapped = await createTestAuth({ db: sealed.db, vault })
      const userId = await leaveMarkers(wrapped)

      const control = await findMarkers(plain, markers)
      expect(new Set(control.map(({ marker }) => marker))).toEqual(new Set(markers.map(({ name }) => name)))
      expect(await findMarkers(sealed, markers)).toEqual([])
      // What cannot be found was written all the same.
      expect(
        await wrapped.adapter.findOne({
          model: 'user',
          where: [{ field: 'id', value: userId }],
        }),
      ).toMatchObject({ name: markers[0]!.text, email: markers[1]!.text, image: markers[2]!.text })
    } finally {
      await Promise.all([sealed.close(), plain.close()])
      rmSync(folder, { recursive: true })
    }
  })
})
