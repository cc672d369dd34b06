import { betterAuth } from 'better-auth'
import { OPERATOR_LIMITS } from '@foyer/contracts'
import {
  authOptions,
  openSealedAuth,
  peoplePolicy,
  sealedTables,
  type AuthDeps,
} from '../../platform/auth/index.ts'
import type { Database } from '../../platform/data-map.ts'
import { companionColumns } from '../../platform/vault/auth-adapter/index.ts'
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
  const tables = sealedTables({
    db: deps.db,
    vault: deps.vault,
    policy: operatorPolicy,
    prefix: 'operator_',
    tables: {
      user: operator,
      session: operatorSession,
      account: operatorAccount,
      verification: operatorVerification,
    },
  })
  const auth = betterAuth({
    ...authOptions(deps, {
      kind: 'operator',
      secondsMax: SESSION_SECONDS_MAX,
      sameSite: 'strict',
      passwordLength: { min: OPERATOR_LIMITS.passwordMin, max: OPERATOR_LIMITS.passwordMax },
    }),
    database: tables(),
    user: {
      additionalFields: {
        role: { type: 'string', required: true, input: false },
        disabledAt: { type: 'date', required: false, input: false },
      },
    },
    plugins: [companionColumns(operatorPolicy)],
  })
  return openSealedAuth(auth, tables)
}
