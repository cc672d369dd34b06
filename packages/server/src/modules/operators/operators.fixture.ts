import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { sql } from 'drizzle-orm'
import { pino } from 'pino'
import { z } from 'zod'
import type { Role } from '@foyer/contracts'
import { openTestBrowser, type Browser } from '../../../test/browser.ts'
import { quickPasswords } from '../../../test/quick-passwords.ts'
import { openTestRecords, type RecordsBackend, type TestRecords } from '../../../test/records.ts'
import { manualClock, type ManualClock } from '../../platform/clock.ts'
import { actorOf, createHttpServer, type HttpServer } from '../../platform/http/index.ts'
import { systemRandom } from '../../platform/ids.ts'
import { createVault, openFileKeyRing } from '../../platform/vault/index.ts'
import { createOperators, type Operators } from './index.ts'

/** The operators module behind HTTP, for its tests. Time stands until a test moves it. */
export interface TestOperators {
  readonly operators: Operators
  readonly records: TestRecords
  readonly clock: ManualClock
  readonly server: HttpServer
  /** All that was logged, at every level. */
  readonly logged: string[]
  /** Somebody with a browser, whose cookies are kept. */
  browser(options?: { address?: string; headers?: Record<string, string> }): Browser
  /** Makes an operator and signs them in. */
  signIn(name: string, role: Role): Promise<Browser & { readonly id: string }>
  empty(): Promise<void>
  close(): Promise<void>
}

export const BASE_URL = 'http://foyer.test'
export const PASSWORD = 'a long enough password'
export const emailOf = (name: string) => `${name}@example.org`

/** Routes that stand for those of other modules. */
function probeRoutes(server: HttpServer): void {
  const config = { access: { right: 'catalogue.write' } } as const
  const response = { 200: z.object({ kind: z.string(), id: z.string() }) }
  const answer = (request: Parameters<typeof actorOf>[0]) => {
    const { kind, id } = actorOf(request)
    return { kind, id }
  }
  server.get('/probe', { config, schema: { response } }, answer)
  server.post('/probe', { config, schema: { response } }, answer)
}

export async function openTestOperators(
  options: {
    backend?: RecordsBackend
    baseUrl?: string
    trustedProxies?: number
    isHashingReal?: boolean
  } = {},
): Promise<TestOperators> {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-operators-'))
  const records = await openTestRecords({ backend: options.backend ?? 'embedded' })
  const clock = manualClock(Date.parse('2026-11-22T10:00:00Z'))
  const logged: string[] = []
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged.push(chunk.toString())
      done()
    },
  })
  const log = pino({ level: 'trace' }, sink)
  const operators = await createOperators({
    db: records.db,
    vault: createVault({ ring: openFileKeyRing(join(folder, 'keys'), { clock }), clock }),
    clock,
    random: systemRandom,
    log,
    baseUrl: options.baseUrl ?? BASE_URL,
    ...(options.isHashingReal ? {} : { passwords: quickPasswords }),
  })
  const server = await createHttpServer({
    log,
    authenticate: operators.authenticate,
    requestsPerMinute: 1_000_000,
    trustedProxies: options.trustedProxies ?? 0,
    version: 'test',
    isDraining: () => false,
  })
  await operators.routes(server)
  probeRoutes(server)
  await server.ready()

  const browser: TestOperators['browser'] = (options = {}) =>
    openTestBrowser(server, { baseUrl: BASE_URL, ...options })

  return {
    operators,
    records,
    clock,
    server,
    logged,
    browser,
    async signIn(name, role) {
      const id = await operators.createOperator({ name, email: emailOf(name), password: PASSWORD, role })
      const one = browser()
      const { status } = await one.call('POST', '/v1/operators/auth/sign-in/email', {
        email: emailOf(name),
        password: PASSWORD,
      })
      if (status !== 200) throw new Error(`the sign-in was answered ${status}`)
      return Object.assign(one, { id })
    },
    async empty() {
      await records.db.execute(sql`
        truncate operator, operator_session, operator_account, operator_verification, operator_link,
                 operator_attempt, api_key, vault_key, vault_claim`)
      logged.length = 0
    },
    async close() {
      await server.close()
      await records.close()
      rmSync(folder, { recursive: true })
    },
  }
}
