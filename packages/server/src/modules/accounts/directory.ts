import { asc, isNull, sql } from 'drizzle-orm'
import { purposeMask, type PlatformName, type Purpose, type WriteKeyKind } from '@foyer/contracts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Sealed } from '../../platform/data-map.ts'
import { Problem } from '../../platform/errors.ts'
import { sha256 } from '../../platform/ids.ts'
import type { Logger } from '../../platform/log.ts'
import { app, service, serviceRevision, viewerTokenSecret, writeKey } from './schema.ts'

/** What the hot path needs of a service. */
export interface ServiceAccess {
  readonly id: string
  readonly name: string
  readonly timeZone: string
  readonly localCountry: string
  readonly language: string
}

/** What the hot path needs of an app. */
export interface AppAccess {
  readonly id: string
  readonly service: ServiceAccess
  readonly platform: PlatformName
  readonly defaultPurposes: readonly Purpose[]
  /** The same as a consent mask. */
  readonly defaultMask: number
  readonly trustClientIdentify: boolean
  /** Live secrets of viewer tokens, as sealed in RECORDS. */
  readonly tokenSecrets: readonly { readonly id: string; readonly secret: Sealed }[]
}

/** An app as known by one of its write keys. */
export interface KeyAccess {
  readonly app: AppAccess
  readonly keyId: string
  readonly keyKind: WriteKeyKind
}

/**
 * Every service, app and live key in memory, so that an accepted event costs no query.
 * The copy is bounded by `SERVICE_LIMITS`.
 */
export interface Directory {
  /**
   * The app of a live write key; null when the key is unknown or revoked. A change in another process counts within 1 s.
   * Like the others it throws store.unavailable for what is not in memory while RECORDS does not answer.
   */
  appByWriteKey(key: string): Promise<KeyAccess | null>
  appById(id: string): Promise<AppAccess | null>
  serviceById(id: string): Promise<ServiceAccess | null>
  /** Forgets the copy: the next question reads anew. For the process that changed something. */
  invalidate(): void
}

/** Age at which a copy is compared with RECORDS' revision before it is used again, ms. */
const CHECK_AFTER_MS = 1_000
/** Anybody can send wrong keys: they cause one query in this time, ms, and no more. */
const UNKNOWN_KEY_CHECK_MS = 100
/**
 * How long a copy serves on while RECORDS does not answer, ms: longer than the embedded engine needs to restart. While it
 * does not answer nobody can revoke a key either.
 */
const SERVE_UNCHECKED_MS_MAX = 30_000
/** How long a question waits for a check before it is answered by the copy, ms. */
const CHECK_WAIT_MS = 250
/** How long a question about what the copy lacks waits for RECORDS, ms. Nothing is known then: clients come again. */
const MISS_WAIT_MS = 1_000

interface Copy {
  readonly revision: number
  readonly services: ReadonlyMap<string, ServiceAccess>
  readonly apps: ReadonlyMap<string, AppAccess>
  /** By the SHA-256 of the key. */
  readonly keys: ReadonlyMap<string, KeyAccess>
}

