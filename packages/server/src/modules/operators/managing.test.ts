import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RIGHTS, ROLES, type Role } from '@foyer/contracts'
import { recordsBackends } from '../../../test/records.ts'
import { emailOf, openTestOperators, PASSWORD, type TestOperators } from './operators.fixture.ts'
import { operatorLink } from './schema.ts'

const SIGN_IN = '/v1/operators/auth/sign-in/email'
const DAY_MS = 86_400_000
const tokenOf = (link: string) => new URL(link).searchParams.get('token')!
const person = { name: 'Anna Aalto', email: 'anna@example.org', password: PASSWORD }

describe.each(recordsBackends())('operators (%s)', (backend) => {
  let test: TestOperators
  beforeAll(async () => {
    test = await openTestOperators({ backend })
  })
  afterAll(() => test.close())
  beforeEach(() => test.empty())

  describe('the first operator', () => {
    const accept = (link: string, body: object = person) =>
      test.browser().call('POST', '/v1/operators/first', { token: tokenOf(link), ...body })

    it('comes in by the link that the server prints, and is an administrator', async () => {
      const link = (await test.operators.firstOperatorLink())!
      expect(link).toMatch(/^http:\/\/foyer\.test\/console\/welcome\?token=link_[\w-]{27}$/)
      const { status, body } = await accept(link)
      expect(status).toBe(201)
      const anna = test.browser()
      await anna.call('POST', SIGN_IN, { email: person.email, password: PASSWORD })
      expect((await anna.call('GET', '/v1/operators/me')).body).toEqual({
        id: body.id,
        name: person.name,
        email: person.email,
        role: 'administrator',
        rights: [...RIGHTS],
      })
      expect(await test.operators.firstOperatorLink()).toBeNull()
    })

    it('uses the link once, and no other first link works afterwards', async () => {
      const [one, other] = [
        await test.operators.firstOperatorLink(),
        await test.operators.firstOperatorLink(),
      ]
      expect((await accept(one!)).status).toBe(201)
      for (const link of [one!, other!]) {
        const again = await accept(link, { ...person, email: 'ben@example.org' })
        expect(again).toMatchObject({ status: 403, body: { code: 'operator.link_invalid' } })
      }
      expect((await test.records.db.execute(sql`select from operator`)).rowCount).toBe(1)
    })

    it('is one, when ten use ten links at once', async () => {
      const links = await Promise.all(Array.from({ length: 10 }, () => test.operators.firstOperatorLink()))
      const answers = await Promise.all(
        links.map((link, index) => accept(link!, { ...person, email: `${index}@example.org` })),
      )
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
      expect(answers.filter(({ status }) => status === 403)).toHaveLength(9)
    })

    it('comes too late after a day', async () => {
      const link = (await test.operators.firstOperatorLink())!
      test.clock.advance(DAY_MS)
      expect((await accept(link)).body.code).toBe('operator.link_invalid')
    })

    it.each([
      ['a short password', { ...person, password: 'only eleven' }, 'body.password'],
      ['no name', { ...person, name: '  ' }, 'body.name'],
      ['no address', { ...person, email: 'anna' }, 'body.email'],
      ['a role of their choice', { ...person, role: 'administrator' }, 'body.role'],
    ])('is told what is wrong with %s, and the link still works', async (_what, body, field) => {
      const link = (await test.operators.firstOperatorLink())!
      const answer = await accept(link, body)
      expect([answer.status, answer.body.errors[0].field]).toEqual([400, field])
      expect((await accept(link)).status).toBe(201)
    })

    it('does not come in by an invented token, nor by another kind of link', async () => {
      const anna = await test.signIn('anna', 'administrator')
      const { body } = await anna.call('POST', '/v1/operators/invitations', {
        email: 'b@example.org',
        role: 'editor',
      })
      for (const link of ['http://x/?token=link_aaaaaaaaaaaaaaaaaaaaaaaaaaa', body.link]) {
        expect((await accept(link)).body.code).toBe('operator.link_invalid')
      }
    })

    it('leaves no token behind that could be used', async () => {
      const link = (await test.operators.firstOperatorLink())!
      const { rows } = await test.records.db.execute(sql`select * from operator_link`)
      expect(JSON.stringify(rows)).not.toContain(tokenOf(link))
    })
  })

  describe('an invitation', () => {
    const invite = async (role: Role = 'editor', email = 'ben@example.org') => {
      const anna = await test.signIn('anna', 'administrator')
      return (await anna.call('POST', '/v1/operators/invitations', { email, role })).body
    }
    const accept = (link: string, name = 'Ben') =>
      test.browser().call('POST', '/v1/operators/accept', { token: tokenOf(link), name, password: PASSWORD })

    it('makes an operator of the role and address that it names, once', async () => {
      const { link } = await invite('marketer')
      expect(link).toMatch(/\/console\/join\?token=/)
      expect(await accept(link)).toMatchObject({ status: 201, body: { email: 'ben@example.org' } })
      expect((await accept(link)).body.code).toBe('operator.link_invalid')
      const ben = test.browser()
      const { body } = await ben.call('POST', SIGN_IN, { email: 'ben@example.org', password: PASSWORD })
      expect(body).toMatchObject({ name: 'Ben', role: 'marketer', rights: [...ROLES.marketer] })
    })

    it('lasts seven days', async () => {
      const { link } = await invite()
      test.clock.advance(7 * DAY_MS)
      expect((await accept(link)).body.code).toBe('operator.link_invalid')
    })

    it('can be seen and withdrawn while it is open', async () => {
      const anna = await test.signIn('anna', 'administrator')
      const { body: made } = await anna.call('POST', '/v1/operators/invitations', {
        email: 'ben@example.org',
        role: 'editor',
      })
      const { body: listed } = await anna.call('GET', '/v1/operators/invitations')
      expect(listed.items).toEqual([
        {
          id: made.id,
          email: 'ben@example.org',
          role: 'editor',
          createdAt: made.createdAt,
          expiresAt: made.expiresAt,
        },
      ])
      expect((await anna.call('DELETE', `/v1/operators/invitations/${made.id}`)).status).toBe(204)
      expect((await anna.call('DELETE', `/v1/operators/invitations/${made.id}`)).body.code).toBe(
        'invitation.not_found',
      )
      expect((await accept(made.link)).body.code).toBe('operator.link_invalid')
    })

    it('to who is an operator already is refused when it is accepted, and is not used up', async () => {
      const { link } = await invite()
      await test.operators.createOperator({ ...person, email: 'BEN@example.org', role: 'editor' })
      expect((await accept(link)).body.code).toBe('operator.exists')
      const [row] = await test.records.db.select().from(operatorLink)
      expect(row!.usedAt).toBeNull()
    })

    it('needs the right to manage operators', async () => {
      for (const role of Object.keys(ROLES) as Role[]) {
        if (role === 'administrator') continue
        const one = await test.signIn(role, role)
        for (const [method, url, body] of [
          ['POST', '/v1/operators/invitations', { email: 'x@example.org', role: 'administrator' }],
          ['GET', '/v1/operators', undefined],
          ['PATCH', `/v1/operators/${one.id}`, { role: 'administrator' }],
          ['POST', '/v1/api-keys', { label: 'x', rights: ['reports.read'] }],
        ] as const) {
          const answer = await one.call(method, url, body)
          expect([role, url, answer.body.code]).toEqual([role, url, 'operator.right_missing'])
        }
      }
    })

    it('is deleted a month after it was made', async () => {
      await invite()
      test.clock.advance(31 * DAY_MS)
      await test.operators.jobs[0]!.run(AbortSignal.any([]))
      expect(await test.records.db.$count(operatorLink)).toBe(0)
    })
  })

  describe('a link for a forgotten password', () => {
    it('sets a new one, once, and ends all sessions', async () => {
      const [anna, ben] = [await test.signIn('anna', 'administrator'), await test.signIn('ben', 'editor')]
      const { body } = await anna.call('POST', `/v1/operators/${ben.id}/password-link`)
      const next = { token: tokenOf(body.link), password: 'a new long password' }
      expect((await test.browser().call('POST', '/v1/operators/password', next)).status).toBe(204)
      expect((await ben.call('GET', '/v1/operators/me')).status).toBe(401)
      const again = await test.browser().call('POST', '/v1/operators/password', next)
      expect(again.body.code).toBe('operator.link_invalid')
      const signIn = (password: string) =>
        test.browser().call('POST', SIGN_IN, { email: emailOf('ben'), password })
      expect([(await signIn(PASSWORD)).status, (await signIn(next.password)).status]).toEqual([401, 200])
    })

    it('is not made for nobody', async () => {
      const anna = await test.signIn('anna', 'administrator')
      const { body } = await anna.call(
        'POST',
        '/v1/operators/01930000-0000-7000-8000-000000000000/password-link',
      )
      expect(body.code).toBe('operator.not_found')
    })
  })

  describe('managing operators', () => {
    it('lists them page by page', async () => {
      const anna = await test.signIn('anna', 'administrator')
      for (const name of ['ben', 'carla', 'dora']) {
        test.clock.advance(1)
        await test.operators.createOperator({
          name,
          email: emailOf(name),
          password: PASSWORD,
          role: 'editor',
        })
      }
      const names: string[] = []
      for (let cursor = ''; ;) {
        const { body } = await anna.call('GET', `/v1/operators?limit=3${cursor}`)
        names.push(...body.items.map(({ name }: { name: string }) => name))
        if (body.next === null) break
        cursor = `&cursor=${body.next}`
      }
      expect(names).toEqual(['anna', 'ben', 'carla', 'dora'])
      expect((await anna.call('GET', '/v1/operators?cursor=nonsense')).status).toBe(400)
    })

    it('changes a role, which counts at the next request', async () => {
      const [anna, ben] = [await test.signIn('anna', 'administrator'), await test.signIn('ben', 'analyst')]
      expect((await ben.call('POST', '/probe')).body.code).toBe('operator.right_missing')
      expect((await anna.call('PATCH', `/v1/operators/${ben.id}`, { role: 'editor' })).body.role).toBe(
        'editor',
      )
      expect((await ben.call('POST', '/probe')).status).toBe(200)
    })

    it('signs a disabled operator out at once and lets them back when enabled', async () => {
      const [anna, ben] = [await test.signIn('anna', 'administrator'), await test.signIn('ben', 'editor')]
      await anna.call('PATCH', `/v1/operators/${ben.id}`, { isDisabled: true })
      expect((await ben.call('GET', '/v1/operators/me')).status).toBe(401)
      const signIn = () => test.browser().call('POST', SIGN_IN, { email: emailOf('ben'), password: PASSWORD })
      expect(await signIn()).toMatchObject({ status: 403, body: { code: 'operator.disabled' } })
      expect(
        (await test.records.db.execute(sql`select from operator_session where operator_id = ${ben.id}`))
          .rowCount,
      ).toBe(0)
      await anna.call('PATCH', `/v1/operators/${ben.id}`, { isDisabled: false })
      expect((await signIn()).status).toBe(200)
    })

    it('removes an operator with their key, sessions and name', async () => {
      const [anna, ben] = [await test.signIn('anna', 'administrator'), await test.signIn('ben', 'editor')]
      expect((await anna.call('DELETE', `/v1/operators/${ben.id}`)).status).toBe(204)
      expect((await ben.call('GET', '/v1/operators/me')).status).toBe(401)
      expect((await anna.call('DELETE', `/v1/operators/${ben.id}`)).body.code).toBe('operator.not_found')
      const { rows } = await test.records.db.execute(sql`
      select (select count(*)::int from operator) as operators, (select count(*)::int from operator_account) as accounts,
             (select count(*)::int from vault_key) as keys, (select count(*)::int from operator_session) as sessions`)
      expect(rows[0]).toEqual({ operators: 1, accounts: 1, keys: 1, sessions: 1 })
    })

    it('keeps the last administrator, whoever asks and however', async () => {
      const anna = await test.signIn('anna', 'administrator')
      const ben = await test.signIn('ben', 'administrator')
      await anna.call('PATCH', `/v1/operators/${ben.id}`, { isDisabled: true })
      for (const [method, body] of [
        ['DELETE', undefined],
        ['PATCH', { role: 'editor' }],
        ['PATCH', { isDisabled: true }],
      ] as const) {
        const answer = await anna.call(method, `/v1/operators/${anna.id}`, body)
        expect(answer).toMatchObject({ status: 409, body: { code: 'operator.last_administrator' } })
      }
      expect((await anna.call('DELETE', `/v1/operators/${ben.id}`)).status).toBe(204)
    })

    it('keeps one when two administrators remove each other at once', async () => {
      const [anna, ben] = [
        await test.signIn('anna', 'administrator'),
        await test.signIn('ben', 'administrator'),
      ]
      const answers = await Promise.all([
        anna.call('DELETE', `/v1/operators/${ben.id}`),
        ben.call('DELETE', `/v1/operators/${anna.id}`),
      ])
      expect(answers.filter(({ status }) => status === 204)).toHaveLength(1)
      expect((await test.records.db.execute(sql`select from operator`)).rowCount).toBe(1)
    })

    it('does not make two operators of one address', async () => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, () => test.operators.createOperator({ ...person, role: 'editor' })),
      )
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const refused = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult
      expect(refused.reason).toMatchObject({ code: 'operator.exists' })
    })
  })
})
