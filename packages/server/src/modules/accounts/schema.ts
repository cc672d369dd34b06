import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  customType,
  index,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { Gender, PlatformName, Purpose, WriteKeyKind } from '@foyer/contracts'
import {
  annotate,
  identifier,
  operational,
  personal,
  sealed,
  sealedPersonal,
  secret,
  type ColumnAnnotation,
} from '../../platform/data-map.ts'
import type { Subject } from '../../platform/ids.ts'

/** A person's id in EVENTS: 63 bits, a decimal string on our side. */
const subject = customType<{ data: Subject; driverData: string }>({ dataType: () => 'bigint' })

const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })

export const service = pgTable('service', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  timeZone: text('time_zone').notNull(),
  localCountry: text('local_country').notNull(),
  language: text('language').notNull(),
  createdAt: moment('created_at').notNull(),
  updatedAt: moment('updated_at').notNull(),
})

export const serviceData = annotate(service, {
  id: operational,
  name: operational,
  timeZone: operational,
  localCountry: operational,
  language: operational,
  createdAt: operational,
  updatedAt: operational,
})

export const app = pgTable(
  'app',
  {
    id: text('id').primaryKey(),
    service: text('service')
      .notNull()
      .references(() => service.id),
    name: text('name').notNull(),
    platform: text('platform').$type<PlatformName>().notNull(),
    defaultPurposes: text('default_purposes').array().$type<Purpose[]>().notNull(),
    trustClientIdentify: boolean('trust_client_identify').notNull(),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
  },
  (table) => [index('app_service').on(table.service)],
)

export const appData = annotate(app, {
  id: operational,
  service: operational,
  name: operational,
  platform: operational,
  defaultPurposes: operational,
  trustClientIdentify: operational,
  createdAt: operational,
  updatedAt: operational,
})

/** Server keys are kept as their SHA-256 alone: 160 random bits need no slow hash. */
export const writeKey = pgTable(
  'write_key',
  {
    id: uuid('id').primaryKey(),
    app: text('app')
      .notNull()
      .references(() => app.id),
    kind: text('kind').$type<WriteKeyKind>().notNull(),
    label: text('label').notNull(),
    prefix: text('prefix').notNull(),
    hash: text('hash').notNull(),
    /** Browser keys only, which every visitor of the app can read. */
    readableKey: text('readable_key'),
    createdAt: moment('created_at').notNull(),
    revokedAt: moment('revoked_at'),
  },
  (table) => [uniqueIndex('write_key_hash').on(table.hash), index('write_key_app').on(table.app)],
)

export const writeKeyData = annotate(writeKey, {
  id: operational,
  app: operational,
  kind: operational,
  label: operational,
  prefix: operational,
  hash: secret,
  readableKey: operational,
  createdAt: operational,
  revokedAt: operational,
})

/** Secrets by which the operator's servers sign viewer tokens, sealed under a key of the app. */
export const viewerTokenSecret = pgTable(
  'viewer_token_secret',
  {
    id: uuid('id').primaryKey(),
    app: text('app')
      .notNull()
      .references(() => app.id),
    secret: sealed('secret').notNull(),
    createdAt: moment('created_at').notNull(),
    revokedAt: moment('revoked_at'),
  },
  (table) => [index('viewer_token_secret_app').on(table.app)],
)

export const viewerTokenSecretData = annotate(viewerTokenSecret, {
  id: operational,
  app: operational,
  secret,
  createdAt: operational,
  revokedAt: operational,
})

/** One row: counts changes of services, apps and their keys, so that every process sees when its copy is old. */
export const serviceRevision = pgTable('service_revision', {
  id: smallint('id').primaryKey(),
  revision: bigint('revision', { mode: 'number' }).notNull(),
})

export const serviceRevisionData = annotate(serviceRevision, { id: operational, revision: operational })

