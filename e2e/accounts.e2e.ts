import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { simpleParser, type ParsedMail } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand, startInstance, type TestInstance } from './instance.ts'
import { firstOperator, type TestOperator } from './operator.ts'

/** A viewer's account from the letter to the registrations report, through the whole program and a real mail server. */

let smtp: SMTPServer
let instance: TestInstance
let operator: TestOperator
const mails: ParsedMail[] = []
let isTaking = false

beforeAll(async () => {
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onMailFrom: (_address, _session, done) =>
      done(isTaking ? null : Object.assign(new Error('later'), { responseCode: 451 })),
    onData(stream, _session, done) {
      simpleParser(stream, (error, mail) => {
        if (!error) mails.push(mail)
        done(error)
      })
    },
  })
  smtp.listen(0, '127.0.0.1')
  await once(smtp.server, 'listening')
  instance = await startInstance({
    environment: {
      FOYER_MAIL_URL: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
      FOYER_MAIL_FROM: 'noreply@cinema.example',
    },
  })
  operator = await firstOperator(instance)
  await operator.call('POST', '/v1/services', {
    id: 'cinema',
    name: 'Cinema',
    timeZone: 'Europe/Madrid',
    localCountry: 'ES',
    language: 'en',
  })
})
afterAll(async () => {
  await instance?.close()
  await new Promise<void>((resolve) => smtp.close(resolve))
})

const post = (path: string, body: object) =>
  fetch(instance.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: instance.url },
    body: JSON.stringify(body),
  })

test('a letter that the mail server does not take yet is read at the terminal, and sent when it does', async () => {
  const begun = await post('/v1/account/registrations', {
    service: 'cinema',
    email: 'ana@viewers.example',
    password: 'dragonfly-lamp-seven',
    name: 'Ana Aalto',
  })
  expect(begun.status).toBe(202)
  const { id } = (await begun.json()) as { id: string }
  const { output } = await runCommand(['letters'], { dataFolder: instance.dataFolder })
  expect(output).toContain('To ana@viewers.example, from Cinema')
  const code = /^\d{6}$/m.exec(output)![0]

  isTaking = true
  await expect.poll(() => mails.length, { timeout: 60_000 }).toBe(1)
  expect(mails[0]!.from?.value).toEqual([{ name: 'Cinema', address: 'noreply@cinema.example' }])
  expect(mails[0]!.text).toContain(code)
  expect((await runCommand(['letters'], { dataFolder: instance.dataFolder })).output).toContain(
    'No letter waits.',
  )

  const done = await post(`/v1/account/registrations/${id}/completion`, { code })
  expect(done.status).toBe(201)
  const cookie = done.headers.getSetCookie().map((each) => each.split(';')[0]!)
  const account = await fetch(`${instance.url}/v1/account`, { headers: { cookie: cookie.join('; ') } })
  expect(await account.json()).toMatchObject({ email: 'ana@viewers.example', name: 'Ana Aalto' })
})

test('who registered is in the registrations of the day, and found by the operator', async () => {
  const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Madrid' }).format(new Date())
  const path = `/v1/reports/registrations?service=cinema&from=${today}&to=${today}`
  await expect
    .poll(async () => (await operator.call<{ total: number }>('GET', path)).total, { timeout: 20_000 })
    .toBe(1)
  const list = await operator.call<{ items: { viewerId: string; label: string }[] }>(
    'GET',
    `/v1/reports/registrations/viewers?service=cinema&from=${today}&to=${today}`,
  )
  expect(list.items.map(({ label }) => label)).toEqual(['Ana Aalto'])
})
