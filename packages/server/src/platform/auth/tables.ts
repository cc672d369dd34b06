import { boolean, text, timestamp, uuid, type PgColumnBuilderBase } from 'drizzle-orm/pg-core'
import { sealed } from '../data-map.ts'

/**
 * Columns of better-auth's models, named as it names its fields: a module makes tables of them, with the owner's column and
 * what else is of its people, and annotates each.
 */
const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })
const times = () => ({ createdAt: moment('created_at').notNull(), updatedAt: moment('updated_at').notNull() })

/** `user`: the people themselves. `email` holds an HMAC. */
export const userColumns = () => ({
  id: uuid('id').primaryKey(),
  name: sealed('name').notNull(),
  email: text('email').notNull().unique(),
  emailSealed: sealed('email_sealed'),
  emailVerified: boolean('email_verified').notNull(),
  image: sealed('image'),
  ...times(),
})

/** `session`: browsers and devices that are signed in. */
export const sessionColumns = <Owner extends PgColumnBuilderBase>(owner: Owner) => ({
  id: uuid('id').primaryKey(),
  userId: owner,
  token: text('token').notNull().unique(),
  tokenSealed: sealed('token_sealed'),
  ipAddress: sealed('ip_address'),
  userAgent: sealed('user_agent'),
  lastUsedAt: moment('last_used_at').notNull(),
  expiresAt: moment('expires_at').notNull(),
  ...times(),
})

/**
 * `account`: ways to sign in, one row each. Give it a unique index over provider and account: better-auth has none, and two
 * links to one outside account would both succeed and neither open later.
 */
export const signInMethodColumns = <Owner extends PgColumnBuilderBase>(owner: Owner) => ({
  id: uuid('id').primaryKey(),
  userId: owner,
  providerId: text('provider_id').notNull(),
  accountId: text('account_id').notNull(),
  accountIdSealed: sealed('account_id_sealed'),
  password: sealed('password'),
  accessToken: sealed('access_token'),
  refreshToken: sealed('refresh_token'),
  idToken: sealed('id_token'),
  scope: text('scope'),
  accessTokenExpiresAt: moment('access_token_expires_at'),
  refreshTokenExpiresAt: moment('refresh_token_expires_at'),
  ...times(),
})

/** `verification`: states and challenges that live for minutes. */
export const verificationColumns = () => ({
  id: uuid('id').primaryKey(),
  identifier: text('identifier').notNull(),
  identifierSealed: sealed('identifier_sealed'),
  value: sealed('value').notNull(),
  expiresAt: moment('expires_at').notNull(),
  ...times(),
})
