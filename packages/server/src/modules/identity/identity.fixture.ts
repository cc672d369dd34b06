import { Writable } from 'node:stream'
import { pino } from 'pino'
import { openAccountsRig, type AccountsRig } from '../../../test/accounts.ts'
import { openTestBrowser, type Answer, type Browser } from '../../../test/browser.ts'
import { quickPasswords } from '../../../test/quick-passwords.ts'
import type { RecordsBackend } from '../../../test/records.ts'
import { createHttpServer, type HttpServer } from '../../platform/http/index.ts'
import { systemRandom } from '../../platform/ids.ts'
import { createOutbox, type Letter, type Outbox } from '../../platform/mail/index.ts'
import { createIdentity, type Identity } from './index.ts'

/** The identity module over accounts behind HTTP, with a service `cinema`. Time stands until a test moves it. */
export interface TestIdentity {
  readonly rig: AccountsRig
  readonly identity: Identity
  readonly server: HttpServer
  readonly outbox: Outbox
  /** All that was logged, at every level. */
  readonly logged: string[]
  browser(options?: { address?: string; headers?: Record<string, string> }): Browser
  /** Letters to an address that wait, oldest first. */
  lettersTo(email: string): Promise<Letter[]>
  /** The code of the last letter to an address; null when it has none. */
  codeTo(email: string): Promise<string | null>
  /** Every code that was sent, by the id that it belongs to. */
  codesById(): Promise<Map<string, string>>
  /** Registers somebody, who is signed in then. */
  register(
    email: string,
    options?: { password?: string; name?: string; browser?: Browser },
  ): Promise<Browser & { registered: Answer }>
  empty(): Promise<void>
  close(): Promise<void>
}

export const BASE_URL = 'http://foyer.test'
export const PASSWORD = 'dragonfly-lamp-seven'
export const SERVICE = {
  id: 'cinema',
  name: 'Cinema Ñandú',
  timeZone: 'Europe/Madrid',
  localCountry: 'ES',
  language: 'es',
}

export async function openTestIdentity(
  options: {
    backend?: RecordsBackend
    baseUrl?: string
    isHashingReal?: boolean
    letterLimits?: { perEmail: number; perNetwork: number }
  } = {},
): Promise<TestIdentity> {
  const rig = await openAccountsRig({ backend: options.backend ?? 'embedded' })
  const { records, vault, clock, accounts } = rig
  const { db } = records
  const logged: string[] = []
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged.push(chunk.toString())
      done()
    },
  })
  const log = pino({ level: 'trace' }, sink)
  const outbox = createOutbox({ db, vault, clock, random: systemRandom })
  const baseUrl = options.baseUrl ?? BASE_URL
  const identity = await createIdentity({
    db,
    vault,
    clock,
    random: systemRandom,
    log,
    baseUrl,
    outbox,
    accounts,
    ...(options.isHashingReal ? {} : { passwords: quickPasswords }),
    ...(options.letterLimits ? { letterLimits: options.letterLimits } : {}),
  })
  const server = await createHttpServer({
    log,
    authenticate: async () => null,
    requestsPerMinute: 1_000_000,
    trustedProxies: 0,
    version: 'test',
    isDraining: () => false,
  })
  await identity.routes(server)
  await server.ready()
  await rig.call('POST', '/v1/services', SERVICE)

  const browser: TestIdentity['browser'] = (more = {}) => openTestBrowser(server, { baseUrl, ...more })
  const lettersTo = async (email: string) =>
    (await outbox.waiting(1_000)).map(({ letter }) => letter).filter(({ to }) => to === email)

  async function codeTo(email: string): Promise<string | null> {
    const letter = (await lettersTo(email)).at(-1)
    return letter?.paragraphs.flatMap((part) => ('code' in part ? [part.code] : []))[0] ?? null
  }

  return {
    rig,
    identity,
    server,
    outbox,
    logged,
    browser,
    lettersTo,
    codeTo,
    async codesById() {
      const { rows } = await records.pool.query<{ id: string; code: string }>(
        'SELECT id, code FROM email_proof',
      )
      const ids = new Map(rows.map(({ id, code }) => [code, id]))
      const codes = (await outbox.waiting(10_000)).flatMap(({ letter }) =>
        letter.paragraphs.flatMap((part) => ('code' in part ? [part.code] : [])),
      )
      return new Map(
        codes.flatMap((code) =>
          rows.flatMap(({ id }) => {
            const hash = vault.lookup('email_proof.code', `${id} ${code}`)
            return ids.get(hash) === id ? [[id, code] as const] : []
          }),
        ),
      )
    },
    async register(email, { password = PASSWORD, name, browser: own = browser() } = {}) {
      const begun = await own.call('POST', '/v1/account/registrations', {
        service: SERVICE.id,
        email,
        password,
        ...(name === undefined ? {} : { name }),
      })
      if (begun.status !== 202) throw new Error(`registering was answered ${begun.status}`)
      const code = await codeTo(email)
      const path = `/v1/account/registrations/${begun.body.id}/completion`
      const registered = await own.call('POST', path, { code })
      return Object.assign(own, { registered })
    },
    async empty() {
      await records.pool.query(`
        TRUNCATE viewer_login, viewer_session, viewer_sign_in_method, viewer_verification, email_proof, viewer_attempt,
          outgoing_letter, viewer_subject, viewer, external_id, vault_key, vault_claim`)
      logged.length = 0
    },
    async close() {
      await server.close()
      await rig.close()
    },
  }
}
