import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ROLES, type Role } from '@foyer/contracts'
import { recordsBackends } from '../../../test/records.ts'
import { openTestOperators, type TestOperators } from './operators.fixture.ts'

describe.each(recordsBackends())('an API key (%s)', (backend) => {
  let test: TestOperators
  beforeAll(async () => {
    test = await openTestOperators({ backend })
  })
  afterAll(() => test.close())
  beforeEach(() => test.empty())

  const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
  const probe = (headers: Record<string, string>) => test.browser().call('POST', '/probe', {}, headers)

  it('opens what it has the right to, from anywhere and without a cookie', async () => {
    const anna = await test.signIn('anna', 'administrator')
    const { body: made } = await anna.call('POST', '/v1/api-keys', {
      label: 'Import',
      rights: ['catalogue.write'],
    })
    expect(made.key).toMatch(/^fk_[\w-]{27}$/)
    const elsewhere = { ...bearer(made.key), origin: 'https://evil.example' }
    expect((await probe(elsewhere)).body).toEqual({ kind: 'apiKey', id: made.id })
    expect((await test.browser().call('GET', '/v1/audit', undefined, bearer(made.key))).body.code).toBe(
      'operator.right_missing',
    )
    expect(
      (await test.browser().call('GET', '/v1/operators/me', undefined, bearer(made.key))).body.code,
    ).toBe('operator.sign_in_required')
  })

  it('is shown once and kept as a hash; its last use is told to the hour', async () => {
    const anna = await test.signIn('anna', 'administrator')
    const { body: made } = await anna.call('POST', '/v1/api-keys', {
      label: 'Import',
      rights: ['catalogue.write'],
    })
    const { rows } = await test.records.db.execute(sql`select * from api_key`)
    expect(JSON.stringify(rows)).not.toContain(made.key)
    test.clock.set((Math.floor(test.clock.now() / 3_600_000) + 2) * 3_600_000 + 1_800_000)
    await probe(bearer(made.key))
    test.clock.advance(60_000)
    await probe(bearer(made.key))
    const { body: listed } = await anna.call('GET', '/v1/api-keys')
    const { key, ...withoutKey } = made
    const lastUsedAt = new Date(test.clock.now() - (test.clock.now() % 3_600_000)).toISOString()
    expect(listed.items).toEqual([{ ...withoutKey, ending: key.slice(-4), lastUsedAt }])
  })

  it('opens nothing once it is revoked', async () => {
    const anna = await test.signIn('anna', 'administrator')
    const { body: made } = await anna.call('POST', '/v1/api-keys', {
      label: 'x',
      rights: ['catalogue.write'],
    })
    expect((await probe(bearer(made.key))).status).toBe(200)
    expect((await anna.call('DELETE', `/v1/api-keys/${made.id}`)).status).toBe(204)
    expect((await probe(bearer(made.key))).body.code).toBe('operator.sign_in_required')
    expect((await anna.call('DELETE', `/v1/api-keys/${made.id}`)).body.code).toBe('api_key.not_found')
  })

  it.each([['Bearer fk_aaaaaaaaaaaaaaaaaaaaaaaaaaa'], ['Bearer '], ['Basic Zms6'], ['fk_x'], ['Bearer x']])(
    'that is wrong (%s) is not made good by a cookie',
    async (authorization) => {
      const anna = await test.signIn('anna', 'administrator')
      expect((await anna.call('POST', '/probe', {}, { authorization })).status).toBe(401)
    },
  )

  it('cannot be given rights that its maker lacks, nor rights that there are not', async () => {
    const anna = await test.signIn('anna', 'administrator')
    const { body: manager } = await anna.call('POST', '/v1/api-keys', {
      label: 'x',
      rights: ['operators.manage'],
    })
    const make = (rights: string[]) =>
      test.browser().call('POST', '/v1/api-keys', { label: 'y', rights }, bearer(manager.key))
    expect((await make(['operators.manage'])).status).toBe(201)
    expect((await make(['viewers.personal'])).body.code).toBe('operator.right_missing')
    for (const rights of [[], ['everything'], ['audit.read', 'audit.read']])
      expect((await make(rights)).status).toBe(400)
  })

  it('that may manage operators makes, takes over and takes away nobody who may more', async () => {
    const anna = await test.signIn('anna', 'administrator')
    const ben = await test.signIn('ben', 'editor')
    const { body: manager } = await anna.call('POST', '/v1/api-keys', {
      label: 'x',
      rights: ['operators.manage', ...ROLES.editor],
    })
    const call = async (method: string, url: string, body?: object) =>
      (await test.browser().call(method, url, body, bearer(manager.key))).body?.code ?? 'done'
    const invite = (role: Role) =>
      call('POST', '/v1/operators/invitations', { email: `${role}@example.org`, role })
    expect(await invite('editor')).toBe('done')
    expect(await invite('administrator')).toBe('operator.right_missing')
    expect(await invite('privacy')).toBe('operator.right_missing')
    expect(await call('POST', `/v1/operators/${ben.id}/password-link`)).toBe('done')
    for (const [method, url, body] of [
      ['POST', `/v1/operators/${anna.id}/password-link`],
      ['PATCH', `/v1/operators/${ben.id}`, { role: 'support' }],
      ['PATCH', `/v1/operators/${anna.id}`, { role: 'editor' }],
      ['PATCH', `/v1/operators/${anna.id}`, { isDisabled: true }],
      ['DELETE', `/v1/operators/${anna.id}`],
    ] as const) {
      expect(await call(method, url, body), `${method} ${url}`).toBe('operator.right_missing')
    }
    expect((await anna.call('GET', '/v1/operators/me')).body.role).toBe('administrator')
  })

  it.each(['removed', 'disabled'])(
    'opens nothing any more when who made it is %s, nor does one that it made',
    async (how) => {
      const anna = await test.signIn('anna', 'administrator')
      const ben = await test.signIn('ben', 'administrator')
      const input = { label: 'x', rights: ['operators.manage', 'audit.read'] }
      const { body: first } = await ben.call('POST', '/v1/api-keys', input)
      const { body: second } = await test.browser().call('POST', '/v1/api-keys', input, bearer(first.key))
      const { body: own } = await anna.call('POST', '/v1/api-keys', input)
      const opens = async (key: string) =>
        (await test.browser().call('GET', '/v1/audit', undefined, bearer(key))).status
      expect([await opens(first.key), await opens(second.key)]).toEqual([200, 200])
      await (how === 'removed'
        ? anna.call('DELETE', `/v1/operators/${ben.id}`)
        : anna.call('PATCH', `/v1/operators/${ben.id}`, { isDisabled: true }))
      expect([await opens(first.key), await opens(second.key), await opens(own.key)]).toEqual([401, 401, 200])
      for (const { id } of [first, second]) {
        const { body: trail } = await anna.call('GET', `/v1/audit?object=${id}`)
        const actions = trail.items.map(({ action }: { action: string }) => action)
        expect(actions.toSorted()).toEqual(['api_key.created', 'api_key.revoked'])
      }
    },
  )
})
