import { z } from 'zod'
import { GENDERS } from './reports.ts'
import { slug } from './services.ts'
import { WELL_FORMED, WELL_FORMED_RULE, countryCode, identifier, instant, localDate } from './values.ts'

/**
 * Viewers (`/v1/viewers`): registered people. What is coarse (gender, age at registration, country, region, city) is
 * readable; what names a person is sealed at rest and shown only to who has the right `viewers.personal`.
 */

/** Limits of what is kept of one viewer. */
export const VIEWER_LIMITS = {
  nameLengthMax: 256,
  cityLengthMax: 128,
  emailLengthMax: 254,
  /** Whole years. */
  ageMax: 120,
  /** Traits without a meaning of their own, kept sealed. */
  traitsMax: 100,
  /** Bytes of all of those as JSON. */
  traitsBytesMax: 16_384,
  /** Objects and lists within one another in a trait. */
  traitDepthMax: 20,
} as const

const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^\P{Cc}+$/u, 'no control characters')
    .regex(WELL_FORMED, WELL_FORMED_RULE)

/** An e-mail address as far as a form can tell: something, @, something with a dot, no spaces. */
export const emailAddress = z
  .string()
  .trim()
  .max(VIEWER_LIMITS.emailLengthMax)
  .regex(/^[^\s@<>",;]+@[^\s@<>",;]+\.[^\s@<>",;.]+$/, 'an e-mail address')

/** A telephone number of 5 to 15 digits, with the signs people write between them. */
export const phoneNumber = z
  .string()
  .trim()
  .max(40)
  .regex(/^\+?[\d ().\-/]+$/, 'a telephone number')
  .refine((text) => /^\d{5,15}$/.test(text.replace(/\D/g, '')), 'a telephone number of 5 to 15 digits')

const gender = z.enum(GENDERS)
const age = z.number().int().min(0).max(VIEWER_LIMITS.ageMax)

/** Whether a trait is nested no deeper than allowed. Deeper ones overflow the stack of whoever walks them. */
export function isShallowTrait(value: unknown): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > VIEWER_LIMITS.traitDepthMax) return false
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []))
  }
  return true
}

const traits = z.record(
  z.string().min(1).max(128),
  z.unknown().refine(isShallowTrait, `nested at most ${VIEWER_LIMITS.traitDepthMax} deep`),
)

const fields = {
  registeredAt: instant,
  gender,
  /** A calendar day, without zone. */
  birthDate: localDate.nullable(),
  /** Whole years; only where no birth date is known, else it is computed in the service's zone. */
  ageAtRegistration: age.nullable(),
  /** Code (ES, ESP) or name (Spain). */
  country: z.string().trim().max(80).nullable(),
  /**
   * Code (US-CA, CA) or name of a first-level or lower subdivision in ISO 3166-2; the name as it stands there (Bayern) or
   * in English (Bavaria).
   */
  region: z.string().trim().max(80).nullable(),
  city: line(VIEWER_LIMITS.cityLengthMax).nullable(),
  name: line(VIEWER_LIMITS.nameLengthMax).nullable(),
  firstName: line(VIEWER_LIMITS.nameLengthMax).nullable(),
  lastName: line(VIEWER_LIMITS.nameLengthMax).nullable(),
  email: emailAddress.nullable(),
  phone: phoneNumber.nullable(),
  /** Anything else that is known; a null value takes the trait away. Kept sealed as one document. */
  traits,
}

/** Body of `POST /v1/viewers`. Sent again with the same values it answers the same viewer. */
export const viewerInput = z.strictObject({
  /** Where the viewer registered. */
  service: slug,
  /** The app of that service, whose default purposes hold for the viewer until consent rules. */
  app: slug.optional(),
  /** The operator's own id of this person. */
  externalId: identifier,
  ...z.strictObject(fields).partial().shape,
})
export type ViewerInput = z.infer<typeof viewerInput>

/** Body of `PATCH /v1/viewers/:id`: what is absent stays, null clears. */
export const viewerPatch = z.strictObject(fields).partial()
export type ViewerPatch = z.infer<typeof viewerPatch>

/** Fields of a viewer that name a person, and that need the right `viewers.personal`. */
export const PERSONAL_FIELDS = [
  'externalIds',
  'name',
  'firstName',
  'lastName',
  'email',
  'phone',
  'birthDate',
  'traits',
] as const
export type PersonalField = (typeof PERSONAL_FIELDS)[number]

export const viewer = z.object({
  id: z.uuid(),
  service: slug,
  registeredAt: instant,
  gender,
  ageAtRegistration: age.nullable(),
  country: countryCode.nullable(),
  /** ISO 3166-2. */
  region: z.string().nullable(),
  city: z.string().nullable(),
  createdAt: instant,
  updatedAt: instant,
  externalIds: z.array(z.object({ service: slug, externalId: z.string() })).optional(),
  name: z.string().optional(),
  firstName: z.string().optional(),
  lastName: z.string().optional(),
  email: z.string().optional(),
  phone: z.string().optional(),
  birthDate: localDate.optional(),
  traits: traits.optional(),
  /** Personal fields that have a value which you may not see. */
  hidden: z.array(z.enum(PERSONAL_FIELDS)),
})
export type Viewer = z.infer<typeof viewer>

/** What stands for a viewer in a line of text. */
export const viewerLabel = z.object({
  id: z.uuid(),
  /** The name; without the right to see it, or without a name, `Viewer` and the end of the id. */
  label: z.string(),
  isMasked: z.boolean(),
})
export type ViewerLabel = z.infer<typeof viewerLabel>
