import { eq, inArray, sql } from 'drizzle-orm'
import type { Database, Sealed } from '../../platform/data-map.ts'
import type { Subject } from '../../platform/ids.ts'
import type { Keychain, Vault } from '../../platform/vault/index.ts'
import type { Profile } from './profile.ts'
import { externalId, viewer, viewerSubject } from './schema.ts'
import { EXTERNAL_ID_LOOKUP } from './subjects.ts'

/** A viewer as stored, opened. */
export interface StoredViewer {
  readonly id: string
  readonly service: string
  readonly profile: Profile
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface NewViewer {
  readonly id: string
  readonly vid: Subject
  readonly service: string
  readonly externalId: string
  readonly profile: Profile
  readonly consentMask: number
  readonly source: string
}

/**
 * Opens the viewers of these ids. Absent: those that do not exist and those whose key was destroyed. With `lock` their
 * rows stay locked until the end of the transaction.
 */
export async function loadViewers(
  tx: Database,
  vault: Vault,
  ids: readonly string[],
  lock?: 'update',
): Promise<Map<string, StoredViewer>> {
  if (ids.length === 0) return new Map()
  const query = tx
    .select()
    .from(viewer)
    .where(inArray(viewer.id, [...ids]))
    .orderBy(viewer.id)
  const rows = await (lock ? query.for(lock) : query)
  const keys = await vault.unlock(tx, ids)
  return new Map(rows.filter((row) => keys.has(row.id)).map((row) => [row.id, opened(row, keys)]))
}

/** What a viewer is called. */
export type StoredNames = Pick<Profile, 'name' | 'firstName' | 'lastName'>

/** Opens the names of these viewers and nothing else of them. Absent are the same as of `loadViewers`. */
export async function loadNames(
  tx: Database,
  vault: Vault,
  ids: readonly string[],
): Promise<Map<string, StoredNames>> {
  if (ids.length === 0) return new Map()
  const { id, name, firstName, lastName } = viewer
  const rows = await tx
    .select({ id, name, firstName, lastName })
    .from(viewer)
    .where(inArray(id, [...ids]))
  const keys = await vault.unlock(tx, ids)
  return new Map(
    rows
      .filter((row) => keys.has(row.id))
      .map((row) => {
        const open = (field: keyof StoredNames) =>
          row[field] === null ? null : keys.open(row.id, SEALED[field], row[field])
        return [row.id, { name: open('name'), firstName: open('firstName'), lastName: open('lastName') }]
      }),
  )
}

/** Stores new viewers with their keys. Their external ids must have been attached in this transaction. */
export async function insertViewers(
  tx: Database,
  vault: Vault,
  viewers: readonly NewViewer[],
  now: number,
): Promise<void> {
  if (viewers.length === 0) return
  const owners = viewers.map(({ id }) => id)
  await vault.createKeys(tx, owners)
  const keys = await vault.unlock(tx, owners)
  const moment = new Date(now)
  await tx.insert(viewer).values(
    viewers.map(({ id, service, profile, consentMask, source }) => ({
      id,
      service,
      ...readableColumns(profile),
      ...sealedColumns(profile, null, (column, plain) => keys.seal(id, column, plain), vault),
      consentMask,
      source,
      version: now,
      createdAt: moment,
      updatedAt: moment,
    })),
  )
  await tx.insert(viewerSubject).values(viewers.map(({ id, vid }) => ({ viewerId: id, vid })))
  await nameExternalIds(tx, vault, viewers, keys)
}

/** Stores what changed. EVENTS hears of it when it can see the difference. Answers whether anything was written. */
export async function updateViewer(
  tx: Database,
  vault: Vault,
  stored: StoredViewer,
  profile: Profile,
  now: number,
): Promise<boolean> {
  if (isSame(stored.profile, profile)) return false
  const keys = await vault.unlock(tx, [stored.id])
  const isSeen = PROJECTED.some((field) => stored.profile[field] !== profile[field])
  await tx
    .update(viewer)
    .set({
      ...readableColumns(profile),
      ...sealedColumns(
        profile,
        stored.profile,
        (column, plain) => keys.seal(stored.id, column, plain),
        vault,
      ),
      ...(isSeen ? { version: sql`greatest(${viewer.version} + 1, ${now})` } : {}),
      updatedAt: new Date(now),
    })
    .where(eq(viewer.id, stored.id))
  return true
}

/** Fields of which EVENTS' `viewer` holds a copy. */
const PROJECTED = ['registeredAt', 'gender', 'ageAtRegistration', 'country', 'region', 'city'] as const

/** Fields that are sealed as they are. */
const SEALED = {
  name: 'viewer.name',
  firstName: 'viewer.first_name',
  lastName: 'viewer.last_name',
  birthDate: 'viewer.birth_date',
  email: 'viewer.email',
  phone: 'viewer.phone',
} as const
const TRAITS = 'viewer.traits'
const EXTERNAL_ID = 'external_id.value'
const EMAIL_LOOKUP = { name: 'viewer.email_lookup', kind: 'email' } as const

type Row = typeof viewer.$inferSelect

function opened(row: Row, keys: Keychain): StoredViewer {
  const open = (column: string, sealed: Sealed | null) =>
    sealed === null ? null : keys.open(row.id, column, sealed)
  const texts = Object.fromEntries(
    Object.entries(SEALED).map(([field, column]) => [field, open(column, row[field as keyof typeof SEALED])]),
  ) as Record<keyof typeof SEALED, string | null>
  const traits = open(TRAITS, row.traits)
  return {
    id: row.id,
    service: row.service,
    profile: {
      registeredAt: row.registeredAt.getTime(),
      gender: row.gender,
      ageAtRegistration: row.ageAtRegistration,
      country: row.country,
      region: row.region,
      city: row.city,
      ...texts,
      traits: traits === null ? {} : (JSON.parse(traits) as Profile['traits']),
      statedAt: row.statedAt,
    },
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  }
}

function readableColumns(profile: Profile) {
  const { gender, ageAtRegistration, country, region, city, statedAt } = profile
  return {
    registeredAt: new Date(profile.registeredAt),
    gender,
    ageAtRegistration,
    country,
    region,
    city,
    statedAt: statedAt as Record<string, number>,
  }
}

/** Seals what differs from before: an unchanged value keeps its ciphertext. */
function sealedColumns(
  profile: Profile,
  before: Profile | null,
  seal: (column: string, plain: string) => Sealed,
  vault: Vault,
): Partial<Pick<Row, keyof typeof SEALED | 'traits' | 'emailLookup'>> {
  const columns: Record<string, string | null> = {}
  for (const [field, column] of Object.entries(SEALED)) {
    const plain = profile[field as keyof typeof SEALED]
    if (plain === (before?.[field as keyof typeof SEALED] ?? null)) continue
    columns[field] = plain === null ? null : seal(column, plain)
    if (field === 'email') columns['emailLookup'] = plain === null ? null : vault.lookup(EMAIL_LOOKUP, plain)
  }
  const traits = JSON.stringify(profile.traits)
  if (traits !== JSON.stringify(before?.traits ?? {})) columns['traits'] = seal(TRAITS, traits)
  return columns
}

/** Seals the external ids themselves, now that there are viewers to own them. */
async function nameExternalIds(
  tx: Database,
  vault: Vault,
  viewers: readonly NewViewer[],
  keys: Keychain,
): Promise<void> {
  const named = viewers.flatMap((each) => {
    const value = keys.seal(each.id, EXTERNAL_ID, each.externalId)
    return vault
      .lookups(EXTERNAL_ID_LOOKUP, each.externalId)
      .map((lookup) => ({ service: each.service, lookup, value }))
  })
  await tx.execute(sql`
    UPDATE external_id SET value = named.value
    FROM unnest(
      ${sql.param(named.map((each) => each.service))}::text[],
      ${sql.param(named.map((each) => each.lookup))}::text[],
      ${sql.param(named.map((each) => each.value))}::text[]) AS named(service, lookup, value)
    WHERE external_id.service = named.service AND external_id.lookup = named.lookup`)
}

/** The external ids of a viewer, opened. */
export async function externalIdsOf(
  tx: Database,
  vault: Vault,
  viewerId: string,
): Promise<{ service: string; externalId: string }[]> {
  const rows = await tx
    .select({ service: externalId.service, value: externalId.value })
    .from(externalId)
    .innerJoin(viewerSubject, eq(viewerSubject.vid, externalId.vid))
    .where(eq(viewerSubject.viewerId, viewerId))
    .orderBy(externalId.service)
  const keys = await vault.unlock(tx, [viewerId])
  // An id has a row for each live pepper.
  const found = new Map<string, { service: string; externalId: string }>()
  for (const { service, value } of rows) {
    const plain = value === null ? null : keys.open(viewerId, EXTERNAL_ID, value)
    if (plain !== null) found.set(`${service} ${plain}`, { service, externalId: plain })
  }
  return [...found.values()]
}

function isSame(a: Profile, b: Profile): boolean {
  return JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b))
}

/** Objects from the database and from code list the same keys in another order. */
function inOrder(profile: Profile): unknown {
  const sorted = (values: object) => Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return sorted({ ...profile, statedAt: sorted(profile.statedAt), traits: sorted(profile.traits) })
}
