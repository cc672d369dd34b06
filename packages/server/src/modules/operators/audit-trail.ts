import { and, desc, eq, lt } from 'drizzle-orm'
import type { z } from 'zod'
import type { AuditEntry, auditFilter } from '@foyer/contracts'
import type { AuditTrail } from '../../platform/audit.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import { uuidV7, type RandomSource } from '../../platform/ids.ts'
import { auditEntry } from './schema.ts'

export interface AuditReader {
  /** Newest first. */
  list(
    query: z.infer<typeof auditFilter> & { limit: number; cursor?: string | undefined },
  ): Promise<{ items: AuditEntry[]; next: string | null }>
}

/** The trail, in a table that refuses changes. */
export function createAuditTrail(deps: {
  db: Database
  clock: Clock
  random: RandomSource
}): AuditTrail & AuditReader {
  const { db, clock, random } = deps
  return {
    async record({ actor, action, object, details = {} }, within = db) {
      await within.insert(auditEntry).values({
        id: uuidV7(clock.now(), random),
        at: new Date(clock.now()),
        actorKind: actor.kind,
        actorId: actor.id,
        action,
        object,
        details,
      })
    },

    async list({ limit, cursor, actor, action, object }) {
      const rows = await db
        .select()
        .from(auditEntry)
        .where(
          and(
            cursor === undefined ? undefined : lt(auditEntry.id, cursor),
            actor === undefined ? undefined : eq(auditEntry.actorId, actor),
            action === undefined ? undefined : eq(auditEntry.action, action),
            object === undefined ? undefined : eq(auditEntry.object, object),
          ),
        )
        .orderBy(desc(auditEntry.id))
        .limit(limit + 1)
      const items = rows.slice(0, limit).map(toEntry)
      return { items, next: rows.length > limit ? items.at(-1)!.id : null }
    },
  }
}

function toEntry(row: typeof auditEntry.$inferSelect): AuditEntry {
  return {
    id: row.id,
    at: row.at.toISOString(),
    actor: { kind: row.actorKind, id: row.actorId },
    action: row.action,
    object: row.object,
    details: row.details as AuditEntry['details'],
  }
}
