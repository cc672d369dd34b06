import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BASE_URL, emailOf, openTestOperators, PASSWORD, type TestOperators } from './operators.fixture.ts'

let test: TestOperators
beforeAll(async () => {
  test = await openTestOperators()
})
afterAll(() => test.close())
beforeEach(() => test.empty())

const SIGN_IN = '/v1/operators/auth/sign-in/email'
const credentials = (name: string, password = PASSWORD) => ({ email: emailOf(name), password })

describe('signing in', () => {
  it('opens what the role allows, until signing out', async () => {
    const anna = await test.signIn('anna', 'editor')
    expect((await anna.call('GET', '/v1/operators/me')).body).toMatchObject({
      id: anna.id,
      name: 'anna',
      email: 'anna@example.org',
      role: 'editor',
      rights: expect.arrayContaining(['catalogue.write']),
    })
    expect((await anna.call('POST', '/probe')).body).toEqual({ kind: 'operator', id: anna.id })
    const cookie = anna.cookie
    expect((await anna.call('POST', '/v1/operators/auth/sign-out', {})).status).toBe(204)
    expect(anna.cookie).toBe('')
    const stolen = await test.browser().call('GET', '/v1/operators/me', undefined, { cookie })
    expect(stolen).toMatchObject({ status: 401, body: { code: 'operator.sign_in_required' } })
  })

  it('takes the e-mail in any writing', async () => {
    await test.signIn('anna', 'editor')
    const { status } = await test
      .browser()
      .call('POST', SIGN_IN, { email: 'ANNA@Example.ORG', password: PASSWORD })
    expect(status).toBe(200)
  })

  it('answers a wrong password and an unknown address alike', async () => {
    await test.signIn('anna', 'editor')
    const [wrong, unknown] = [
      await test.browser().call('POST', SIGN_IN, credentials('anna', 'a wrong long password')),
      await test.browser().call('POST', SIGN_IN, credentials('nobody')),
    ]
    expect(wrong).toMatchObject({ status: 401, body: { code: 'operator.sign_in_failed' } })
    expect({ ...unknown.body, instance: '' }).toEqual({ ...wrong.body, instance: '' })
    expect(wrong.headers['set-cookie']).toBeUndefined()
  })

  it.each([
    [{}],
    [{ email: 'x' }],
    [{ email: 1, password: [] }],
    [{ ...credentials('anna'), role: 'administrator' }],
  ])('refuses the body %j and says which field is wrong', async (body) => {
    const answer = await test.browser().call('POST', SIGN_IN, body)
    expect(answer).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  })

  it.each([['not an address'], ["' or 1=1 --"], ['a@b']])(
    'answers the e-mail %j like a wrong one',
    async (email) => {
      expect((await test.browser().call('POST', SIGN_IN, { email, password: PASSWORD })).status).toBe(401)
    },
  )

  it('gives the cookie to scripts never, and by TLS only where the console has it', async () => {
    const cookieOf = async (target: TestOperators) => {
      await target.operators.createOperator({ ...credentials('carl'), name: 'carl', role: 'editor' })
      const { headers } = await target.browser().call('POST', SIGN_IN, credentials('carl'))
      return String(headers['set-cookie'])
    }
    const plain = await cookieOf(test)
    expect(plain).toMatch(/HttpOnly/i)
    expect(plain).toMatch(/SameSite=Strict/i)
    expect(plain).not.toMatch(/Secure/i)
    const overTls = await openTestOperators({ baseUrl: 'https://foyer.test', isHashingReal: true })
    try {
      expect(await cookieOf(overTls)).toMatch(/^__Secure-.*; Secure/i)
    } finally {
      await overTls.close()
    }
  })

  it('has no other door: nobody signs up, and better-auth has no address of its own', async () => {
    const anna = await test.signIn('anna', 'administrator')
    for (const path of [
      'sign-up/email',
      'get-session',
      'request-password-reset',
      'update-user',
      'delete-user',
      '../auth',
    ]) {
      for (const method of ['GET', 'POST']) {
        const { status } = await anna.call(
          method,
          `/v1/operators/auth/${path}`,
          method === 'POST' ? {} : undefined,
        )
        expect([path, method, status]).toEqual([path, method, 404])
      }
    }
  })

  it('tells the log neither address, name, password nor token', async () => {
    const anna = await test.signIn('anna-of-the-log', 'editor')
    await test.browser().call('POST', SIGN_IN, credentials('anna-of-the-log', 'wrong-password-of-the-log'))
    await test.browser().call('POST', SIGN_IN, credentials('nobody-of-the-log'))
    const text = test.logged.join('')
    for (const secret of [
      'of-the-log',
      PASSWORD,
      decodeURIComponent(anna.cookie).split('=')[1]!.slice(0, 20),
    ]) {
      expect(text).not.toContain(secret)
    }
  })
})

