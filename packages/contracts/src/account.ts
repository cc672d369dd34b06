import { z } from 'zod'
import { identifier, instant, languageTag, WELL_FORMED, WELL_FORMED_RULE } from './values.ts'

/**
 * A viewer's own account (`/v1/account`): registering, signing in on many devices, and what a viewer does with it. Whoever
 * asks learns from no answer whether an address has an account: the letter to the address tells its owner.
 */
export const ACCOUNT_LIMITS = {
  /** Characters; NIST SP 800-63B §5.1.1.2 wants 8 at least and no rules about which. */
  passwordMin: 8,
  passwordMax: 128,
  emailMax: 254,
  nameMax: 128,
  /** A code of a letter. */
  codeDigits: 6,
  /** Wrong codes before a letter is worth nothing. */
  codeAttempts: 5,
  /** How long a code is good for, ms. */
  codeLiveMs: 900_000,
} as const

const emailAsTyped = z.string().max(ACCOUNT_LIMITS.emailMax)
const newPassword = z
  .string()
  .min(ACCOUNT_LIMITS.passwordMin)
  .max(ACCOUNT_LIMITS.passwordMax)
  .regex(WELL_FORMED, WELL_FORMED_RULE)
const name = z
  .string()
  .trim()
  .min(1)
  .max(ACCOUNT_LIMITS.nameMax)
  .regex(/^\P{Cc}+$/u, 'no control characters')
  .regex(WELL_FORMED, WELL_FORMED_RULE)

/** Body of `POST /v1/account/registrations`. */
export const registrationInput = z.strictObject({
  /** The service that the viewer registers with. */
  service: identifier,
  email: emailAsTyped,
  password: newPassword,
  name: name.optional(),
  /** Of the letter; the service's language unless told. */
  language: languageTag.optional(),
})
export type RegistrationInput = z.infer<typeof registrationInput>

/** A letter with a code is on its way; the code is given back together with the id. */
export const codeSent = z.object({ id: z.uuid(), expiresAt: instant })
export type CodeSent = z.infer<typeof codeSent>

/** Body of what is proven by a letter's code. */
export const codeInput = z.strictObject({
  code: z.string().regex(new RegExp(`^\\d{${ACCOUNT_LIMITS.codeDigits}}$`), 'six digits'),
})

/** Body of `POST /v1/account/sessions`. */
export const accountSignIn = z.strictObject({
  email: emailAsTyped,
  password: z.string().max(ACCOUNT_LIMITS.passwordMax),
})

/** Body of `POST /v1/account/password-resets`. */
export const passwordResetInput = z.strictObject({
  email: emailAsTyped,
  service: identifier,
  language: languageTag.optional(),
})
export type PasswordResetInput = z.infer<typeof passwordResetInput>

/** Body of `POST /v1/account/password-resets/:id/completion`. */
export const passwordResetCompletion = codeInput.extend({ password: newPassword })

/** Body of `PUT /v1/account/password`. */
export const accountPasswordChange = z.strictObject({
  currentPassword: z.string().max(ACCOUNT_LIMITS.passwordMax),
  newPassword,
})

/** Who is signed in, to themselves. */
export const account = z.object({
  viewerId: z.uuid(),
  /** The service that they registered with; they are signed in to all of the operator's. */
  service: z.string(),
  email: z.string(),
  name: z.string().nullable(),
})
export type Account = z.infer<typeof account>

/** A device that is signed in. */
export const accountSession = z.object({
  id: z.uuid(),
  signedInAt: instant,
  lastUsedAt: instant,
  expiresAt: instant,
  /** Truncated to the network (IPv4 /24, IPv6 /48). */
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  isCurrent: z.boolean(),
})
export type AccountSession = z.infer<typeof accountSession>