export function createDirectory(deps: { db: Database; clock: Clock; log: Logger }): Directory {
  const { db, clock, log } = deps
  let copy: Copy | null = null
  let checkedAt = -Infinity
  let checking: Promise<Copy> | null = null
  /** The check under way takes longer than a question waits for it. */
  let isCheckLate = false

  /** A client of RECORDS waits for a server that is away; a request with a key that is known must not. */
  async function current(): Promise<Copy> {
    if (copy && clock.now() - checkedAt < CHECK_AFTER_MS) return copy
    const checked = startCheck()
    if (!copy || clock.now() - checkedAt > SERVE_UNCHECKED_MS_MAX) return checked
    // The check goes on behind the answer, and says itself in the log when it fails.
    checked.catch(() => undefined)
    if (isCheckLate) return copy
    const late = Promise.withResolvers<Copy>()
    const cancel = clock.after(CHECK_WAIT_MS, () => {
      isCheckLate = checking === checked
      late.resolve(copy!)
    })
    return Promise.race([checked, late.promise]).finally(cancel)
  }

  function startCheck(): Promise<Copy> {
    return (checking ??= check().finally(() => {
      checking = null
      isCheckLate = false
    }))
  }

  /**
   * What is not in the copy may have been made a moment ago by another process, and its first events must not be lost:
   * RECORDS is asked before the answer is no, and while it cannot say, there is no answer.
   */
  async function seek<T>(find: (copy: Copy) => T | undefined, missCheckAfterMs: number): Promise<T | null> {
    const found = find(await current())
    if (found !== undefined || clock.now() - checkedAt < missCheckAfterMs) return found ?? null
    return find(await withinMissWait(readFromNowOn())) ?? null
  }

  /** A check under way may have read too early to know. */
  async function readFromNowOn(): Promise<Copy> {
    const askedAt = clock.now()
    await checking?.catch(() => {})
    const fresh = await startCheck()
    if (checkedAt < askedAt) throw new Problem('store.unavailable')
    return fresh
  }

  function withinMissWait(read: Promise<Copy>): Promise<Copy> {
    const late = Promise.withResolvers<Copy>()
    const cancel = clock.after(MISS_WAIT_MS, () => late.reject(new Problem('store.unavailable')))
    read.catch(() => undefined)
    return Promise.race([read, late.promise]).finally(cancel)
  }

  async function check(): Promise<Copy> {
    const startedAt = clock.now()
    const previous = copy
    try {
      const revision = await readRevision(db)
      const fresh = previous?.revision === revision ? previous : await readCopy(db, revision)
      copy = fresh
      checkedAt = startedAt
      return fresh
    } catch (error) {
      if (!previous || startedAt - checkedAt > SERVE_UNCHECKED_MS_MAX) throw error
      log.warn({ err: error }, 'apps and keys could not be checked; the copy in memory serves on')
      return previous
    }
  }

  return {
    appByWriteKey(key) {
      const hash = sha256(key)
      return seek((copy) => copy.keys.get(hash), UNKNOWN_KEY_CHECK_MS)
    },
    appById: (id) => seek((copy) => copy.apps.get(id), 0),
    serviceById: (id) => seek((copy) => copy.services.get(id), 0),
    invalidate() {
      checkedAt = -Infinity
    },
  }
}

async function readRevision(db: Database): Promise<number> {
  const [row] = await db.select({ revision: serviceRevision.revision }).from(serviceRevision)
  return row?.revision ?? 0
}

/** Reads at or after a revision: a change that slips in between only makes the next check read again. */
async function readCopy(db: Database, revision: number): Promise<Copy> {
  const serviceRows = await db.select().from(service)
  const appRows = await db.select().from(app)
  const keyRows = await db.select().from(writeKey).where(isNull(writeKey.revokedAt))
  const secretRows = await db
    .select()
    .from(viewerTokenSecret)
    .where(isNull(viewerTokenSecret.revokedAt))
    .orderBy(asc(viewerTokenSecret.createdAt))

  const services = new Map<string, ServiceAccess>()
  for (const { id, name, timeZone, localCountry, language } of serviceRows)
    services.set(id, { id, name, timeZone, localCountry, language })
  const secretsByApp = Map.groupBy(secretRows, (row) => row.app)
  const apps = new Map<string, AppAccess>()
  for (const row of appRows) {
    apps.set(row.id, {
      id: row.id,
      service: services.get(row.service)!,
      platform: row.platform,
      defaultPurposes: row.defaultPurposes,
      defaultMask: purposeMask(row.defaultPurposes),
      trustClientIdentify: row.trustClientIdentify,
      tokenSecrets: (secretsByApp.get(row.id) ?? []).map(({ id, secret }) => ({ id, secret })),
    })
  }
  const keys = new Map<string, KeyAccess>()
  for (const row of keyRows) keys.set(row.hash, { app: apps.get(row.app)!, keyId: row.id, keyKind: row.kind })
  return { revision, services, apps, keys }
}

/** Tells every process that its copy is old. Call it in the transaction of the change. */
export async function bumpRevision(tx: Database): Promise<void> {
  await tx
    .insert(serviceRevision)
    .values({ id: 1, revision: 1 })
    .onConflictDoUpdate({
      target: serviceRevision.id,
      set: { revision: sql`${serviceRevision.revision} + 1` },
    })
}