/** A registered person. What names the person is sealed under the key of `id`; what is readable is coarse. */
export const viewer = pgTable(
  'viewer',
  {
    id: uuid('id').primaryKey(),
    service: text('service')
      .notNull()
      .references(() => service.id),
    registeredAt: moment('registered_at').notNull(),
    gender: text('gender').$type<Gender>().notNull(),
    ageAtRegistration: smallint('age_at_registration'),
    /** Empty: unknown. So are region and city. */
    country: text('country').notNull(),
    region: text('region').notNull(),
    city: text('city').notNull(),
    name: sealed('name'),
    firstName: sealed('first_name'),
    lastName: sealed('last_name'),
    birthDate: sealed('birth_date'),
    email: sealed('email'),
    /** HMAC of the address. Not unique: people share addresses. */
    emailLookup: text('email_lookup'),
    phone: sealed('phone'),
    /** Traits without a column, one JSON document. */
    traits: sealed('traits'),
    /** When each field was last stated, epoch ms: what arrives late does not overwrite what was said later. */
    statedAt: jsonb('stated_at').$type<Record<string, number>>().notNull(),
    /** Purposes allowed when the viewer registered, until consent rules them. */
    consentMask: bigint('consent_mask', { mode: 'number' }).notNull(),
    /** What made the row: api, identify, import:movielens … */
    source: text('source').notNull(),
    /**
     * Grows with every change that EVENTS must see. At least the time of the change in epoch ms: after RECORDS is
     * restored from a backup, what changes still gets a version above the ones that EVENTS already holds.
     */
    version: bigint('version', { mode: 'number' }).notNull(),
    /** The version that EVENTS holds; 0 for none. */
    publishedVersion: bigint('published_version', { mode: 'number' }).notNull().default(0),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
  },
  (table) => [
    index('viewer_unpublished')
      .on(table.version)
      .where(sql`version > published_version`),
    index('viewer_email_lookup')
      .on(table.emailLookup)
      .where(sql`email_lookup is not null`),
    index('viewer_service').on(table.service),
  ],
)

const withAccount: ColumnAnnotation = {
  ...operational,
  purpose: 'service',
  retention: 'account',
  erasure: 'delete',
}

export const viewerData = annotate(viewer, {
  id: identifier,
  service: personal,
  registeredAt: personal,
  gender: personal,
  ageAtRegistration: personal,
  country: personal,
  region: personal,
  city: personal,
  name: sealedPersonal,
  firstName: sealedPersonal,
  lastName: sealedPersonal,
  birthDate: sealedPersonal,
  email: sealedPersonal,
  emailLookup: { ...identifier, isExported: false },
  phone: sealedPersonal,
  traits: sealedPersonal,
  statedAt: withAccount,
  consentMask: { ...personal, category: 'operational' },
  source: personal,
  version: withAccount,
  publishedVersion: withAccount,
  createdAt: personal,
  updatedAt: personal,
})

/** The one table that joins a viewer in RECORDS to the subject in EVENTS. */
export const viewerSubject = pgTable(
  'viewer_subject',
  {
    viewerId: uuid('viewer_id')
      .primaryKey()
      .references(() => viewer.id),
    vid: subject('vid').notNull(),
  },
  (table) => [uniqueIndex('viewer_subject_vid').on(table.vid)],
)

export const viewerSubjectData = annotate(viewerSubject, {
  viewerId: identifier,
  vid: { ...identifier, isExported: false },
})

/**
 * Subjects by the operator's own ids. A subject is reserved when an id is first seen; its viewer comes with `identify`
 * or a creation. One row for each live pepper, all with the same subject: see `subjects.ts`.
 */
export const externalId = pgTable(
  'external_id',
  {
    service: text('service')
      .notNull()
      .references(() => service.id),
    lookup: text('lookup').notNull(),
    vid: subject('vid').notNull(),
    /** The id itself under the viewer's key; null until there is a viewer. */
    value: sealed('value'),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.service, table.lookup] }), index('external_id_vid').on(table.vid)],
)

export const externalIdData = annotate(externalId, {
  service: identifier,
  lookup: { ...identifier, isExported: false },
  vid: { ...identifier, isExported: false },
  value: { ...sealedPersonal, category: 'identifier' },
  createdAt: withAccount,
})

/** What a browser said about a viewer without proof. Nothing reads it but a later proof; gone after 30 days. */
export const identifyClaim = pgTable(
  'identify_claim',
  {
    id: uuid('id').primaryKey(),
    app: text('app')
      .notNull()
      .references(() => app.id),
    device: subject('device').notNull(),
    lookup: text('lookup').notNull(),
    /** External id and traits, sealed under the epoch's service key: there is no viewer to own them. */
    claim: sealed('claim').notNull(),
    claimedAt: moment('claimed_at').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    uniqueIndex('identify_claim_device_lookup').on(table.device, table.app, table.lookup),
    index('identify_claim_expiry').on(table.expiresAt),
  ],
)

const claimed: ColumnAnnotation = { ...identifier, purpose: 'security', retention: '30d', isExported: false }

export const identifyClaimData = annotate(identifyClaim, {
  id: claimed,
  app: claimed,
  device: claimed,
  lookup: claimed,
  claim: { ...claimed, category: 'personal' },
  claimedAt: claimed,
  expiresAt: claimed,
})
