import { index, jsonb, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import type { Right, Role } from '@foyer/contracts'
import { attemptTable } from '../../platform/attempts/index.ts'
import {
  sessionColumns,
  signInMethodColumns,
  userColumns,
  verificationColumns,
} from '../../platform/auth/index.ts'
import {
  annotate,
  identifier,
  operational,
  personal,
  sealed,
  sealedPersonal,
  secret,
  type AnnotatedTable,
  type ColumnAnnotation,
} from '../../platform/data-map.ts'

const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })

/** What these tables say is of operators; a viewer's copy of the data does not contain it. */
const ofOperator = (annotation: ColumnAnnotation): ColumnAnnotation => ({
  ...annotation,
  purpose: 'security',
  isExported: false,
})
const joins = ofOperator(identifier)
const hidden = ofOperator(sealedPersonal)
const coarse = ofOperator(personal)
const withAccount = ofOperator({ ...operational, retention: 'account', erasure: 'delete' })
const opens = ofOperator({ ...secret, retention: 'account', erasure: 'delete' })

/** Console users: better-auth's `user`. Columns are named as better-auth names its fields. */
export const operator = pgTable('operator', {
  ...userColumns(),
  role: text('role').$type<Role>().notNull(),
  disabledAt: moment('disabled_at'),
})

const operatorData = annotate(operator, {
  id: joins,
  name: hidden,
  email: joins,
  emailSealed: hidden,
  emailVerified: withAccount,
  image: hidden,
  role: coarse,
  disabledAt: withAccount,
  createdAt: withAccount,
  updatedAt: withAccount,
})

const owner = () =>
  uuid('operator_id')
    .notNull()
    .references(() => operator.id, { onDelete: 'cascade' })

/** Browsers that are signed in: better-auth's `session`. */
export const operatorSession = pgTable('operator_session', sessionColumns(owner()), (table) => [
  index('operator_session_operator').on(table.userId),
])

const operatorSessionData = annotate(operatorSession, {
  id: withAccount,
  userId: joins,
  token: opens,
  tokenSealed: opens,
  ipAddress: hidden,
  userAgent: hidden,
  lastUsedAt: withAccount,
  expiresAt: withAccount,
  createdAt: withAccount,
  updatedAt: withAccount,
})

/** Ways to sign in, one row each: better-auth's `account`. Until now only the password. */
export const operatorAccount = pgTable('operator_account', signInMethodColumns(owner()), (table) => [
  index('operator_account_operator').on(table.userId),
  // better-auth has no such index: two links to one outside account would both succeed and neither open later.
  uniqueIndex('operator_account_provider').on(table.providerId, table.accountId),
])

const operatorAccountData = annotate(operatorAccount, {
  id: withAccount,
  userId: joins,
  providerId: withAccount,
  accountId: joins,
  accountIdSealed: hidden,
  password: opens,
  accessToken: opens,
  refreshToken: opens,
  idToken: opens,
  scope: withAccount,
  accessTokenExpiresAt: withAccount,
  refreshTokenExpiresAt: withAccount,
  createdAt: withAccount,
  updatedAt: withAccount,
})

/** Better-auth's `verification`; nothing that is switched on writes it yet. */
export const operatorVerification = pgTable('operator_verification', verificationColumns(), (table) => [
  index('operator_verification_identifier').on(table.identifier),
])

const operatorVerificationData = annotate(operatorVerification, {
  id: withAccount,
  identifier: joins,
  identifierSealed: hidden,
  value: hidden,
  expiresAt: withAccount,
  createdAt: withAccount,
  updatedAt: withAccount,
})

/** One-time links: of the first operator, of invitations, of forgotten passwords. Only the token's SHA-256 is kept. */
export const operatorLink = pgTable('operator_link', {
  id: uuid('id').primaryKey(),
  kind: text('kind').$type<'first' | 'invitation' | 'password'>().notNull(),
  tokenHash: text('token_hash').notNull().unique(),
  /** `invitation`: for whom, sealed under the service's key. */
  emailSealed: sealed('email_sealed'),
  role: text('role').$type<Role>(),
  /** `password`: whose. */
  operatorId: uuid('operator_id').references(() => operator.id, { onDelete: 'cascade' }),
  createdBy: text('created_by'),
  createdAt: moment('created_at').notNull(),
  expiresAt: moment('expires_at').notNull(),
  usedAt: moment('used_at'),
})

const fewDays = ofOperator({ ...operational, retention: '30d', erasure: 'delete' })
const operatorLinkData = annotate(operatorLink, {
  id: fewDays,
  kind: fewDays,
  tokenHash: { ...opens, retention: '30d' },
  emailSealed: { ...hidden, retention: '30d', erasure: 'delete' },
  role: fewDays,
  operatorId: { ...joins, retention: '30d' },
  createdBy: { ...joins, retention: '30d' },
  createdAt: fewDays,
  expiresAt: fewDays,
  usedAt: fewDays,
})

/** Attempts to sign in, by the HMAC of an e-mail or of an address, whether or not there is such an operator. */
export const operatorAttempt = attemptTable('operator_attempt')

const aDay = ofOperator({ ...operational, retention: '1d', erasure: 'delete' })
const operatorAttemptData = annotate(operatorAttempt, {
  subject: { ...joins, retention: '1d' },
  attempts: aDay,
  lastAt: aDay,
})

/** Keys of programs. Only the SHA-256 is kept: the key is 160 random bits, so there is no dictionary to try. */
export const apiKey = pgTable('api_key', {
  id: uuid('id').primaryKey(),
  label: text('label').notNull(),
  secretHash: text('secret_hash').notNull().unique(),
  ending: text('ending').notNull(),
  rights: text('rights').array().$type<Right[]>().notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: moment('created_at').notNull(),
  lastUsedAt: moment('last_used_at'),
  revokedAt: moment('revoked_at'),
})

const apiKeyData = annotate(apiKey, {
  id: operational,
  label: operational,
  secretHash: secret,
  ending: operational,
  rights: operational,
  createdBy: { ...joins, retention: 'forever', erasure: 'keep' },
  createdAt: operational,
  lastUsedAt: operational,
  revokedAt: operational,
})

/**
 * Who did what. A trigger of the migrations refuses every change of a row, and its deletion before two years have passed.
 * It names people by id only, so that it may outlive them.
 */
export const auditEntry = pgTable(
  'audit_entry',
  {
    id: uuid('id').primaryKey(),
    at: moment('at').notNull(),
    actorKind: text('actor_kind').$type<'operator' | 'apiKey'>().notNull(),
    actorId: text('actor_id').notNull(),
    action: text('action').notNull(),
    object: text('object').notNull(),
    details: jsonb('details')
      .$type<Readonly<Record<string, string | number | boolean | readonly string[]>>>()
      .notNull(),
  },
  (table) => [index('audit_entry_object').on(table.object), index('audit_entry_actor').on(table.actorId)],
)

const twoYears = ofOperator({ ...operational, retention: '730d' })
const auditEntryData = annotate(auditEntry, {
  id: twoYears,
  at: twoYears,
  actorKind: twoYears,
  actorId: { ...twoYears, category: 'identifier' },
  action: twoYears,
  object: { ...twoYears, category: 'identifier' },
  details: twoYears,
})

/** Every table of this module. */
export const operatorsData: readonly AnnotatedTable[] = [
  operatorData,
  operatorSessionData,
  operatorAccountData,
  operatorVerificationData,
  operatorLinkData,
  operatorAttemptData,
  apiKeyData,
  auditEntryData,
]
