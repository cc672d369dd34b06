import { eq, gt, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { sha256, type Subject } from '../../platform/ids.ts'
import type { Events } from '../../storage/index.ts'
import { viewer, viewerSubject } from './schema.ts'

/**
 * Keeps EVENTS' table `viewer`, from which registrations are counted, up with RECORDS. Rows whose version is above the
 * published one are inserted and then marked. A crash between the two inserts the same versions again, and two workers at
 * once may insert the same: the table keeps the highest version of a viewer, so both change nothing. No transaction is
 * held while EVENTS writes.
 */
export interface Projection {
  /** Publishes until nothing is left or the signal aborts; returns how many rows. */
  publish(signal?: AbortSignal): Promise<number>
}

/** Viewers in one insert. */
const BATCH = 5_000

export function createProjection(deps: { db: NodePgDatabase; events: Events }): Projection {
  const { db, events } = deps

  return {
    async publish(signal) {
      let published = 0
      for (;;) {
        const rows = await unpublished()
        if (rows.length === 0) return published
        await events.insert('viewer', {
          ndjson: rows.map((row) => JSON.stringify(toEventsRow(row))).join('\n'),
          token: `viewer:${sha256(rows.map((row) => `${row.vid}:${row.version}`).join())}`,
        })
        await mark(rows)
        published += rows.length
        if (rows.length < BATCH || signal?.aborted) return published
      }
    },
  }

  function unpublished() {
    return db
      .select({
        id: viewer.id,
        vid: viewerSubject.vid,
        version: viewer.version,
        service: viewer.service,
        registeredAt: viewer.registeredAt,
        gender: viewer.gender,
        ageAtRegistration: viewer.ageAtRegistration,
        country: viewer.country,
        region: viewer.region,
        city: viewer.city,
        consentMask: viewer.consentMask,
      })
      .from(viewer)
      .innerJoin(viewerSubject, eq(viewerSubject.viewerId, viewer.id))
      .where(gt(viewer.version, viewer.publishedVersion))
      .orderBy(viewer.version)
      .limit(BATCH)
  }

  /** Never marks more than was inserted: a viewer that has changed since stays to be published. */
  async function mark(rows: readonly Unpublished[]): Promise<void> {
    await db.execute(sql`
      UPDATE viewer SET published_version = done.version
      FROM unnest(
        ${sql.param(rows.map((row) => row.id))}::uuid[],
        ${sql.param(rows.map((row) => row.version))}::bigint[]) AS done(id, version)
      WHERE viewer.id = done.id AND viewer.published_version < done.version`)
  }
}

type Row = typeof viewer.$inferSelect

type Unpublished = Pick<
  Row,
  | 'id'
  | 'version'
  | 'service'
  | 'registeredAt'
  | 'gender'
  | 'ageAtRegistration'
  | 'country'
  | 'region'
  | 'city'
  | 'consentMask'
> & { readonly vid: Subject }

function toEventsRow(row: Unpublished): Record<string, unknown> {
  return {
    vid: row.vid,
    version: String(row.version),
    is_deleted: 0,
    service: row.service,
    registered_at: row.registeredAt.toISOString().replace('T', ' ').replace('Z', ''),
    gender: row.gender === 'unknown' ? '' : row.gender,
    age_at_registration: row.ageAtRegistration,
    country: row.country,
    region: row.region,
    city: row.city,
    consent_mask: row.consentMask,
  }
}
