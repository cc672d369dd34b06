import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ACCOUNT_LIMITS } from '@foyer/contracts'
import { recordsBackends } from '../../../test/records.ts'
import { LETTER_LIMITS } from './email-proofs.ts'
import { openTestIdentity, PASSWORD, SERVICE, type TestIdentity } from './identity.fixture.ts'

const ANA = 'ana@example.com'
const HOUR_MS = 3_600_000

describe.each(recordsBackends())('registering (%s)', (backend) => {
  let test: TestIdentity
  beforeAll(async () => {
    test = await openTestIdentity({ backend })
  })
  afterAll(() => test?.close())
  beforeEach(() => test.empty())

  const begin = (email: string, more: object = {}, browser = test.browser()) =>
    browser.call('POST', '/v1/account/registrations', {
      service: SERVICE.id,
      email,
      password: PASSWORD,
      ...more,
    })
  const complete = (id: string, code: string | null, browser = test.browser()) =>
    browser.call('POST', `/v1/account/registrations/${id}/completion`, { code })
  const another = (code: string | null) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
  const countOf = async (table: string) =>
    (await test.rig.records.pool.query(`SELECT FROM ${table}`)).rowCount

  it('makes a viewer and an account of one id when the code comes back, signed in', async () => {
    const browser = test.browser()
    const begun = await begin(ANA, { name: 'Ana Núñez' }, browser)
    expect(begun.status).toBe(202)
    expect(begun.body).toEqual({
      id: expect.any(String),
      expiresAt: new Date(test.rig.clock.now() + ACCOUNT_LIMITS.codeLiveMs).toISOString(),
    })
    expect([await countOf('viewer'), await countOf('viewer_login')]).toEqual([0, 0])

    const { status, body } = await complete(begun.body.id, await test.codeTo(ANA), browser)
    expect([status, body]).toEqual([
      201,
      { viewerId: expect.any(String), service: 'cinema', email: ANA, name: 'Ana Núñez' },
    ])
    expect((await browser.call('GET', '/v1/account')).body).toEqual(body)
    const { body: viewer } = await test.rig.call('GET', `/v1/viewers/${body.viewerId}`)
    expect(viewer).toMatchObject({
      id: body.viewerId,
      service: 'cinema',
      email: ANA,
      name: 'Ana Núñez',
      registeredAt: new Date(test.rig.clock.now()).toISOString(),
      externalIds: [{ service: 'cinema', externalId: body.viewerId }],
    })
  })

  it('writes in the language of the service or of the reader, with the name of the service', async () => {
    await begin(ANA)
    await begin('bea@example.com', { language: 'en-GB' })
    await begin('cai@example.com', { language: 'cy' })
    const [ana] = await test.lettersTo(ANA)
    const [bea] = await test.lettersTo('bea@example.com')
    const [cai] = await test.lettersTo('cai@example.com')
    expect([ana!.language, bea!.language, cai!.language]).toEqual(['es', 'en', 'en'])
    expect(ana!.subject).toMatch(/^\d{6} es tu código para Cinema Ñandú$/)
    expect(ana!.from).toBe('Cinema Ñandú')
  })

  it('answers the same for an address that has an account, and its letter signs in to that one', async () => {
    const { registered } = await test.register(ANA)
    const browser = test.browser()
    const begun = await begin(' ANA@example.COM ', { password: 'another-dragonfly-lamp' }, browser)
    expect([begun.status, Object.keys(begun.body)]).toEqual([202, ['id', 'expiresAt']])
    expect((await test.lettersTo(ANA)).at(-1)!.paragraphs[0]).toMatchObject({
      text: expect.stringContaining('Ya tienes una cuenta'),
    })
    const { status, body } = await complete(begun.body.id, await test.codeTo(ANA), browser)
    expect([status, body]).toEqual([200, registered.body])
    // The password that was typed is nobody's.
    const signIn = (password: string) =>
      test.browser().call('POST', '/v1/account/sessions', { email: ANA, password })
    expect((await signIn('another-dragonfly-lamp')).status).toBe(401)
    expect((await signIn(PASSWORD)).status).toBe(200)
  })

  it.each([' ana@example.COM ', 'Ana@Example.com', 'ＡＮＡ@example.com'])(
    '%j is the address ana@example.com',
    async (typed) => {
      await begin(typed)
      expect(await test.lettersTo(ANA)).toHaveLength(1)
    },
  )

  it.each([
    [{ email: 'ana' }, 'body.email'],
    // Looks like ana@example.com and is another mailbox.
    [{ email: 'аna@example.com' }, 'body.email'],
    [{ email: 'ana@example.com\r\nBcc: eve@example.com' }, 'body.email'],
    [{ password: 'short' }, 'body.password'],
    [{ password: 'password1' }, 'body.password'],
    [{ password: 'ana@example.com' }, 'body.password'],
    [{ password: 'x'.repeat(129) }, 'body.password'],
    [{ name: 'a\nb' }, 'body.name'],
    [{ language: 'nope!' }, 'body.language'],
    [{ colour: 'red' }, 'body'],
  ])('with %j is refused at %s, and no letter goes out', async (more, field) => {
    const { status, body } = await begin(ANA, more)
    expect(status).toBe(400)
    expect(body.errors[0].field).toContain(field)
    expect(await test.outbox.waiting(10)).toEqual([])
  })

  it('with a service that there is not is refused', async () => {
    expect((await begin(ANA, { service: 'none' })).body.code).toBe('service.not_found')
  })

  it('is not begun by a page of another site', async () => {
    const foreign = test.browser({ headers: { origin: 'https://evil.example' } })
    expect((await begin(ANA, {}, foreign)).body.code).toBe('request.cross_origin')
  })

  it('is not finished by a wrong code, and after five not by the right one', async () => {
    const { body } = await begin(ANA)
    const code = await test.codeTo(ANA)
    for (let n = 0; n < ACCOUNT_LIMITS.codeAttempts; n++) {
      expect((await complete(body.id, another(code))).body.code).toBe('account.code_wrong')
    }
    expect((await complete(body.id, code)).body.code).toBe('account.code_expired')
    expect(await countOf('viewer')).toBe(0)
  })

  it('counts wrong codes that come at once', async () => {
    const { body } = await begin(ANA)
    const wrong = another(await test.codeTo(ANA))
    const answers = await Promise.all(Array.from({ length: 40 }, () => complete(body.id, wrong)))
    const codes = answers.map((answer) => answer.body.code)
    expect(codes.filter((code) => code === 'account.code_wrong')).toHaveLength(5)
    expect(codes.filter((code) => code === 'account.code_expired')).toHaveLength(35)
  })

  it('is not finished after 15 minutes, twice, by the code of another, or for a reset', async () => {
    const first = await begin(ANA)
    const code = await test.codeTo(ANA)
    const other = await begin('bea@example.com')
    expect((await complete(other.body.id, code)).status).toBe(403)
    expect(
      (
        await test.browser().call('POST', `/v1/account/password-resets/${first.body.id}/completion`, {
          code,
          password: PASSWORD,
        })
      ).body.code,
    ).toBe('account.code_expired')
    expect((await complete(first.body.id, code)).status).toBe(201)
    expect((await complete(first.body.id, code)).body.code).toBe('account.code_expired')

    const late = await begin('cai@example.com')
    const lateCode = await test.codeTo('cai@example.com')
    test.rig.clock.advance(ACCOUNT_LIMITS.codeLiveMs)
    expect((await complete(late.body.id, lateCode)).body.code).toBe('account.code_expired')
  })

  it('sends five letters an hour to an address, whoever asks and at once too, and thirty from a network', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => begin(ANA, {}, test.browser({ address: `203.0.113.${n}` }))),
    )
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(LETTER_LIMITS.perEmail)
    expect(answers.find(({ status }) => status === 429)!.body.code).toBe('account.too_many_letters')
    expect(await test.lettersTo(ANA)).toHaveLength(LETTER_LIMITS.perEmail)
    // An address with an account is counted like one without.
    const before = (await begin('bea@example.com')).status
    expect(before).toBe(202)

    const office = Array.from({ length: 40 }, (_, n) =>
      begin(`${n}@example.org`, {}, test.browser({ address: '192.0.2.1' })),
    )
    const statuses = (await Promise.all(office)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 202)).toHaveLength(LETTER_LIMITS.perNetwork)

    test.rig.clock.advance(HOUR_MS)
    expect((await begin(ANA)).status).toBe(202)
  })

  it('leaves nothing half made when the viewer cannot be made', async () => {
    const { body } = await begin(ANA)
    const code = await test.codeTo(ANA)
    await test.rig.records.pool.query(`ALTER TABLE viewer ADD CONSTRAINT full_up CHECK (false) NOT VALID`)
    try {
      expect((await complete(body.id, code)).status).toBe(500)
    } finally {
      await test.rig.records.pool.query('ALTER TABLE viewer DROP CONSTRAINT full_up')
    }
    expect([await countOf('viewer_login'), await countOf('vault_key'), await countOf('external_id')]).toEqual(
      [0, 0, 0],
    )
    // The code was not used up.
    expect((await complete(body.id, code)).status).toBe(201)
  })

  it('writes no address, name, password or code into a log', async () => {
    await test.register(ANA, { name: 'Ana Marker' })
    await begin(ANA)
    const text = test.logged.join('')
    for (const secret of [ANA, 'Marker', PASSWORD, (await test.codeTo(ANA))!])
      expect(text).not.toContain(secret)
  })
})

