import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simpleParser, type ParsedMail } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openTestRecords, recordsBackends, type TestRecords } from '../../../test/records.ts'
import { manualClock } from '../clock.ts'
import { systemRandom } from '../ids.ts'
import { createLogger } from '../log.ts'
import { createMetrics } from '../metrics.ts'
import { createVault, openFileKeyRing, type Vault } from '../vault/index.ts'
import { createMailDelivery, type MailDelivery } from './delivery.ts'
import { createOutbox, type Letter, type Outbox } from './outbox.ts'
import { outgoingLetter } from './schema.ts'

const LETTER: Letter = {
  to: 'ana@example.org',
  from: 'Cine Ñandú',
  subject: 'Your code',
  language: 'en',
  paragraphs: [
    { text: 'Hello <Ana> & all' },
    { code: '123456' },
    { link: 'https://cine.example/verify?token=a&b=c', label: 'Verify' },
  ],
}
const HOUR_MS = 3_600_000

describe.each(recordsBackends())('letters (%s)', (backend) => {
  const clock = manualClock(Date.parse('2026-11-22T10:00:00Z'))
  let records: TestRecords
  let folder: string
  let vault: Vault
  let outbox: Outbox
  let deliveries: MailDelivery[] = []
  let server: SMTPServer
  let received: { recipients: string[]; mail: ParsedMail; raw: string }[]
  /** What the server answers to a recipient; null takes them. */
  let answer: { code: number } | null

  beforeAll(async () => {
    records = await openTestRecords({ backend })
    folder = mkdtempSync(join(tmpdir(), 'foyer-mail-'))
    vault = createVault({ ring: openFileKeyRing(join(folder, 'keys'), { clock }), clock })
    outbox = createOutbox({ db: records.db, vault, clock, random: systemRandom })
  })
  afterAll(async () => {
    await records.close()
    rmSync(folder, { recursive: true })
  })
  beforeEach(async () => {
    await records.db.delete(outgoingLetter)
    received = []
    answer = null
    server = await startServer()
  })
  afterEach(async () => {
    for (const delivery of deliveries) delivery.close()
    deliveries = []
    await new Promise<void>((resolve) => server.close(resolve))
  })

  async function startServer(port = 0): Promise<SMTPServer> {
    const smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: (_address, _session, done) =>
        done(answer ? Object.assign(new Error('no'), { responseCode: answer.code }) : null),
      onData(stream, session, done) {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          const raw = Buffer.concat(chunks).toString()
          simpleParser(raw, (error, mail) => {
            if (!error)
              received.push({ recipients: session.envelope.rcptTo.map(({ address }) => address), mail, raw })
            done(error)
          })
        })
      },
    })
    smtp.on('error', () => undefined)
    smtp.listen(port, '127.0.0.1')
    await once(smtp.server, 'listening')
    return smtp
  }

  const portOf = (smtp: SMTPServer) => (smtp.server.address() as AddressInfo).port

  function deliveryTo(url: string, from = outbox): () => Promise<void> {
    const delivery = createMailDelivery({
      outbox: from,
      settings: { url, from: 'noreply@foyer.example' },
      metrics: createMetrics('test'),
      log: createLogger({ role: 'test', level: 'silent' }),
    })
    deliveries.push(delivery)
    return () => delivery.jobs[0]!.run(new AbortController().signal)
  }
  const here = () => deliveryTo(`smtp://127.0.0.1:${portOf(server)}`)
  const post = (letter: Partial<Letter> = {}) =>
    records.db.transaction((tx) => outbox.post(tx, { ...LETTER, ...letter }, HOUR_MS))
  const waiting = async () => (await outbox.waiting(100)).length

  it('arrive as text and as HTML, from the service, and are gone from the outbox', async () => {
    await post()
    await here()()
    expect(received).toHaveLength(1)
    const [{ recipients, mail }] = received as [(typeof received)[0]]
    expect(recipients).toEqual(['ana@example.org'])
    expect(mail.from?.value).toEqual([{ name: 'Cine Ñandú', address: 'noreply@foyer.example' }])
    expect(mail.subject).toBe('Your code')
    expect(mail.text).toBe('Hello <Ana> & all\n\n123456\n\nVerify: https://cine.example/verify?token=a&b=c\n')
    expect(mail.html).toContain('Hello &lt;Ana&gt; &amp; all')
    expect(mail.html).toContain('href="https://cine.example/verify?token=a&amp;b=c"')
    expect(await waiting()).toBe(0)
  })

  it('begin no header by what a person or an operator typed', async () => {
    const injection = 'Eve\r\nBcc: eve@example.org\r\n\r\nbody'
    await post({ from: injection, subject: injection })
    await here()()
    const [{ recipients, mail, raw }] = received as [(typeof received)[0]]
    expect(recipients).toEqual(['ana@example.org'])
    expect(mail.bcc).toBeUndefined()
    expect(raw).not.toMatch(/^Bcc:/im)
    expect(mail.text).toContain('123456')
  })

  it.each(['ana@example.org\r\nBcc: eve@example.org', 'ana@example.org, eve@example.org', 'x'])(
    'go to nobody else by the address %j',
    async (to) => {
      await post({ to })
      await here()()
      expect(received.flatMap(({ recipients }) => recipients)).not.toContain('eve@example.org')
      for (const { raw } of received) expect(raw).not.toMatch(/^Bcc:/im)
    },
  )

  it('lie sealed while they wait, and are read back by whoever has the keys', async () => {
    await post()
    const { rows } = await records.pool.query('SELECT * FROM outgoing_letter')
    expect(JSON.stringify(rows)).not.toMatch(/ana|example|123456|Cine/i)
    expect((await outbox.waiting(10)).map(({ letter }) => letter)).toEqual([LETTER])
  })

  it('are not sent for what was rolled back', async () => {
    const fails = records.db.transaction(async (tx) => {
      await outbox.post(tx, LETTER, HOUR_MS)
      throw new Error('the registration failed')
    })
    await expect(fails).rejects.toThrow('the registration failed')
    await here()()
    expect(received).toEqual([])
  })

  it('wait while the server is away, longer each time, and arrive once when it is back', async () => {
    const port = portOf(server)
    await new Promise<void>((resolve) => server.close(resolve))
    const run = deliveryTo(`smtp://127.0.0.1:${port}`)
    await post()
    await run()
    expect(await waiting()).toBe(1)

    server = await startServer(port)
    await run()
    expect(received).toHaveLength(0)
    clock.advance(3_000)
    answer = { code: 451 }
    await run()
    answer = null
    clock.advance(5_999)
    await run()
    expect(received).toHaveLength(0)
    clock.advance(1)
    await run()
    await run()
    expect(received).toHaveLength(1)
    expect(await waiting()).toBe(0)
  })

  it('that are refused for good are not tried again', async () => {
    answer = { code: 550 }
    await post()
    const run = here()
    await run()
    expect(await waiting()).toBe(0)
  })

  it('expire, and an expired one is not sent', async () => {
    await post()
    clock.advance(HOUR_MS)
    await here()()
    expect(received).toEqual([])
    expect((await records.pool.query('SELECT FROM outgoing_letter')).rowCount).toBe(0)
  })

  it('are sent once by two workers at once', async () => {
    for (let n = 0; n < 45; n++) await post({ subject: `Letter ${n}` })
    const other = createOutbox({ db: records.openClient().db, vault, clock, random: systemRandom })
    await Promise.all([here()(), deliveryTo(`smtp://127.0.0.1:${portOf(server)}`, other)()])
    expect(received.map(({ mail }) => mail.subject).toSorted()).toEqual(
      Array.from({ length: 45 }, (_, n) => `Letter ${n}`).toSorted(),
    )
  })

  it('wait where no server is set up', async () => {
    await post()
    await deliveryTo('')()
    expect(await waiting()).toBe(1)
  })
})
