import { index, integer, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
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

const withAccount: ColumnAnnotation = {
  ...operational,
  purpose: 'service',
  retention: 'account',
  erasure: 'delete',
}
/** Opens something: in nobody's copy of the data. */
const opens: ColumnAnnotation = { ...secret, purpose: 'security', retention: 'account', erasure: 'delete' }
const lookedUp: ColumnAnnotation = { ...identifier, isExported: false }

/**
 * How a viewer signs in: better-auth's `user`. Its id is the viewer's, and both rows are made in one transaction; viewers
 * that the operator's own system signs in have none. Columns are named as better-auth names its fields.
 */
export const viewerLogin = pgTable('viewer_login', {
  ...userColumns(),
  /** Where they registered. */
  service: text('service').notNull(),
  suspendedAt: moment('suspended_at'),
})

const viewerLoginData = annotate(viewerLogin, {
  id: identifier,
  name: sealedPersonal,
  email: lookedUp,
  emailSealed: sealedPersonal,
  emailVerified: withAccount,
  image: sealedPersonal,
  service: personal,
  suspendedAt: withAccount,
  createdAt: withAccount,
  updatedAt: withAccount,
})

const owner = () =>
  uuid('viewer_id')
    .notNull()
    .references(() => viewerLogin.id, { onDelete: 'cascade' })

/** Devices that are signed in: better-auth's `session`. */
export const viewerSession = pgTable('viewer_session', sessionColumns(owner()), (table) => [
  index('viewer_session_viewer').on(table.userId),
])

const viewerSessionData = annotate(viewerSession, {
  id: withAccount,
  userId: identifier,
  token: opens,
  tokenSealed: opens,
  ipAddress: sealedPersonal,
  userAgent: sealedPersonal,
  lastUsedAt: personal,
  expiresAt: withAccount,
  createdAt: personal,
  updatedAt: withAccount,
})

/** Ways to sign in, one row each: better-auth's `account`. `credential` is the password, else an outside provider. */
export const viewerSignInMethod = pgTable('viewer_sign_in_method', signInMethodColumns(owner()), (table) => [
  index('viewer_sign_in_method_viewer').on(table.userId),
  // better-auth has no such index: thirty links of one outside account at once would all succeed, and none open later.
  uniqueIndex('viewer_sign_in_method_account').on(table.providerId, table.accountId),
])

const viewerSignInMethodData = annotate(viewerSignInMethod, {
  id: withAccount,
  userId: identifier,
  providerId: personal,
  accountId: lookedUp,
  accountIdSealed: sealedPersonal,
  password: opens,
  accessToken: opens,
  refreshToken: opens,
  idToken: opens,
  scope: withAccount,
  accessTokenExpiresAt: withAccount,
  refreshTokenExpiresAt: withAccount,
  createdAt: personal,
  updatedAt: withAccount,
})

/** Better-auth's `verification`: states and challenges that live for minutes. */
export const viewerVerification = pgTable('viewer_verification', verificationColumns(), (table) => [
  index('viewer_verification_identifier').on(table.identifier),
])

const aDay: ColumnAnnotation = { ...operational, purpose: 'security', retention: '1d', erasure: 'delete' }
const forADay = (annotation: ColumnAnnotation): ColumnAnnotation => ({
  ...annotation,
  purpose: 'security',
  retention: '1d',
  isExported: false,
  erasure: 'delete',
})

const viewerVerificationData = annotate(viewerVerification, {
  id: aDay,
  identifier: forADay(identifier),
  identifierSealed: forADay(personal),
  value: forADay(personal),
  expiresAt: aDay,
  createdAt: aDay,
  updatedAt: aDay,
})

/** Codes that were sent to an address and have not come back. The row goes with the right code, or after a day. */
export const emailProof = pgTable(
  'email_proof',
  {
    id: uuid('id').primaryKey(),
    kind: text('kind').$type<'registration' | 'password_reset'>().notNull(),
    /** HMACs, which letters are counted by. */
    email: text('email').notNull(),
    network: text('network').notNull(),
    /** What the code opens, under the service's key: there is no viewer yet. */
    payload: sealed('payload').notNull(),
    /** HMAC of id and code: a million codes would be tried in no time against a plain hash. */
    code: text('code').notNull(),
    attempts: integer('attempts').notNull(),
    createdAt: moment('created_at').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    index('email_proof_email').on(table.email),
    index('email_proof_network').on(table.network),
    index('email_proof_created').on(table.createdAt),
  ],
)

const emailProofData = annotate(emailProof, {
  id: aDay,
  kind: aDay,
  email: forADay(identifier),
  network: forADay(identifier),
  payload: forADay(personal),
  code: { ...secret, retention: '1d', erasure: 'delete' },
  attempts: aDay,
  createdAt: aDay,
  expiresAt: aDay,
})

export const viewerAttempt = attemptTable('viewer_attempt')

const viewerAttemptData = annotate(viewerAttempt, {
  subject: forADay(identifier),
  attempts: aDay,
  lastAt: aDay,
})

/** Every table of this module. */
export const identityData: readonly AnnotatedTable[] = [
  viewerLoginData,
  viewerSessionData,
  viewerSignInMethodData,
  viewerVerificationData,
  emailProofData,
  viewerAttemptData,
]
