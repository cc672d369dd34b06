import { and, asc, eq, gt, isNull, lt, or, sql } from 'drizzle-orm'
import { OPERATOR_LIMITS, RIGHTS, type ApiKey, type ApiKeyInput, type NewApiKey } from '@foyer/contracts'
import type { AuditTrail } from '../../platform/audit.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import { Problem } from '../../platform/errors.ts'
import type { Actor } from '../../platform/http/index.ts'
import { newSecret, sha256, uuidV7, type RandomSource } from '../../platform/ids.ts'
import { refuseBeyond } from './grants.ts'
import { apiKey } from './schema.ts'

/** Keys by which programs call the API: `Authorization: Bearer fk_…`. */
export interface ApiKeys {
  /** Whose key it is; null when it is unknown or revoked. */
  authenticate(key: string): Promise<Actor | null>
  create(by: Actor, input: ApiKeyInput): Promise<NewApiKey>
  list(page: {
    limit: number
    cursor?: string | undefined
  }): Promise<{ items: ApiKey[]; next: string | null }>
  revoke(by: Actor, id: string): Promise<void>
  /** Revokes the keys that somebody made, and those that were made by these: who leaves leaves no door open. */
  revokeMadeBy(tx: Database, by: Actor, maker: string): Promise<void>
}

const PREFIX = 'fk'
/** The time of last use is to the hour: it says whether a key is still needed, not when a program works. */
const LAST_USED_STEP_MS = 3_600_000

export function createApiKeys(deps: {
  db: Database
  clock: Clock
  random: RandomSource
  audit: AuditTrail
}): ApiKeys {
  const { db, clock, random, audit } = deps
  /** When this process last noted the use of a key: saves a write on each request. */
  const notedAt = new Map<string, number>()

  async function noteUse(id: string): Promise<void> {
    const hour = clock.now() - (clock.now() % LAST_USED_STEP_MS)
    if (notedAt.get(id) === hour) return
    if (notedAt.size >= OPERATOR_LIMITS.liveApiKeys) notedAt.clear()
    notedAt.set(id, hour)
    await db
      .update(apiKey)
      .set({ lastUsedAt: new Date(hour) })
      .where(and(eq(apiKey.id, id), or(isNull(apiKey.lastUsedAt), lt(apiKey.lastUsedAt, new Date(hour)))))
  }

  return {
    async authenticate(key) {
      if (!key.startsWith(`${PREFIX}_`)) return null
      const [row] = await db
        .select({ id: apiKey.id, rights: apiKey.rights })
        .from(apiKey)
        .where(and(eq(apiKey.secretHash, sha256(key)), isNull(apiKey.revokedAt)))
      if (!row) return null
      await noteUse(row.id)
      return {
        kind: 'apiKey',
        id: row.id,
        rights: new Set(row.rights.filter((right) => RIGHTS.includes(right))),
      }
    },

    async create(by, { label, rights }) {
      refuseBeyond(by, { rights })
      if ((await db.$count(apiKey, isNull(apiKey.revokedAt))) >= OPERATOR_LIMITS.liveApiKeys) {
        throw new Problem(
          'settings.limit_reached',
          `There can be ${OPERATOR_LIMITS.liveApiKeys} live API keys.`,
        )
      }
      const key = newSecret(PREFIX, random)
      const row = {
        id: uuidV7(clock.now(), random),
        label,
        rights,
        secretHash: sha256(key),
        ending: key.slice(-4),
        createdBy: by.id,
        createdAt: new Date(clock.now()),
      }
      const made = await db.transaction(async (tx) => {
        const [inserted] = await tx.insert(apiKey).values(row).returning()
        await audit.record({ actor: by, action: 'api_key.created', object: row.id, details: { rights } }, tx)
        return inserted!
      })
      return { ...toApiKey(made), key }
    },

    async list({ limit, cursor }) {
      const rows = await db
        .select()
        .from(apiKey)
        .where(cursor === undefined ? undefined : gt(apiKey.id, cursor))
        .orderBy(asc(apiKey.id))
        .limit(limit + 1)
      const items = rows.slice(0, limit).map(toApiKey)
      return { items, next: rows.length > limit ? items.at(-1)!.id : null }
    },

    async revoke(by, id) {
      await db.transaction(async (tx) => {
        const revoked = await tx
          .update(apiKey)
          .set({ revokedAt: new Date(clock.now()) })
          .where(and(eq(apiKey.id, id), isNull(apiKey.revokedAt)))
          .returning({ id: apiKey.id })
        if (revoked.length === 0) throw new Problem('api_key.not_found')
        await audit.record({ actor: by, action: 'api_key.revoked', object: id }, tx)
      })
    },

    async revokeMadeBy(tx, by, maker) {
      const { rows } = await tx.execute<{ id: string }>(sql`
        WITH RECURSIVE made AS (
          SELECT id FROM api_key WHERE created_by = ${maker}
          UNION
          SELECT api_key.id FROM api_key JOIN made ON api_key.created_by = made.id::text)
        UPDATE api_key SET revoked_at = ${new Date(clock.now())}
        WHERE id IN (SELECT id FROM made) AND revoked_at IS NULL
        RETURNING id`)
      for (const { id } of rows) {
        await audit.record({ actor: by, action: 'api_key.revoked', object: id, details: { maker } }, tx)
      }
    },
  }
}

function toApiKey(row: typeof apiKey.$inferSelect): ApiKey {
  return {
    id: row.id,
    label: row.label,
    rights: row.rights,
    ending: row.ending,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
  }
}