describe('wrong attempts', () => {
  const wrong = (name: string, address?: string) =>
    test
      .browser(address === undefined ? {} : { address })
      .call('POST', SIGN_IN, credentials(name, 'a wrong password'))

  it('make the account wait, from any address and with the right password too', async () => {
    await test.signIn('anna', 'editor')
    for (let attempt = 0; attempt < 5; attempt++) {
      expect((await wrong('anna', `203.0.113.${attempt}`)).status).toBe(401)
    }
    const locked = await test.browser({ address: '203.0.113.99' }).call('POST', SIGN_IN, credentials('anna'))
    expect(locked).toMatchObject({
      status: 429,
      body: { code: 'operator.locked' },
      headers: { 'retry-after': '30' },
    })
    test.clock.advance(30_000)
    expect((await test.browser().call('POST', SIGN_IN, credentials('anna'))).status).toBe(200)
    expect((await wrong('anna')).status).toBe(401)
  })

  it('lock an address that no operator has in the same way', async () => {
    for (let attempt = 0; attempt < 5; attempt++) expect((await wrong('nobody')).status).toBe(401)
    expect((await wrong('nobody')).status).toBe(429)
  })

  it('are what makes an account wait: seven right ones at once all sign in', async () => {
    await test.signIn('anna', 'editor')
    const answers = await Promise.all(
      Array.from({ length: 7 }, () => test.browser().call('POST', SIGN_IN, credentials('anna'))),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(7).fill(200))
  })

  it('that come forty at once are all counted', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => wrong('anna')))
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5)
  })

  it('on many accounts make the address wait, whatever X-Forwarded-For says', async () => {
    const statuses: number[] = []
    for (let attempt = 0; attempt < 32; attempt++) {
      const headers = { 'x-forwarded-for': `192.0.2.${attempt}`, 'x-foyer-address': `192.0.2.${attempt}` }
      const answer = await test.browser({ headers }).call('POST', SIGN_IN, credentials(`guess-${attempt}`))
      statuses.push(answer.status)
    }
    expect(statuses.indexOf(429)).toBe(30)
    expect(
      (await test.browser({ address: '198.51.100.2' }).call('POST', SIGN_IN, credentials('x'))).status,
    ).toBe(401)
  })

  it('behind a proxy are counted for the address that the proxy saw, not for one that the client claims', async () => {
    const behindProxy = await openTestOperators({ trustedProxies: 1 })
    try {
      const anna = { name: 'anna', email: emailOf('anna'), password: PASSWORD, role: 'editor' } as const
      await behindProxy.operators.createOperator(anna)
      const headers = { 'x-forwarded-for': '192.0.2.66, 203.0.113.5' }
      const client = behindProxy.browser({ address: '10.0.0.1', headers })
      await client.call('POST', SIGN_IN, credentials('anna'))
      const { body } = await client.call('GET', '/v1/operators/me/sessions')
      expect(body.items[0].address).toBe('203.0.113.5')
    } finally {
      await behindProxy.close()
    }
  })

  it('are kept without the address in readable form', async () => {
    await wrong('anna', '203.0.113.77')
    const { rows } = await test.records.db.execute(sql`select subject from operator_attempt`)
    expect(rows).toHaveLength(2)
    for (const row of rows) expect(row['subject']).toMatch(/^h1\.[\w-]{43}$/)
  })

  it('are forgotten by the hourly job after a day', async () => {
    await wrong('anna')
    test.clock.advance(86_400_001)
    await test.operators.jobs[0]!.run(AbortSignal.any([]))
    expect((await test.records.db.execute(sql`select from operator_attempt`)).rowCount).toBe(0)
  })
})

