import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { recordsBackends } from '../../../test/records.ts'
import { emailOf, openTestOperators, PASSWORD, type TestOperators } from './operators.fixture.ts'
import { auditEntry, operatorLink } from './schema.ts'

const SIGN_IN = '/v1/operators/auth/sign-in/email'
const tokenOf = (link: string) => new URL(link).searchParams.get('token')!

describe.each(recordsBackends())('the audit trail (%s)', (backend) => {
  let test: TestOperators
  beforeAll(async () => {
    test = await openTestOperators({ backend })
  })
  afterAll(() => test.close())
  beforeEach(() => test.empty())

  it('has an entry of every act, since an act that it cannot take is not made', async () => {
    const { db } = test.records
    const anna = await test.signIn('anna', 'administrator')
    const ben = await test.signIn('ben', 'editor')
    const call = anna.call.bind(anna)
    const invite = { email: 'carl@example.org', role: 'editor' }
    const { body: invitation } = await call('POST', '/v1/operators/invitations', invite)
    const { body: key } = await call('POST', '/v1/api-keys', { label: 'kept', rights: ['catalogue.write'] })
    const { body: forgotten } = await call('POST', `/v1/operators/${ben.id}/password-link`)
    const state = async () => [
      (await call('GET', '/v1/operators')).body.items,
      (await call('GET', '/v1/operators/invitations')).body.items,
      (await call('GET', '/v1/api-keys')).body.items,
      await db.$count(operatorLink),
    ]
    const before = await state()

    await db.execute(sql`alter table audit_entry add constraint away check (false) not valid`)
    try {
      for (const [method, url, body] of [
        ['PATCH', `/v1/operators/${ben.id}`, { role: 'analyst' }],
        ['PATCH', `/v1/operators/${ben.id}`, { isDisabled: true }],
        ['DELETE', `/v1/operators/${ben.id}`],
        ['POST', `/v1/operators/${ben.id}/password-link`],
        ['POST', '/v1/operators/invitations', { ...invite, email: 'dora@example.org' }],
        ['DELETE', `/v1/operators/invitations/${invitation.id}`],
        ['POST', '/v1/api-keys', { label: 'new', rights: ['catalogue.write'] }],
        ['DELETE', `/v1/api-keys/${key.id}`],
        [
          'POST',
          '/v1/operators/auth/change-password',
          { currentPassword: PASSWORD, newPassword: 'another long password' },
        ],
        [
          'POST',
          '/v1/operators/accept',
          { token: tokenOf(invitation.link), name: 'Carl', password: PASSWORD },
        ],
        [
          'POST',
          '/v1/operators/password',
          { token: tokenOf(forgotten.link), password: 'another long password' },
        ],
      ] as const) {
        expect((await call(method, url, body)).status, `${method} ${url}`).toBe(500)
      }
    } finally {
      await db.execute(sql`alter table audit_entry drop constraint away`)
    }
    expect(await state()).toEqual(before)
    // The links were not used up, and the password is the old one.
    const again = await test.browser().call('POST', SIGN_IN, { email: emailOf('ben'), password: PASSWORD })
    expect(again.status).toBe(200)
    const join = { token: tokenOf(invitation.link), name: 'Carl', password: PASSWORD }
    expect((await test.browser().call('POST', '/v1/operators/accept', join)).status).toBeLessThan(300)
  })

  it('tells who did what, newest first, without names and addresses', async () => {
    const anna = await test.signIn('anna', 'administrator')
    const ben = await test.signIn('ben', 'analyst')
    test.clock.advance(1)
    await anna.call('PATCH', `/v1/operators/${ben.id}`, { role: 'editor' })
    test.clock.advance(1)
    await anna.call('PATCH', `/v1/operators/${ben.id}`, { isDisabled: true })
    const { body } = await anna.call('GET', `/v1/audit?object=${ben.id}&actor=${anna.id}`)
    expect(body.items).toMatchObject([
      {
        action: 'operator.disabled',
        actor: { kind: 'operator', id: anna.id },
        object: ben.id,
        details: {},
      },
      { action: 'operator.role_changed', details: { from: 'analyst', to: 'editor' } },
    ])
    const { body: first } = await anna.call('GET', '/v1/audit?limit=1')
    const { body: second } = await anna.call('GET', `/v1/audit?limit=1&cursor=${first.next}`)
    expect([first.items[0].action, second.items[0].action]).toEqual([
      'operator.disabled',
      'operator.role_changed',
    ])
    const { rows } = await test.records.db.execute(sql`select * from audit_entry`)
    expect(JSON.stringify(rows)).not.toMatch(/anna|ben|@example/)
  })

  it('is read by who has the right only', async () => {
    const ben = await test.signIn('ben', 'editor')
    expect((await ben.call('GET', '/v1/audit')).body.code).toBe('operator.right_missing')
    const privacy = await test.signIn('officer', 'privacy')
    expect((await privacy.call('GET', '/v1/audit')).status).toBe(200)
  })

  it('cannot be changed, deleted or emptied by a statement, until two years have passed', async () => {
    const { db } = test.records
    await test.signIn('anna', 'editor')
    const before = await db.$count(auditEntry)
    expect(before).toBeGreaterThan(0)
    for (const statement of [
      sql`update audit_entry set action = 'nothing.happened'`,
      sql`delete from audit_entry`,
      sql`truncate audit_entry`,
    ]) {
      await expect(db.execute(statement)).rejects.toMatchObject({ cause: { message: /append-only/ } })
    }
    expect(await db.$count(auditEntry)).toBe(before)
    const [old] = await db
      .insert(auditEntry)
      .values({
        id: '01930000-0000-7000-8000-000000000000',
        at: new Date('2001-01-01'),
        actorKind: 'operator',
        actorId: 'x',
        action: 'x.y',
        object: 'x',
        details: {},
      })
      .returning()
    expect((await db.delete(auditEntry).where(eq(auditEntry.id, old!.id))).rowCount).toBe(1)
  })
})