describe.each(recordsBackends())('two hundred registrations at once (%s)', (backend) => {
  it('with one e-mail make one viewer, and all who read a letter are signed in as it', async () => {
    const test = await openTestIdentity({ backend, letterLimits: { perEmail: 1_000, perNetwork: 1_000 } })
    try {
      const begun = await Promise.all(
        Array.from({ length: 200 }, (_, n) =>
          test.browser().call('POST', '/v1/account/registrations', {
            service: SERVICE.id,
            email: n % 2 === 0 ? ANA : ' ANA@Example.COM',
            password: `${PASSWORD} ${n}`,
          }),
        ),
      )
      expect(begun.every(({ status }) => status === 202)).toBe(true)
      const codes = await test.codesById()
      const answers = await Promise.all(
        begun.map(({ body }) =>
          test.browser().call('POST', `/v1/account/registrations/${body.id}/completion`, {
            code: codes.get(body.id),
          }),
        ),
      )
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(199)
      expect(new Set(answers.map(({ body }) => body.viewerId)).size).toBe(1)
      for (const table of ['viewer', 'viewer_login', 'viewer_sign_in_method', 'vault_key']) {
        expect((await test.rig.records.pool.query(`SELECT FROM ${table}`)).rowCount, table).toBe(1)
      }
    } finally {
      await test.close()
    }
  })
})
