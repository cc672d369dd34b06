import { z } from 'zod'
import { RIGHTS, ROLES, type Right, type Role } from './rights.ts'
import { WELL_FORMED, WELL_FORMED_RULE, instant, lineOfText } from './values.ts'

/**
 * Operators (`/v1/operators`), the people who work in the console; API keys (`/v1/api-keys`) of their programs; and the
 * audit trail (`/v1/audit`) of what both did. Nobody signs up: the first operator comes by a one-time link that the server
 * prints, the others by a link from an administrator.
 */
export const OPERATOR_LIMITS = {
  /** Characters; shorter ones are guessed. */
  passwordMin: 12,
  passwordMax: 128,
  operators: 1_000,
  liveApiKeys: 500,
  openInvitations: 200,
} as const

export const roleName = z.enum(Object.keys(ROLES) as [Role, ...Role[]])
export const rightName = z.enum(RIGHTS as unknown as [Right, ...Right[]])

const label = z
  .string()
  .trim()
  .min(1)
  .max(128)
  .regex(/^\P{Cc}+$/u, 'no control characters')
  .regex(WELL_FORMED, WELL_FORMED_RULE)
const email = z.email().max(254)
const newPassword = z.string().min(OPERATOR_LIMITS.passwordMin).max(OPERATOR_LIMITS.passwordMax)
const linkToken = z.string().min(1).max(128)

/** Body of `POST /v1/operators/auth/sign-in/email`. */
export const operatorSignIn = z.strictObject({
  email: z.string().max(254),
  password: z.string().max(OPERATOR_LIMITS.passwordMax),
})

/** Who is signed in. */
export const operatorMe = z.object({
  id: z.uuid(),
  name: z.string(),
  email: z.string(),
  role: roleName,
  rights: z.array(rightName),
})
export type OperatorMe = z.infer<typeof operatorMe>

export const operatorPasswordChange = z.strictObject({
  currentPassword: z.string().max(OPERATOR_LIMITS.passwordMax),
  newPassword,
})

/** A browser that is signed in. */
export const operatorSession = z.object({
  id: z.string(),
  createdAt: instant,
  lastUsedAt: instant,
  expiresAt: instant,
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  isCurrent: z.boolean(),
})
export type OperatorSession = z.infer<typeof operatorSession>

/** Body of `POST /v1/operators/first`, by the link that the server printed. */
export const firstOperator = z.strictObject({ token: linkToken, name: label, email, password: newPassword })
export type FirstOperator = z.infer<typeof firstOperator>

/** Body of `POST /v1/operators/accept`, by an invitation, which already says the e-mail. */
export const invitationAcceptance = z.strictObject({ token: linkToken, name: label, password: newPassword })
export type InvitationAcceptance = z.infer<typeof invitationAcceptance>

/** Body of `POST /v1/operators/password`, by a link for who forgot theirs. */
export const passwordByLink = z.strictObject({ token: linkToken, password: newPassword })

export const operator = z.object({
  id: z.uuid(),
  name: z.string(),
  email: z.string(),
  role: roleName,
  /** May not sign in. */
  isDisabled: z.boolean(),
  createdAt: instant,
})
export type Operator = z.infer<typeof operator>

export const operatorPatch = z.strictObject({ role: roleName, isDisabled: z.boolean() }).partial()
export type OperatorPatch = z.infer<typeof operatorPatch>

export const invitationInput = z.strictObject({ email, role: roleName })
export type InvitationInput = z.infer<typeof invitationInput>

export const invitation = z.object({
  id: z.uuid(),
  email: z.string(),
  role: roleName,
  createdAt: instant,
  expiresAt: instant,
})
export type Invitation = z.infer<typeof invitation>

/** A link for one person. This answer is the only place where it can be read. */
export const oneTimeLink = z.object({ link: z.url(), expiresAt: instant })
export type OneTimeLink = z.infer<typeof oneTimeLink>

export const newInvitation = invitation.extend({ link: z.url() })
export type NewInvitation = z.infer<typeof newInvitation>

export const apiKeyInput = z.strictObject({
  label,
  rights: z
    .array(rightName)
    .min(1)
    .max(RIGHTS.length)
    .refine((rights) => new Set(rights).size === rights.length, 'each right once'),
})
export type ApiKeyInput = z.infer<typeof apiKeyInput>

export const apiKey = z.object({
  id: z.uuid(),
  label: z.string(),
  rights: z.array(rightName),
  /** The last four characters, to tell keys apart. */
  ending: z.string(),
  createdBy: z.string(),
  createdAt: instant,
  /** To the hour. */
  lastUsedAt: instant.nullable(),
  revokedAt: instant.nullable(),
})
export type ApiKey = z.infer<typeof apiKey>

/** A new key. This answer is the only place where `key` can be read. */
export const newApiKey = apiKey.extend({ key: z.string() })
export type NewApiKey = z.infer<typeof newApiKey>

/** Who did what, and when. Entries are never changed. */
export const auditEntry = z.object({
  id: z.uuid(),
  at: instant,
  actor: z.object({ kind: z.enum(['operator', 'apiKey']), id: z.string() }),
  /** `object.verb`, such as viewer.looked_up. */
  action: z.string(),
  object: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
})
export type AuditEntry = z.infer<typeof auditEntry>

/** Filters of `GET /v1/audit`, newest entries first. */
export const auditFilter = z.object({
  actor: lineOfText.max(128).optional(),
  action: lineOfText.max(128).optional(),
  object: lineOfText.max(256).optional(),
})
