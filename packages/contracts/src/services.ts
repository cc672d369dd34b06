import { z } from 'zod'
import { PURPOSES, PURPOSES_WITHOUT_CONSENT, type Purpose } from './purposes.ts'
import { platformName } from './playback.ts'
import { WELL_FORMED, WELL_FORMED_RULE, countryCode, instant, languageTag, timeZone } from './values.ts'

/**
 * Services (`/v1/services`), the brands of the operator, and their apps (`/v1/apps`): a service on a platform. An app has
 * write keys, by which the intake knows it, and secrets by which the operator's own servers sign viewer tokens.
 */

/** How many there can be. Every process keeps all of them in memory. */
export const SERVICE_LIMITS = {
  services: 200,
  appsPerService: 100,
  liveKeysPerApp: 20,
  /** More than one, so that a secret is replaced without a moment in which tokens are refused. */
  liveSecretsPerApp: 5,
} as const

/** What may be done with the events of an app that nobody has asked yet. */
export const DEFAULT_PURPOSES = PURPOSES_WITHOUT_CONSENT

/** Id of a service or an app: it stands in every event and never changes. */
export const slug = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'lower-case letters, digits and single hyphens, such as cinema-web')

const label = z
  .string()
  .trim()
  .min(1)
  .max(128)
  .regex(/^\P{Cc}+$/u, 'no control characters')
  .regex(WELL_FORMED, WELL_FORMED_RULE)

const purposes = z
  .array(z.enum(PURPOSES as [Purpose, ...Purpose[]]))
  .max(PURPOSES.length)
  .refine((list) => new Set(list).size === list.length, 'each purpose once')

const serviceFields = {
  name: label,
  /** Days, hours and ages are told in this zone. Fixed once the service has viewers or events. */
  timeZone,
  /** The country whose states and cities are shown. */
  localCountry: countryCode,
  /** Language of messages and pages where a viewer's own is unknown. */
  language: languageTag,
}

export const serviceInput = z.strictObject({ id: slug, ...serviceFields })
export type ServiceInput = z.infer<typeof serviceInput>

export const servicePatch = z.strictObject(serviceFields).partial()
export type ServicePatch = z.infer<typeof servicePatch>

export const service = z.object({ id: slug, ...serviceFields, createdAt: instant, updatedAt: instant })
export type Service = z.infer<typeof service>

const appFields = {
  name: label,
  platform: platformName,
  /** What events of this app may be used for until consent rules it. */
  defaultPurposes: purposes,
  /** Believe `identify` of a browser key without a viewer token. Anybody can then write anybody's traits: rarely right. */
  trustClientIdentify: z.boolean(),
}

export const appInput = z.strictObject({
  id: slug,
  service: slug,
  ...appFields,
  defaultPurposes: purposes.default([...DEFAULT_PURPOSES]),
  trustClientIdentify: z.boolean().default(false),
})
export type AppInput = z.input<typeof appInput>

export const appPatch = z.strictObject(appFields).partial()
export type AppPatch = z.infer<typeof appPatch>

export const app = z.object({ id: slug, service: slug, ...appFields, createdAt: instant, updatedAt: instant })
export type App = z.infer<typeof app>

/** `browser` keys are public by nature: anybody can read them in the app. `server` keys are secrets. */
export const writeKeyKind = z.enum(['browser', 'server'])
export type WriteKeyKind = z.infer<typeof writeKeyKind>

export const writeKeyInput = z.strictObject({ kind: writeKeyKind, label: label.default('Write key') })
export type WriteKeyInput = z.input<typeof writeKeyInput>

export const writeKey = z.object({
  id: z.uuid(),
  app: slug,
  kind: writeKeyKind,
  label: z.string(),
  /** The key itself: always for browser keys; for server keys in the answer that creates it, and never again. */
  key: z.string().nullable(),
  /** Its first characters, to tell keys apart. */
  prefix: z.string(),
  createdAt: instant,
  /** Since when it is refused (within 2 s everywhere); null while it is taken. */
  revokedAt: instant.nullable(),
})
export type WriteKey = z.infer<typeof writeKey>

export const viewerTokenSecret = z.object({
  /** Also the `kid` that a token may carry. */
  id: z.uuid(),
  app: slug,
  /** The secret itself, base64url: only in the answer that creates it. */
  secret: z.string().nullable(),
  createdAt: instant,
  revokedAt: instant.nullable(),
})
export type ViewerTokenSecret = z.infer<typeof viewerTokenSecret>
