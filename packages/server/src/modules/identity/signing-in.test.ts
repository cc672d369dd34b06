import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { recordsBackends } from '../../../test/records.ts'
import { openTestIdentity, PASSWORD, SERVICE, type TestIdentity } from './identity.fixture.ts'
import { IDLE_MS_MAX } from './sessions.ts'

const ANA = 'ana@example.com'
const NEXT = 'seven-lamps-dragonfly'
const MINUTE_MS = 60_000

describe.each(recordsBackends())('a viewer (%s)', (backend) => {
  let test: TestIdentity
  beforeAll(async () => {
    test = await openTestIdentity({ backend })
  })
  afterAll(() => test?.close())
  beforeEach(() => test.empty())

  const signIn = (email: string, password: string, browser = test.browser()) =>
    browser.call('POST', '/v1/account/sessions', { email, password })
  const whoIs = async (browser: { call: ReturnType<TestIdentity['browser']>['call'] }) =>
    (await browser.call('GET', '/v1/account')).status

  describe('who signs in', () => {
    it('is who they are on every device, by any spelling of the address', async () => {
      const { registered } = await test.register(ANA)
      for (const email of [ANA, ' Ana@Example.COM ', 'ＡＮＡ@example.com']) {
        const device = test.browser()
        expect((await signIn(email, PASSWORD, device)).body).toEqual(registered.body)
        expect((await device.call('GET', '/v1/account')).body).toEqual(registered.body)
      }
    })

    it('gets a cookie that scripts and other sites cannot use, and https alone where that is spoken', async () => {
      await test.register(ANA)
      const { headers } = await signIn(ANA, PASSWORD)
      expect(String(headers['set-cookie'])).toMatch(
        /foyer-viewer\.session_token=[^;]+;.*HttpOnly;.*SameSite=Lax/i,
      )
      const safe = await openTestIdentity({ backend, baseUrl: 'https://id.example.org' })
      try {
        const { registered } = await safe.register(ANA)
        expect(String(registered.headers['set-cookie'])).toMatch(/__Secure-foyer-viewer.*Secure/i)
      } finally {
        await safe.close()
      }
    })

    it('gets another session each time: what lay in the browser before opens nothing', async () => {
      await test.register(ANA)
      const browser = test.browser()
      await signIn(ANA, PASSWORD, browser)
      const before = browser.cookie
      await signIn(ANA, PASSWORD, browser)
      expect(browser.cookie).not.toBe(before)
      const planted = test.browser({ headers: { cookie: 'foyer-viewer.session_token=planted.by-somebody' } })
      expect(await whoIs(planted)).toBe(401)
    })

    it.each([
      ['with a wrong password', ANA, 'wrong'],
      ['with an address that nobody has', 'bea@example.com', PASSWORD],
      ['with what is no address', 'ana', PASSWORD],
      ['with an address in which a letter is of another script', 'аna@example.com', PASSWORD],
    ])('%s is refused in the same words', async (_, email, password) => {
      await test.register(ANA)
      const { status, body, headers } = await signIn(email, password)
      expect([status, body.code, body.detail]).toEqual([401, 'account.sign_in_failed', undefined])
      expect(headers['set-cookie']).toBeUndefined()
    })

    it('is let wait after five wrong attempts, whoever has the address and whatever a header says of where they are', async () => {
      await test.register(ANA)
      for (const email of [ANA, 'bea@example.com']) {
        for (let n = 0; n < 5; n++) {
          const from = test.browser({
            address: `203.0.113.${n}`,
            headers: { 'x-forwarded-for': `192.0.2.${n}` },
          })
          expect((await signIn(email, 'wrong', from)).status).toBe(401)
        }
        const locked = await signIn(email, PASSWORD, test.browser({ address: '203.0.113.9' }))
        expect([locked.status, locked.body.code, locked.headers['retry-after']]).toEqual([
          429,
          'account.locked',
          '30',
        ])
      }
      test.rig.clock.advance(MINUTE_MS)
      expect((await signIn(ANA, PASSWORD)).status).toBe(200)
    })

    it('is not signed in by a page of another site', async () => {
      await test.register(ANA)
      const foreign = test.browser({ headers: { origin: 'https://evil.example' } })
      expect((await signIn(ANA, PASSWORD, foreign)).body.code).toBe('request.cross_origin')
    })

    it('may not while the account is suspended, nor with a session from before', async () => {
      const ana = await test.register(ANA)
      await test.rig.records.pool.query('UPDATE viewer_login SET suspended_at = now()')
      expect(await whoIs(ana)).toBe(401)
      expect((await signIn(ANA, PASSWORD)).body.code).toBe('account.suspended')
      const { rowCount } = await test.rig.records.pool.query('SELECT FROM viewer_session')
      expect(rowCount).toBe(1)
    })
  })

  describe('who is signed in', () => {
    it('sees the devices that are, and signs one out, all others, and this one', async () => {
      const [tv, phone] = ['TV/1.0', 'Phone/2.0'].map((agent) =>
        test.browser({ headers: { 'user-agent': agent } }),
      )
      await test.register(ANA, { browser: tv! })
      await signIn(ANA, PASSWORD, phone)
      const third = test.browser()
      await signIn(ANA, PASSWORD, third)

      const { body } = await phone!.call('GET', '/v1/account/sessions')
      expect(
        body.items.map((each: { userAgent: string; isCurrent: boolean }) => [each.userAgent, each.isCurrent]),
      ).toEqual(
        expect.arrayContaining([
          ['TV/1.0', false],
          ['Phone/2.0', true],
        ]),
      )
      const onTv = body.items.find((each: { userAgent: string }) => each.userAgent === 'TV/1.0')
      expect((await phone!.call('DELETE', `/v1/account/sessions/${onTv.id}`)).status).toBe(204)
      expect([await whoIs(tv!), await whoIs(phone!), await whoIs(third)]).toEqual([401, 200, 200])
      expect((await phone!.call('DELETE', `/v1/account/sessions/${onTv.id}`)).status).toBe(404)
      await phone!.call('DELETE', '/v1/account/sessions')
      expect([await whoIs(phone!), await whoIs(third)]).toEqual([200, 401])
      await phone!.call('DELETE', '/v1/account/sessions/current')
      expect(await whoIs(phone!)).toBe(401)
    })

    it('signs nobody else out', async () => {
      const ana = await test.register(ANA)
      const bea = await test.register('bea@example.com')
      const { body } = await bea.call('GET', '/v1/account/sessions')
      expect((await ana.call('DELETE', `/v1/account/sessions/${body.items[0].id}`)).status).toBe(404)
      await ana.call('DELETE', '/v1/account/sessions')
      expect(await whoIs(bea)).toBe(200)
    })

    it('stays so for as long as the device is used, and not for ever after', async () => {
      const ana = await test.register(ANA)
      test.rig.clock.advance(IDLE_MS_MAX - 1)
      expect(await whoIs(ana)).toBe(200)
      test.rig.clock.advance(IDLE_MS_MAX - 1)
      expect(await whoIs(ana)).toBe(200)
      test.rig.clock.advance(IDLE_MS_MAX)
      expect(await whoIs(ana)).toBe(401)
    })

    it('changes nothing for a page of another site, which gets the cookie sent all the same', async () => {
      const ana = await test.register(ANA)
      const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
      for (const [method, url, body] of [
        ['DELETE', '/v1/account/sessions'],
        ['PUT', '/v1/account/password', { currentPassword: PASSWORD, newPassword: NEXT }],
      ] as const) {
        expect((await ana.call(method, url, body, foreign)).body.code).toBe('request.cross_origin')
      }
    })

    it('changes the password with the one before, which ends all other sessions', async () => {
      const ana = await test.register(ANA)
      const other = test.browser()
      await signIn(ANA, PASSWORD, other)
      const change = (currentPassword: string, newPassword: string) =>
        ana.call('PUT', '/v1/account/password', { currentPassword, newPassword })
      expect((await change('wrong', NEXT)).body.code).toBe('account.sign_in_failed')
      expect((await change(PASSWORD, 'ana@example.com')).body.errors[0].field).toBe('body.newPassword')
      expect((await change(PASSWORD, NEXT)).status).toBe(204)
      expect([await whoIs(ana), await whoIs(other)]).toEqual([200, 401])
      expect([(await signIn(ANA, PASSWORD)).status, (await signIn(ANA, NEXT)).status]).toEqual([401, 200])
    })
  })

  describe('who forgot the password', () => {
    const begin = (email: string, browser = test.browser()) =>
      browser.call('POST', '/v1/account/password-resets', { email, service: SERVICE.id })
    const complete = (id: string, code: string | null, password = NEXT, browser = test.browser()) =>
      browser.call('POST', `/v1/account/password-resets/${id}/completion`, { code, password })

    it('sets another by the code of a letter, which ends all sessions and signs in here', async () => {
      const ana = await test.register(ANA)
      const browser = test.browser()
      const { status, body } = await begin(ANA, browser)
      expect(status).toBe(202)
      const code = await test.codeTo(ANA)
      expect((await complete(body.id, code, 'password1')).body.code).toBe('account.password_common')
      const done = await complete(body.id, code, NEXT, browser)
      expect([done.status, done.body]).toEqual([200, ana.registered.body])
      expect([await whoIs(ana), await whoIs(browser)]).toEqual([401, 200])
      expect([(await signIn(ANA, PASSWORD)).status, (await signIn(ANA, NEXT)).status]).toEqual([401, 200])
      expect((await complete(body.id, code)).body.code).toBe('account.code_expired')
    })

    it('gets the same answer with an address that nobody has, and a letter without a code', async () => {
      await test.register('bea@example.com')
      const { status, body } = await begin(ANA)
      expect([status, Object.keys(body)]).toEqual([202, ['id', 'expiresAt']])
      expect(await test.lettersTo(ANA)).toHaveLength(1)
      expect(await test.codeTo(ANA)).toBeNull()
    })

    it('is let in again at once, however often a stranger guessed', async () => {
      await test.register(ANA)
      for (let n = 0; n < 8; n++) await signIn(ANA, 'wrong')
      expect((await signIn(ANA, PASSWORD)).status).toBe(429)
      const { body } = await begin(ANA)
      expect((await complete(body.id, await test.codeTo(ANA))).status).toBe(200)
    })
  })
})