describe('a session', () => {
  it('ends after twelve hours without use, and lives on when it is used', async () => {
    const anna = await test.signIn('anna', 'editor')
    for (let hours = 0; hours < 24; hours += 8) {
      test.clock.advance(8 * 3_600_000)
      expect((await anna.call('GET', '/v1/operators/me')).status).toBe(200)
    }
    test.clock.advance(12 * 3_600_000)
    expect((await anna.call('GET', '/v1/operators/me')).status).toBe(401)
    test.clock.advance(1)
    expect((await test.records.db.execute(sql`select from operator_session`)).rowCount).toBe(0)
  })

  it('ends after seven days however much it is used', async () => {
    const anna = await test.signIn('anna', 'editor')
    await test.records.db.execute(
      sql`update operator_session set expires_at = expires_at - interval '7 days'`,
    )
    expect((await anna.call('GET', '/v1/operators/me')).status).toBe(401)
  })

  it('is listed with where it came from, and can be ended from elsewhere', async () => {
    const anna = await test.signIn('anna', 'editor')
    const phone = test.browser({ address: '203.0.113.5', headers: { 'user-agent': 'Phone/1.0' } })
    test.clock.advance(1)
    await phone.call('POST', SIGN_IN, credentials('anna'))
    const { body } = await anna.call('GET', '/v1/operators/me/sessions')
    const ofPhone = body.items.find(({ isCurrent }: { isCurrent: boolean }) => !isCurrent)
    expect(body.items).toHaveLength(2)
    expect(ofPhone).toMatchObject({ address: '203.0.113.5', userAgent: 'Phone/1.0' })
    expect((await anna.call('DELETE', `/v1/operators/me/sessions/${ofPhone.id}`)).status).toBe(204)
    expect((await phone.call('GET', '/v1/operators/me')).status).toBe(401)
    expect((await anna.call('GET', '/v1/operators/me')).status).toBe(200)
  })

  it('of somebody else cannot be ended', async () => {
    const [anna, ben] = [await test.signIn('anna', 'administrator'), await test.signIn('ben', 'editor')]
    const { body } = await ben.call('GET', '/v1/operators/me/sessions')
    const answer = await anna.call('DELETE', `/v1/operators/me/sessions/${body.items[0].id}`)
    expect(answer).toMatchObject({ status: 404, body: { code: 'operator_session.not_found' } })
    expect((await ben.call('GET', '/v1/operators/me')).status).toBe(200)
  })

  it('ends with all the others at one command', async () => {
    const anna = await test.signIn('anna', 'editor')
    const others = [test.browser(), test.browser()]
    for (const other of others) await other.call('POST', SIGN_IN, credentials('anna'))
    expect((await anna.call('DELETE', '/v1/operators/me/sessions')).status).toBe(204)
    for (const other of others) expect((await other.call('GET', '/v1/operators/me')).status).toBe(401)
    expect((await anna.call('GET', '/v1/operators/me')).status).toBe(200)
  })

  it('with an altered or invented cookie opens nothing', async () => {
    const anna = await test.signIn('anna', 'editor')
    const altered = anna.cookie.replace(/=(.)/, (_, first: string) => `=${first === 'a' ? 'b' : 'a'}`)
    for (const cookie of [altered, 'foyer-operator.session_token=x.y', 'foyer-operator.session_token=']) {
      expect((await test.browser().call('GET', '/v1/operators/me', undefined, { cookie })).status).toBe(401)
    }
  })
})

describe('requests of other sites', () => {
  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site', origin: BASE_URL },
    { 'sec-fetch-site': 'same-site' },
  ])('change nothing with the cookie: %j', async (headers) => {
    const anna = await test.signIn('anna', 'administrator')
    for (const [method, url] of [
      ['POST', '/probe'],
      ['DELETE', '/v1/operators/me/sessions'],
      ['POST', '/v1/operators/auth/sign-out'],
      ['POST', SIGN_IN],
    ] as const) {
      const body = url === SIGN_IN ? credentials('anna') : method === 'POST' ? {} : undefined
      const answer = await anna.call(method, url, body, headers)
      expect([url, answer.status, answer.body.code]).toEqual([url, 403, 'request.cross_origin'])
    }
    expect((await anna.call('GET', '/v1/operators/me')).status).toBe(200)
  })

  it('are refused also when nothing says where they come from', async () => {
    const anna = await test.signIn('anna', 'administrator')
    const { cookie } = anna
    const answer = await test.server.inject({
      method: 'POST',
      url: '/probe',
      headers: { cookie },
      payload: {},
    })
    expect(answer.statusCode).toBe(403)
  })
})

describe('changing the password', () => {
  const CHANGE = '/v1/operators/auth/change-password'
  const next = 'another long enough password'

  it('ends the other sessions and keeps this one', async () => {
    const anna = await test.signIn('anna', 'editor')
    const other = test.browser()
    await other.call('POST', SIGN_IN, credentials('anna'))
    expect((await anna.call('POST', CHANGE, { currentPassword: PASSWORD, newPassword: next })).status).toBe(
      204,
    )
    expect((await other.call('GET', '/v1/operators/me')).status).toBe(401)
    expect((await anna.call('GET', '/v1/operators/me')).status).toBe(200)
    expect((await test.browser().call('POST', SIGN_IN, credentials('anna'))).status).toBe(401)
    expect((await test.browser().call('POST', SIGN_IN, credentials('anna', next))).status).toBe(200)
  })

  it('needs the current one, of which five wrong guesses are allowed', async () => {
    const anna = await test.signIn('anna', 'editor')
    const guess = () => anna.call('POST', CHANGE, { currentPassword: 'a wrong password', newPassword: next })
    for (let attempt = 0; attempt < 5; attempt++)
      expect((await guess()).body.code).toBe('operator.sign_in_failed')
    expect((await guess()).body.code).toBe('operator.locked')
  })

  it('refuses a short one, and a caller who is not signed in', async () => {
    const anna = await test.signIn('anna', 'editor')
    const short = { currentPassword: PASSWORD, newPassword: 'only eleven' }
    expect(await anna.call('POST', CHANGE, short)).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'body.newPassword' }] },
    })
    const change = { currentPassword: PASSWORD, newPassword: next }
    expect((await test.browser().call('POST', CHANGE, change)).status).toBe(401)
  })
})
