import { getTableConfig, boolean, pgTable, text, timestamp, type PgTable } from 'drizzle-orm/pg-core'
import { sql } from 'drizzle-orm'
import { betterAuth } from 'better-auth'
import { drizzleAdapter } from 'better-auth/adapters/drizzle'
import { admin } from 'better-auth/plugins'
import type { DBAdapter } from '@better-auth/core/db/adapter'
import type { DBFieldAttribute } from '@better-auth/core/db'
import type { Database } from '../src/platform/data-map.ts'
import { companionColumns, sealedAdapter, type AuthPolicy } from '../src/platform/vault/auth-adapter/index.ts'
import type { Vault } from '../src/platform/vault/index.ts'

/** A better-auth instance with a plugin and tables of its own, sealed or not: what the wrapper is tested with. */
export interface TestAuth {
  readonly auth: ReturnType<typeof makeAuth>
  /** The adapter that better-auth uses. */
  readonly adapter: DBAdapter
  /** The tokens of the letters that it would have sent. */
  readonly letters: { verification?: string; reset?: string }
}

export const testPolicy: AuthPolicy = {
  user: {
    owner: 'id',
    lookup: { email: { kind: 'email', isUnique: true } },
    sealed: ['name', 'image', 'banReason'],
    plain: ['role'],
  },
  session: {
    owner: 'userId',
    lookup: { token: { kind: 'exact' } },
    sealed: ['ipAddress', 'userAgent'],
    plain: ['impersonatedBy'],
  },
  account: {
    owner: 'userId',
    lookup: { accountId: { kind: 'exact' } },
    sealed: ['accessToken', 'refreshToken', 'idToken', 'password'],
    plain: ['providerId', 'scope'],
  },
  verification: { owner: null, lookup: { identifier: { kind: 'exact' } }, sealed: ['value'] },
}

const time = (name: string) => timestamp(name, { withTimezone: true })
const user = pgTable('test_user', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  email: text('email').notNull().unique(),
  emailSealed: text('email_sealed'),
  emailVerified: boolean('email_verified').notNull(),
  image: text('image'),
  role: text('role'),
  banned: boolean('banned'),
  banReason: text('ban_reason'),
  banExpires: time('ban_expires'),
  createdAt: time('created_at').notNull(),
  updatedAt: time('updated_at').notNull(),
})
const userId = () => text('user_id').notNull()
const session = pgTable('test_session', {
  id: text('id').primaryKey(),
  userId: userId(),
  token: text('token').notNull().unique(),
  tokenSealed: text('token_sealed'),
  ipAddress: text('ip_address'),
  userAgent: text('user_agent'),
  impersonatedBy: text('impersonated_by'),
  expiresAt: time('expires_at').notNull(),
  createdAt: time('created_at').notNull(),
  updatedAt: time('updated_at').notNull(),
})
const account = pgTable('test_account', {
  id: text('id').primaryKey(),
  userId: userId(),
  accountId: text('account_id').notNull(),
  accountIdSealed: text('account_id_sealed'),
  providerId: text('provider_id').notNull(),
  accessToken: text('access_token'),
  refreshToken: text('refresh_token'),
  idToken: text('id_token'),
  accessTokenExpiresAt: time('access_token_expires_at'),
  refreshTokenExpiresAt: time('refresh_token_expires_at'),
  scope: text('scope'),
  password: text('password'),
  createdAt: time('created_at').notNull(),
  updatedAt: time('updated_at').notNull(),
})
const verification = pgTable('test_verification', {
  id: text('id').primaryKey(),
  identifier: text('identifier').notNull(),
  identifierSealed: text('identifier_sealed'),
  value: text('value').notNull(),
  expiresAt: time('expires_at').notNull(),
  createdAt: time('created_at').notNull(),
  updatedAt: time('updated_at').notNull(),
})
const schema = { user, session, account, verification }

export async function createAuthTables(db: Database): Promise<void> {
  for (const table of Object.values<PgTable>(schema)) {
    const { name, columns } = getTableConfig(table)
    const definitions = columns.map((column) => {
      const constraint = column.primary ? 'primary key' : column.isUnique ? 'unique' : ''
      return `${column.name} ${column.getSQLType()} ${constraint} ${column.notNull ? 'not null' : ''}`
    })
    await db.execute(sql.raw(`create table ${name} (${definitions.join(', ')})`))
  }
}

interface TestAuthOptions {
  readonly db: Database
  /** Null for an instance without the wrapper. */
  readonly vault: Vault | null
  readonly policy?: AuthPolicy
  readonly additionalFields?: Record<string, DBFieldAttribute>
}

/** Rejects with StartupError when the policy does not cover the tables. */
export async function createTestAuth(options: TestAuthOptions): Promise<TestAuth> {
  const letters: TestAuth['letters'] = {}
  const auth = makeAuth(options, letters)
  const { adapter } = await auth.$context
  return { auth, adapter: adapter as unknown as DBAdapter, letters }
}

function makeAuth(options: TestAuthOptions, letters: TestAuth['letters']) {
  const { vault, policy = testPolicy } = options
  const overTables = (handle: Database) =>
    drizzleAdapter(handle, { provider: 'pg', schema, transaction: true })
  const database = vault
    ? sealedAdapter({ db: options.db, vault, policy, prefix: 'test_', adapter: overTables })
    : overTables(options.db)
  return betterAuth({
    baseURL: 'http://localhost',
    secret: 'a secret of tests, long enough to be one',
    telemetry: { enabled: false },
    logger: { disabled: true },
    rateLimit: { enabled: false },
    advanced: { ipAddress: { ipAddressHeaders: ['x-foyer-address'] } },
    database,
    user: { additionalFields: options.additionalFields ?? {} },
    emailAndPassword: {
      enabled: true,
      // Cheap on purpose: hashing is not what is tested.
      password: {
        hash: (password) => Promise.resolve(`test-${password.length}-${password.at(-1)}`),
        verify: ({ hash, password }) =>
          Promise.resolve(hash === `test-${password.length}-${password.at(-1)}`),
      },
      sendResetPassword({ token }) {
        letters.reset = token
        return Promise.resolve()
      },
    },
    emailVerification: {
      sendVerificationEmail({ token }) {
        letters.verification = token
        return Promise.resolve()
      },
    },
    plugins: [admin(), ...(vault ? [companionColumns(policy)] : [])],
  })
}
