import { drizzleAdapter, type DrizzleAdapterConfig } from 'better-auth/adapters/drizzle'
import type { BetterAuthOptions } from '@better-auth/core'
import type { DBAdapter } from '@better-auth/core/db/adapter'
import type { Database } from '../data-map.ts'
import { sealedAdapter, type AuthPolicy } from '../vault/auth-adapter/index.ts'
import type { Vault } from '../vault/index.ts'

/** better-auth's database over a module's sealed tables: over the records, or over an open transaction of them. */
export type SealedTables = (db?: Database) => (options: BetterAuthOptions) => DBAdapter

export function sealedTables(of: {
  readonly db: Database
  readonly vault: Vault
  readonly policy: AuthPolicy
  /** Before model names in the vault: instances must not share look-ups. */
  readonly prefix: string
  readonly tables: NonNullable<DrizzleAdapterConfig['schema']>
}): SealedTables {
  const { vault, policy, prefix, tables } = of
  return (db = of.db) =>
    sealedAdapter({
      db,
      vault,
      policy,
      prefix,
      adapter: (handle) => drizzleAdapter(handle, { provider: 'pg', schema: tables, transaction: true }),
    })
}

/** What our modules use of an instance. Opens the tables and the policy: an unclassified column stops the start here. */
export async function openSealedAuth<Api>(
  auth: {
    readonly api: Api
    readonly options: BetterAuthOptions
    readonly $context: Promise<{
      readonly adapter: unknown
      readonly password: {
        hash(password: string): Promise<string>
        verify(attempt: { hash: string; password: string }): Promise<boolean>
      }
    }>
  },
  tables: SealedTables,
) {
  const { adapter, password } = await auth.$context
  return {
    api: auth.api,
    hashPassword: (plain: string) => password.hash(plain),
    verifyPassword: (attempt: { hash: string; password: string }) => password.verify(attempt),
    /** better-auth's view of the tables. */
    adapter: adapter as DBAdapter,
    /** The same within an open transaction. */
    adapterIn: (tx: Database): DBAdapter => tables(tx)(auth.options),
  }
}
