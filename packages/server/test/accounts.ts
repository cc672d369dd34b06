import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RIGHTS, type Right } from '@foyer/contracts'
import { createAccounts, type Accounts } from '../src/modules/accounts/index.ts'
import { createPeople } from '../src/modules/tracking/stitching/people.ts'
import type { AuditTrail } from '../src/platform/audit.ts'
import { manualClock, type ManualClock } from '../src/platform/clock.ts'
import { createHttpServer, type Actor, type HttpServer } from '../src/platform/http/index.ts'
import { seededRandom } from '../src/platform/ids.ts'
import { createLogger } from '../src/platform/log.ts'
import { createVault, openFileKeyRing, type KeyRing, type Vault } from '../src/platform/vault/index.ts'
import type { Events } from '../src/storage/index.ts'
import { openTestRecords, type RecordsBackend, type TestRecords } from './records.ts'

/** Accounts on real records, with a clock and rights that the test moves, behind the real router. */
export interface AccountsRig {
  readonly accounts: Accounts
  readonly records: TestRecords
  readonly vault: Vault
  readonly ring: KeyRing
  readonly clock: ManualClock
  readonly trail: Parameters<AuditTrail['record']>[0][]
  /** What writes the trail; a test may put something else in its place. */
  readonly audit: AuditTrail
  /** What a request may do from now on; at first everything. */
  setRights(rights: readonly Right[]): void
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object): Promise<Answer>
  /** Another process on the same records, with the same clock and keys. */
  openAccounts(own?: { events?: Events; vault?: Vault }): Accounts
  /** Every value of every table, as text. */
  rawRows(): Promise<string>
  close(): Promise<void>
}

export interface Answer {
  readonly status: number
  // oxlint-disable-next-line typescript/no-explicit-any -- Each test knows the shape that it asked for.
  readonly body: any
}

export const ACCOUNTS_START = Date.parse('2026-05-01T12:00:00Z')

export const ADMIN: Actor = { kind: 'operator', id: 'admin', rights: new Set(RIGHTS) }

export async function openAccountsRig(
  options: { backend?: RecordsBackend; events?: Events } = {},
): Promise<AccountsRig> {
  const records = await openTestRecords(options.backend ? { backend: options.backend } : {})
  const keys = mkdtempSync(join(tmpdir(), 'foyer-keys-'))
  const clock = manualClock(ACCOUNTS_START)
  const log = createLogger({ role: 'test', level: 'silent' })
  const ring = openFileKeyRing(join(keys, 'keys'), { clock })
  const vault = createVault({ ring, clock })
  const trail: AccountsRig['trail'] = []
  const audit: AuditTrail = { record: async (entry) => void trail.push(entry) }
  let rights: readonly Right[] = RIGHTS
  let opened = 0

  const openAccounts: AccountsRig['openAccounts'] = ({
    events = options.events ?? quietEvents(),
    vault = createVault({ ring, clock }),
  } = {}) => {
    const { db } = opened === 0 ? records : records.openClient()
    return createAccounts({
      db,
      events,
      people: createPeople({ db, clock }),
      // Nobody publishes here.
      followMsMax: 0,
      vault,
      clock,
      random: seededRandom(`accounts ${opened++}`),
      audit,
      log,
      settings: { viewerTokenMsMax: 86_400_000 },
    })
  }
  const accounts = openAccounts()

  const server: HttpServer = await createHttpServer({
    log,
    authenticate: async () => ({ kind: 'apiKey', id: 'key', rights: new Set(rights) }),
    requestsPerMinute: 1_000_000,
    trustedProxies: 0,
    version: 'test',
    isDraining: () => false,
  })
  await server.register(async (scope) => accounts.routes(scope as unknown as HttpServer))
  await server.ready()

  return {
    accounts,
    records,
    vault,
    ring,
    clock,
    trail,
    openAccounts,
    audit,
    setRights(next) {
      rights = next
    },
    async call(method, url, payload) {
      const response = await server.inject({ method, url, ...(payload ? { payload } : {}) })
      return { status: response.statusCode, body: response.body === '' ? null : response.json() }
    },
    async rawRows() {
      const { rows: tables } = await records.pool.query<{ name: string }>(
        `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
      )
      const texts: string[] = []
      for (const { name } of tables) {
        const { rows } = await records.pool.query<{ text: string }>(`SELECT t::text AS text FROM "${name}" t`)
        texts.push(...rows.map((row) => `${name}: ${row.text}`))
      }
      return texts.join('\n')
    },
    async close() {
      await server.close()
      await records.close()
      rmSync(keys, { recursive: true, force: true })
    },
  }
}

/** EVENTS in which nothing ever happened, but for what the test says. */
export function quietEvents(own: Partial<Events> = {}): Events {
  return {
    query: async () => [],
    run: async () => [],
    insert: async () => {},
    command: async () => {},
    ping: async () => {},
    close: async () => {},
    ...own,
  }
}
