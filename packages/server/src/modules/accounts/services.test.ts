import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { RIGHTS, SERVICE_LIMITS } from '@foyer/contracts'
import { ADMIN, openAccountsRig, quietEvents, type AccountsRig } from '../../../test/accounts.ts'
import { recordsBackends } from '../../../test/records.ts'

const CINEMA = { id: 'cinema', name: 'Cinema', timeZone: 'Europe/Madrid', localCountry: 'ES', language: 'es' }
const WEB = { id: 'cinema-web', service: 'cinema', name: 'Cinema on the web', platform: 'web' }

describe.each(recordsBackends())('services, apps and keys on %s records', (backend) => {
  let rig: AccountsRig
  let eventsOf: string[] = []
  const events = quietEvents({
    query: async (_sql, { params, row }) =>
      eventsOf.includes(String(params?.['service'])) ? [row.parse({ found: 1 })] : [],
  })

  beforeAll(async () => {
    rig = await openAccountsRig({ backend, events })
  })
  afterAll(() => rig?.close())
  beforeEach(async () => {
    await rig.records.pool.query('TRUNCATE service, app, write_key, viewer_token_secret CASCADE')
    rig.setRights(RIGHTS)
    eventsOf = []
    // Truncation tells no other process; the copy in memory must not outlive it.
    await rig.records.pool.query('UPDATE service_revision SET revision = revision + 1')
    rig.clock.advance(2_000)
    expect((await rig.call('POST', '/v1/services', CINEMA)).status).toBe(201)
    expect((await rig.call('POST', '/v1/apps', WEB)).status).toBe(201)
    rig.trail.length = 0
  })

  describe('a service', () => {
    it('is read back, listed and changed, and the change is on the trail', async () => {
      expect((await rig.call('GET', '/v1/services/cinema')).body).toMatchObject(CINEMA)
      const changed = await rig.call('PATCH', '/v1/services/cinema', { name: 'Ciné', language: 'fr' })
      expect(changed).toMatchObject({
        status: 200,
        body: { name: 'Ciné', language: 'fr', timeZone: 'Europe/Madrid' },
      })
      expect((await rig.call('GET', '/v1/services')).body).toMatchObject({
        items: [{ id: 'cinema' }],
        next: null,
      })
      expect(rig.trail).toMatchObject([
        { action: 'service.changed', object: 'cinema', details: { name: 'Ciné' } },
      ])
    })

    it('is refused twice, and with an odd id, zone, country or language', async () => {
      expect(await rig.call('POST', '/v1/services', CINEMA)).toMatchObject({
        status: 409,
        body: { code: 'service.exists' },
      })
      for (const wrong of [
        { id: 'Cinema' },
        { id: 'a b' },
        { id: '' },
        { id: 'x'.repeat(65) },
        { timeZone: 'Europe/Atlantis' },
        { timeZone: '' },
        { timeZone: '-23:59' },
        { name: 'half \ud800 a pair' },
        { localCountry: 'Spain' },
        { language: 'español!' },
        { name: ' ' },
        { name: 'a\u0000b' },
        { surprise: true },
      ]) {
        const answer = await rig.call('POST', '/v1/services', { ...CINEMA, id: 'other', ...wrong })
        expect(answer, JSON.stringify(wrong)).toMatchObject({
          status: 400,
          body: { code: 'request.invalid' },
        })
      }
      expect((await rig.call('GET', '/v1/services')).body.items).toHaveLength(1)
      expect(rig.trail).toEqual([])
    })

    it.each([
      ['ZZ', 'such as ES'],
      ['XX', 'such as ES'],
      ['EU', 'such as ES'],
      ['UK', 'that country is GB'],
    ])('is refused with %s for its country, which is none', async (localCountry, hint) => {
      const refusal = {
        status: 400,
        body: {
          code: 'request.invalid',
          errors: [
            { field: 'body.localCountry', message: `no country in ISO 3166-1 has this code; ${hint}` },
          ],
        },
      }
      expect(await rig.call('POST', '/v1/services', { ...CINEMA, id: 'other', localCountry })).toMatchObject(
        refusal,
      )
      const change = { name: 'New', localCountry }
      expect(await rig.call('PATCH', '/v1/services/cinema', change)).toMatchObject(refusal)
      expect((await rig.call('GET', '/v1/services')).body.items).toMatchObject([CINEMA])
      expect((await rig.call('PATCH', '/v1/services/cinema', { localCountry: 'PT' })).status).toBe(200)
    })

    it('keeps its time zone once it has a viewer or an event', async () => {
      const zone = { timeZone: 'America/New_York' }
      eventsOf = ['cinema']
      const refused = await rig.call('PATCH', '/v1/services/cinema', { ...zone, name: 'New' })
      expect(refused).toMatchObject({ status: 409, body: { code: 'service.time_zone_fixed' } })
      expect((await rig.call('GET', '/v1/services/cinema')).body.name).toBe('Cinema')
      const same = await rig.call('PATCH', '/v1/services/cinema', { timeZone: 'Europe/Madrid', name: 'New' })
      expect(same.status).toBe(200)

      eventsOf = []
      expect((await rig.call('PATCH', '/v1/services/cinema', zone)).body.timeZone).toBe('America/New_York')
      await rig.call('POST', '/v1/viewers', { service: 'cinema', externalId: 'u1' })
      expect(await rig.call('PATCH', '/v1/services/cinema', { timeZone: 'UTC' })).toMatchObject({
        body: { code: 'service.time_zone_fixed' },
      })
    })

    it('is not made and not changed when the trail cannot take it', async () => {
      const record = vi.spyOn(rig.audit, 'record').mockRejectedValue(new Error('the trail is away'))
      expect((await rig.call('POST', '/v1/services', { ...CINEMA, id: 'unseen' })).status).toBe(500)
      expect((await rig.call('PATCH', '/v1/services/cinema', { name: 'Unseen' })).status).toBe(500)
      record.mockRestore()
      expect((await rig.call('GET', '/v1/services/unseen')).status).toBe(404)
      expect((await rig.call('GET', '/v1/services/cinema')).body).toMatchObject(CINEMA)
    })

    it('that is not there is not found', async () => {
      for (const [method, url] of [
        ['GET', '/v1/services/none'],
        ['PATCH', '/v1/services/none'],
      ] as const) {
        expect(await rig.call(method, url, method === 'PATCH' ? { name: 'x' } : undefined)).toMatchObject({
          status: 404,
          body: { code: 'service.not_found' },
        })
      }
    })
  })

  describe('an app', () => {
    it('starts with the purposes that need no consent, and trusts no browser', async () => {
      expect((await rig.call('GET', '/v1/apps/cinema-web')).body).toMatchObject({
        defaultPurposes: ['service', 'security', 'billing'],
        trustClientIdentify: false,
      })
      expect(await rig.accounts.appById('cinema-web')).toMatchObject({
        defaultMask: 7,
        service: { id: 'cinema', timeZone: 'Europe/Madrid' },
      })
    })

    it('is refused with unknown or repeated purposes, an unknown platform or service, or twice', async () => {
      const refusals: [object, number, string][] = [
        [{ defaultPurposes: ['service', 'telepathy'] }, 400, 'request.invalid'],
        [{ defaultPurposes: ['service', 'service'] }, 400, 'request.invalid'],
        [{ platform: 'abacus' }, 400, 'request.invalid'],
        [{ service: 'none' }, 404, 'service.not_found'],
        [{ id: 'cinema-web' }, 409, 'app.exists'],
      ]
      for (const [wrong, status, code] of refusals)
        expect(await rig.call('POST', '/v1/apps', { ...WEB, id: 'other', ...wrong })).toMatchObject({
          status,
          body: { code },
        })
      expect(
        (await rig.call('PATCH', '/v1/apps/cinema-web', { defaultPurposes: ['telepathy'] })).status,
      ).toBe(400)
      expect((await rig.call('PATCH', '/v1/apps/none', { name: 'x' })).body.code).toBe('app.not_found')
      expect(rig.trail).toEqual([])
    })

    it('is listed by service, page after page', async () => {
      for (const id of ['b-1', 'b-2', 'b-3']) await rig.call('POST', '/v1/apps', { ...WEB, id })
      const ids: string[] = []
      let cursor = ''
      do {
        const { body } = await rig.call('GET', `/v1/apps?service=cinema&limit=2${cursor}`)
        ids.push(...body.items.map((item: { id: string }) => item.id))
        cursor = body.next === null ? '' : `&cursor=${body.next}`
      } while (cursor !== '')
      expect(ids).toEqual(['b-1', 'b-2', 'b-3', 'cinema-web'])
    })
  })

  describe('a write key', () => {
    it('of a server is shown once; of a browser it stays readable', async () => {
      const server = await rig.call('POST', '/v1/apps/cinema-web/write-keys', {
        kind: 'server',
        label: 'Backend',
      })
      const browser = await rig.call('POST', '/v1/apps/cinema-web/write-keys', { kind: 'browser' })
      expect(server).toMatchObject({ status: 201, body: { kind: 'server', label: 'Backend' } })
      expect(server.body.key).toMatch(/^sk_/)
      const { body } = await rig.call('GET', '/v1/apps/cinema-web/write-keys')
      const listed = Object.fromEntries(
        body.items.map((item: { id: string; key: string }) => [item.id, item.key]),
      )
      expect(listed).toEqual({ [server.body.id]: null, [browser.body.id]: browser.body.key })
      expect(await rig.rawRows()).not.toContain(server.body.key)
      expect(JSON.stringify(rig.trail)).not.toContain(server.body.key.slice(8))
    })

    it('names its app, and a wrong one names none', async () => {
      const { body } = await rig.call('POST', '/v1/apps/cinema-web/write-keys', { kind: 'server' })
      expect(await rig.accounts.appByWriteKey(body.key)).toMatchObject({
        app: { id: 'cinema-web' },
        keyId: body.id,
        keyKind: 'server',
      })
      for (const wrong of ['', 'sk_', `${body.key}x`, body.key.toUpperCase(), body.prefix])
        expect(await rig.accounts.appByWriteKey(wrong)).toBeNull()
    })

    it('that was revoked is refused at once here and within 2 s in another process', async () => {
      const { body } = await rig.call('POST', '/v1/apps/cinema-web/write-keys', { kind: 'browser' })
      const elsewhere = rig.openAccounts()
      expect(await elsewhere.appByWriteKey(body.key)).not.toBeNull()
      const revoked = await rig.call('DELETE', `/v1/apps/cinema-web/write-keys/${body.id}`)
      expect(revoked.body.revokedAt).toBe(new Date(rig.clock.now()).toISOString())
      expect(await rig.accounts.appByWriteKey(body.key)).toBeNull()
      rig.clock.advance(1_999)
      expect(await elsewhere.appByWriteKey(body.key)).toBeNull()
      const again = await rig.call('DELETE', `/v1/apps/cinema-web/write-keys/${body.id}`)
      expect(again.body.revokedAt).toBe(revoked.body.revokedAt)
    })

    it('made by another process is known at once, and so are its app and service', async () => {
      const elsewhere = rig.openAccounts()
      expect(await elsewhere.appByWriteKey('none')).toBeNull()
      await rig.call('POST', '/v1/services', { ...CINEMA, id: 'new' })
      expect(await elsewhere.serviceById('new')).toMatchObject({ id: 'new' })
      await rig.call('POST', '/v1/apps', { ...WEB, id: 'new-web', service: 'new' })
      expect(await elsewhere.appById('new-web')).toMatchObject({ id: 'new-web' })
      const { body } = await rig.call('POST', '/v1/apps/new-web/write-keys', { kind: 'browser' })
      rig.clock.advance(100)
      expect(await elsewhere.appByWriteKey(body.key)).toMatchObject({ app: { id: 'new-web' } })
    })

    it('costs no query while the copy is fresh, and one a second after', async () => {
      const { body } = await rig.call('POST', '/v1/apps/cinema-web/write-keys', { kind: 'browser' })
      await rig.accounts.appByWriteKey(body.key)
      const asked = await queriesDuring(rig, async () => {
        for (let time = 0; time < 100; time++) await rig.accounts.appByWriteKey(`wrong ${time}`)
      })
      expect(asked).toBe(0)
      rig.clock.advance(1_000)
      const askedLater = await queriesDuring(rig, () =>
        Promise.all(Array.from({ length: 50 }, () => rig.accounts.appByWriteKey(body.key))),
      )
      expect(askedLater).toBe(1)
    })

    it('is counted: there are so many live ones and no more', async () => {
      const keys = []
      for (let made = 0; made < SERVICE_LIMITS.liveKeysPerApp; made++)
        keys.push(await rig.accounts.keys.createWriteKey(ADMIN, 'cinema-web', { kind: 'browser' }))
      expect(await rig.call('POST', '/v1/apps/cinema-web/write-keys', { kind: 'browser' })).toMatchObject({
        status: 409,
        body: { code: 'settings.limit_reached' },
      })
      await rig.accounts.keys.revokeWriteKey(ADMIN, 'cinema-web', keys[0]!.id)
      expect((await rig.call('POST', '/v1/apps/cinema-web/write-keys', { kind: 'browser' })).status).toBe(201)
    })

    it('of no app, of another app or of no kind is refused', async () => {
      await rig.call('POST', '/v1/apps', { ...WEB, id: 'other' })
      const { body } = await rig.call('POST', '/v1/apps/cinema-web/write-keys', { kind: 'browser' })
      expect((await rig.call('DELETE', `/v1/apps/other/write-keys/${body.id}`)).body.code).toBe(
        'write_key.not_found',
      )
      expect((await rig.call('DELETE', `/v1/apps/cinema-web/write-keys/1`)).status).toBe(400)
      expect((await rig.call('POST', '/v1/apps/none/write-keys', { kind: 'browser' })).body.code).toBe(
        'app.not_found',
      )
      expect((await rig.call('GET', '/v1/apps/none/write-keys')).body.code).toBe('app.not_found')
      expect((await rig.call('GET', '/v1/apps/cinema-web/write-keys?cursor=1')).status).toBe(400)
      expect((await rig.call('POST', '/v1/apps/cinema-web/write-keys', { kind: 'master' })).status).toBe(400)
      expect(await rig.accounts.appByWriteKey(body.key)).not.toBeNull()
    })
  })

  describe('a viewer-token secret', () => {
    it('is shown once, sealed at rest, and several live until they are revoked', async () => {
      const first = await rig.call('POST', '/v1/apps/cinema-web/viewer-token-secrets')
      const second = await rig.call('POST', '/v1/apps/cinema-web/viewer-token-secrets')
      expect(first.body.secret).toMatch(/^[\w-]{43}$/)
      expect(await rig.rawRows()).not.toContain(first.body.secret)
      expect((await rig.accounts.appById('cinema-web'))!.tokenSecrets).toHaveLength(2)
      await rig.call('DELETE', `/v1/apps/cinema-web/viewer-token-secrets/${first.body.id}`)
      const live = (await rig.accounts.appById('cinema-web'))!.tokenSecrets
      expect(live.map((secret) => secret.id)).toEqual([second.body.id])
      const { body } = await rig.call('GET', '/v1/apps/cinema-web/viewer-token-secrets')
      const listed = new Map(body.items.map((item: { id: string }) => [item.id, item]))
      expect(listed.get(first.body.id)).toMatchObject({ secret: null, revokedAt: expect.any(String) })
      expect(listed.get(second.body.id)).toMatchObject({ secret: null, revokedAt: null })
      expect(rig.trail.map((entry) => entry.action)).toEqual([
        'viewer_token_secret.created',
        'viewer_token_secret.created',
        'viewer_token_secret.revoked',
      ])
    })
  })

  it('who may only read changes nothing, and who may not read sees services alone', async () => {
    rig.setRights(['settings.read'])
    for (const [method, url] of [
      ['POST', '/v1/services'],
      ['PATCH', '/v1/services/cinema'],
      ['POST', '/v1/apps'],
      ['PATCH', '/v1/apps/cinema-web'],
      ['POST', '/v1/apps/cinema-web/write-keys'],
      ['POST', '/v1/apps/cinema-web/viewer-token-secrets'],
    ] as const)
      expect(await rig.call(method, url, { name: 'x' })).toMatchObject({
        body: { code: 'operator.right_missing' },
      })
    rig.setRights(['reports.read'])
    for (const url of ['/v1/apps', '/v1/apps/cinema-web', '/v1/apps/cinema-web/write-keys'])
      expect((await rig.call('GET', url)).status).toBe(403)
    for (const url of ['/v1/services', '/v1/services/cinema'])
      expect((await rig.call('GET', url)).status).toBe(200)
    expect(rig.trail).toEqual([])
  })
})

/** Queries that reach the records while something runs. */
async function queriesDuring(rig: AccountsRig, run: () => Promise<unknown>): Promise<number> {
  const { pool } = rig.records
  const original = pool.query.bind(pool) as (...args: unknown[]) => unknown
  let count = 0
  pool.query = ((...args: unknown[]) => {
    count++
    return original(...args)
  }) as typeof pool.query
  try {
    await run()
  } finally {
    pool.query = original as typeof pool.query
  }
  return count
}
