import { betterAuth } from 'better-auth'
import { drizzleAdapter } from 'better-auth/adapters/drizzle'
import type { BetterAuthOptions } from '@better-auth/core'
import type { DBAdapter } from '@better-auth/core/db/adapter'
import { OPERATOR_LIMITS } from '@foyer/contracts'
import { ADDRESS_HEADER, peoplePolicy } from '../../platform/auth/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import { uuidV7, type RandomSource } from '../../platform/ids.ts'
import type { Logger } from '../../platform/log.ts'
import { companionColumns, sealedAdapter } from '../../platform/vault/auth-adapter/index.ts'
import type { Vault } from '../../platform/vault/index.ts'
import { operator, operatorAccount, operatorSession, operatorVerification } from './schema.ts'

const operatorPolicy = peoplePolicy({ plain: ['role'] })

/** A session ends after so long whatever happens; see `IDLE_MS_MAX` for one that is not used. */
const SESSION_SECONDS_MAX = 7 * 86_400

export interface OperatorAuthDeps {
  readonly db: Database
  readonly vault: Vault
  readonly clock: Clock
  readonly random: RandomSource
  readonly log: Logger
  /** Where the console is, for links and cookies: `https://console.example.org`. */
  readonly baseUrl: string
  /** How passwords are kept: better-auth's scrypt, unless a test has something quicker. */
  readonly passwords?: {
    hash(password: string): Promise<string>
    verify(data: { hash: string; password: string }): Promise<boolean>
  }
}

export type OperatorAuth = Awaited<ReturnType<typeof createOperatorAuth>>

/**
 * The operators' own better-auth instance: e-mail and password, sessions in sealed tables, nothing else switched on. Its
 * HTTP handler is not mounted; our routes call its functions, so that no address exists that we did not declare.
 */
export async function createOperatorAuth(deps: OperatorAuthDeps) {
  const { clock, log } = deps
  const auth = betterAuth({
    appName: 'Foyer',
    baseURL: deps.baseUrl,
    secret: deps.vault.secretFor('operator sessions'),
    telemetry: { enabled: false },
    logger: {
      // Its messages may quote e-mail addresses and database errors whole rows: neither goes on.
      log: (level) => log.debug({ level }, 'better-auth has said something'),
    },
    // Attempts are counted in RECORDS by attempts.ts, for all processes and by account as well.
    rateLimit: { enabled: false },
    database: sealedOver(deps, deps.db),
    user: {
      additionalFields: {
        role: { type: 'string', required: true, input: false },
        disabledAt: { type: 'date', required: false, input: false },
      },
    },
    session: {
      expiresIn: SESSION_SECONDS_MAX,
      disableSessionRefresh: true,
      additionalFields: { lastUsedAt: { type: 'date', required: false, input: false } },
    },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: OPERATOR_LIMITS.passwordMin,
      maxPasswordLength: OPERATOR_LIMITS.passwordMax,
      ...(deps.passwords ? { password: deps.passwords } : {}),
    },
    databaseHooks: {
      session: {
        create: {
          before: (session) => Promise.resolve({ data: { ...session, lastUsedAt: new Date(clock.now()) } }),
        },
      },
    },
    advanced: {
      cookiePrefix: 'foyer-operator',
      useSecureCookies: new URL(deps.baseUrl).protocol === 'https:',
      defaultCookieAttributes: { httpOnly: true, sameSite: 'strict' },
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
      database: { generateId: () => uuidV7(clock.now(), deps.random) },
    },
    plugins: [companionColumns(operatorPolicy)],
  })
  // Opens the tables and the policy: an unclassified column stops the start here.
  const context = await auth.$context
  const adapter = context.adapter as unknown as DBAdapter

  return {
    api: auth.api,
    hashPassword: (password: string) => context.password.hash(password),
    verifyPassword: (attempt: { hash: string; password: string }) => context.password.verify(attempt),
    /** better-auth's view of the tables. */
    adapter,
    /** The same within an open transaction. */
    adapterIn: (tx: Database): DBAdapter => sealedOver(deps, tx)(auth.options),
  }
}

function sealedOver(deps: OperatorAuthDeps, db: Database): (options: BetterAuthOptions) => DBAdapter {
  return sealedAdapter({
    db,
    vault: deps.vault,
    policy: operatorPolicy,
    prefix: 'operator_',
    adapter: (handle) => drizzleAdapter(handle, { provider: 'pg', schema: TABLES, transaction: true }),
  })
}

const TABLES = {
  user: operator,
  session: operatorSession,
  account: operatorAccount,
  verification: operatorVerification,
}
