import { inArray, sql } from 'drizzle-orm'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import { newSubject, type RandomSource, type Subject } from '../../platform/ids.ts'
import type { Vault } from '../../platform/vault/index.ts'
import { viewerSubject } from './schema.ts'

/**
 * Subjects by external id. An id gets its subject when it is first seen, by whichever process is first, and keeps it:
 * events may come before the viewer does.
 */
export interface Subjects {
  /** The subjects of external ids, reserved where they are new: one round trip for those not in memory. */
  resolve(service: string, externalIds: Iterable<string>): Promise<Map<string, Subject>>
  /**
   * The same in a transaction, with the viewers where there are. Their rows are locked until its end, so that of two who
   * would create a viewer for one id the second sees the first's.
   */
  attach(tx: Database, service: string, externalIds: Iterable<string>): Promise<Map<string, Attachment>>
}

export interface Attachment {
  readonly vid: Subject
  /** Null while there is no viewer for the subject. */
  readonly viewerId: string | null
}

export const EXTERNAL_ID_LOOKUP = 'external_id.lookup'

/** Subjects in memory. At 200 bytes each this is 20 MB. */
const REMEMBERED_MAX = 100_000

export function createSubjects(deps: {
  db: Database
  vault: Vault
  clock: Clock
  random: RandomSource
}): Subjects {
  const { db, vault, clock, random } = deps
  /** By service and look-up, so that no external id stays in memory. The oldest goes first. */
  const remembered = new Map<string, Subject>()

  function remember(key: string, vid: Subject): void {
    if (remembered.size >= REMEMBERED_MAX) remembered.delete(remembered.keys().next().value!)
    remembered.set(key, vid)
  }

  const wantedOf = (externalIds: Iterable<string>): Wanted[] =>
    [...new Set(externalIds)].map((externalId) => ({
      externalId,
      lookups: oldestPepperFirst(vault.lookups(EXTERNAL_ID_LOOKUP, externalId)),
    }))

  return {
    async resolve(service, externalIds) {
      const resolved = new Map<string, Subject>()
      const missing: Wanted[] = []
      for (const wanted of wantedOf(externalIds)) {
        const vid = remembered.get(`${service} ${wanted.lookups[0]}`)
        if (vid) resolved.set(wanted.externalId, vid)
        else missing.push(wanted)
      }
      if (missing.length === 0) return resolved
      const vids = await reserve(db, service, missing, { now: new Date(clock.now()), random })
      for (const { externalId, lookups } of missing) {
        const vid = vids.get(externalId)!
        remember(`${service} ${lookups[0]}`, vid)
        resolved.set(externalId, vid)
      }
      return resolved
    },

    async attach(tx, service, externalIds) {
      const wanted = wantedOf(externalIds)
      const vids = await reserve(tx, service, wanted, { now: new Date(clock.now()), random })
      const lookups = wanted.flatMap((each) => each.lookups)
      await tx.execute(sql`
        SELECT FROM external_id WHERE service = ${service} AND lookup = ANY(${sql.param(lookups)}::text[])
        ORDER BY lookup FOR UPDATE`)
      const rows = await tx
        .select()
        .from(viewerSubject)
        .where(inArray(viewerSubject.vid, [...vids.values()]))
      const viewerIds = new Map(rows.map((row) => [row.vid, row.viewerId]))
      return new Map(
        [...vids].map(([externalId, vid]) => [externalId, { vid, viewerId: viewerIds.get(vid) ?? null }]),
      )
    },
  }
}

interface Wanted {
  readonly externalId: string
  /** By every live pepper, the oldest first. */
  readonly lookups: readonly string[]
}

/**
 * Finds or makes the subjects in one statement. While two peppers live, an id has a row under each; the one of the oldest
 * pepper decides, because every process knows that pepper: whoever inserts it first has made the subject.
 */
async function reserve(
  db: Database,
  service: string,
  wanted: readonly Wanted[],
  using: { now: Date; random: RandomSource },
): Promise<Map<string, Subject>> {
  if (wanted.length === 0) return new Map()
  const places = wanted.flatMap(({ lookups }, place) => lookups.map((lookup) => ({ place, lookup })))
  const { rows } = await db.execute<{ place: number; vid: Subject }>(sql`
    WITH wanted AS (
      SELECT * FROM unnest(
        ${sql.param(places.map((each) => each.place))}::int[],
        ${sql.param(places.map((each) => each.lookup))}::text[]) AS wanted(place, lookup)),
    found AS (
      SELECT place, min(vid) AS vid FROM wanted JOIN external_id USING (lookup)
      WHERE service = ${service} GROUP BY place),
    made AS (
      INSERT INTO external_id (service, lookup, vid, created_at)
      SELECT ${service}, lookup, vid, ${using.now.toISOString()}::timestamptz FROM unnest(
        ${sql.param(wanted.map((_, place) => place))}::int[],
        ${sql.param(wanted.map((each) => each.lookups[0]))}::text[],
        ${sql.param(wanted.map(() => newSubject(using.random)))}::bigint[]) AS new(place, lookup, vid)
      WHERE place NOT IN (SELECT place FROM found)
      ORDER BY lookup
      -- An update of nothing, so that the row of whoever was first comes back.
      ON CONFLICT (service, lookup) DO UPDATE SET lookup = excluded.lookup
      RETURNING lookup, vid)
    SELECT place, vid::text FROM found
    UNION ALL
    SELECT place, vid::text FROM made JOIN wanted USING (lookup)`)
  const vids = new Map(rows.map((row) => [wanted[row.place]!.externalId, row.vid]))

  const others = wanted.flatMap(({ externalId, lookups }) =>
    lookups.slice(1).map((lookup) => ({ lookup, vid: vids.get(externalId)! })),
  )
  if (others.length > 0) {
    await db.execute(sql`
      INSERT INTO external_id (service, lookup, vid, created_at)
      SELECT ${service}, lookup, vid, ${using.now.toISOString()}::timestamptz FROM unnest(
        ${sql.param(others.map((each) => each.lookup))}::text[],
        ${sql.param(others.map((each) => each.vid))}::bigint[]) AS other(lookup, vid)
      ORDER BY lookup
      ON CONFLICT DO NOTHING`)
  }
  return vids
}

/** Look-ups read `h<version>.…`. */
function oldestPepperFirst(lookups: readonly string[]): string[] {
  const version = (lookup: string) => Number(lookup.slice(1, lookup.indexOf('.')))
  return lookups.toSorted((a, b) => version(a) - version(b))
}
