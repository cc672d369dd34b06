import { betterAuth } from 'better-auth'
import { drizzleAdapter } from 'better-auth/adapters/drizzle'
import type { BetterAuthOptions } from '@better-auth/core'
import type { DBAdapter } from '@better-auth/core/db/adapter'
import { OPERATOR_LIMITS } from '@foyer/contracts'
import { authOptions, peoplePolicy, type AuthDeps } from '../../platform/auth/index.ts'
import type { Database } from '../../platform/data-map.ts'
import { companionColumns, sealedAdapter } from '../../platform/vault/auth-adapter/index.ts'
import { operator, operatorAccount, operatorSession, operatorVerification } from './schema.ts'

const operatorPolicy = peoplePolicy({ plain: ['role'] })

/** A session ends after so long whatever happens; see `IDLE_MS_MAX` for one that is not used. */
const SESSION_SECONDS_MAX = 7 * 86_400

export interface OperatorAuthDeps extends AuthDeps {
  readonly db: Database
}

export type OperatorAuth = Awaited<ReturnType<typeof createOperatorAuth>>

/**
 * The operators' own better-auth instance: e-mail and password, sessions in sealed tables, nothing else switched on. Its
 * HTTP handler is not mounted; our routes call its functions, so that no address exists that we did not declare.
 */
export async function createOperatorAuth(deps: OperatorAuthDeps) {
  const auth = betterAuth({
    ...authOptions(deps, {
      kind: 'operator',
      secondsMax: SESSION_SECONDS_MAX,
      sameSite: 'strict',
      passwordLength: { min: OPERATOR_LIMITS.passwordMin, max: OPERATOR_LIMITS.passwordMax },
    }),
    database: sealedOver(deps, deps.db),
    user: {
      additionalFields: {
        role: { type: 'string', required: true, input: false },
        disabledAt: { type: 'date', required: false, input: false },
      },
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
