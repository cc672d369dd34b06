import { sql, type SQL } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Clock } from '../../../platform/clock.ts'
import type { Database } from '../../../platform/data-map.ts'
import type { Subject } from '../../../platform/ids.ts'
import type { SubjectLink } from '../../../storage/index.ts'

/**
 * Who is who. An event carries a *subject*: a viewer's vid or a device's anonymous one. Subjects are joined into *persons*
 * by links (an anonymous subject is a viewer's) and merges (two viewers are one), and taken out of use by denials. Nothing
 * that was recorded is rewritten: each act changes a few rows of `subject_person`, which `publish.ts` copies to EVENTS, and
 * each can be taken back.
 *
 * A person is named by the vid at the root of its merges. Acts are safe to repeat. They take the transaction that they
 * shall be part of; without one they make their own.
 */
export interface People {
  /** Links anonymous subjects with the viewers who signed in. The first link of a subject stays, also when it was taken back. */
  link(links: readonly SubjectLink[]): Promise<void>

  /** Takes back the links of a device with a person: what it did without a sign-in is nobody's. How many. */
  unlink(of: DeviceOfPerson, tx?: Database): Promise<number>
  /** Takes that back. How many. */
  relink(of: DeviceOfPerson, tx?: Database): Promise<number>
  /** Devices that are linked with a person or were. */
  linkedDevices(vid: Subject): Promise<LinkedDevice[]>

  /** Makes one person of two: `vid` and all who were merged into it become `into`'s. */
  merge(merge: { vid: Subject; into: Subject }, tx?: Database): Promise<MergeOutcome>
  /** All merges of the person that `vid` belongs to, in order of time. */
  merges(vid: Subject): Promise<Merge[]>
  /** Takes back the merge of `vid`; who was merged into it goes with it. False when it was not merged. */
  unmerge(vid: Subject, tx?: Database): Promise<boolean>

  /** Forbids the use of a viewer's data for the purposes of the mask; 0 lifts it. It counts for the whole person. */
  deny(vid: Subject, denied: number, tx?: Database): Promise<void>

  /** Whether reports know all that was done to a person. */
  isPublished(vid: Subject): Promise<boolean>

  /** The vid that stands for each subject's person, and what is denied. */
  personsOf(subjects: readonly Subject[]): Promise<Map<Subject, Person>>
  /** All subjects of the person that a subject belongs to, the person's vid first. */
  subjectsOf(subject: Subject): Promise<Subject[]>
}

export interface DeviceOfPerson {
  readonly vid: Subject
  readonly device: Subject
}

export interface LinkedDevice {
  readonly device: Subject
  readonly isLinked: boolean
  /** First and last time that somebody signed in on it as this person, epoch ms. */
  readonly firstLinkedAt: number
  readonly lastLinkedAt: number
}

export interface Merge {
  readonly vid: Subject
  readonly into: Subject
  /** Epoch ms. */
  readonly mergedAt: number
}

export interface Person {
  readonly person: Subject
  /** Mask of purposes. */
  readonly denied: number
}

export type MergeOutcome =
  | { readonly outcome: 'merged' }
  /** They are one person already. */
  | { readonly outcome: 'same_person' }
  /** `vid` was merged into another: take that back first. */
  | { readonly outcome: 'already_merged'; readonly into: Subject }

/** "people" in ASCII. Links share it; whatever changes a tree of merges has it alone. */
const PEOPLE_LOCK = 0x70656f706c65

export function createPeople({ db, clock }: { db: NodePgDatabase; clock: Clock }): People {
  const within = <T>(tx: Database | undefined, work: (tx: Database) => Promise<T>): Promise<T> =>
    tx ? work(tx) : db.transaction(work)

  /** Alone among all that change persons, until the transaction ends. */
  async function alone(tx: Database): Promise<void> {
    await tx.execute(sql`SELECT pg_advisory_xact_lock(${PEOPLE_LOCK})`)
  }

  /** Writes the rows that follow for everybody in the trees of these vids, and for subjects that were set free. */
  async function refresh(
    tx: Database,
    vids: readonly Subject[],
    freed: readonly Subject[] = [],
  ): Promise<void> {
    await tx.execute(sql`
      WITH RECURSIVE ${personsFrom(sql`SELECT * FROM unnest(${sql.param(vids)}::bigint[])`)},
      wanted AS (
        SELECT vid AS subject, person FROM member
        UNION ALL
        SELECT anonymous, person FROM subject_link JOIN member USING (vid) WHERE unlinked_at IS NULL
        UNION ALL
        SELECT free, free FROM unnest(${sql.param(freed)}::bigint[]) AS freed(free))
      ${upsertPersons(clock.now())}`)
  }

  return {
    async link(links) {
      if (links.length === 0) return
      await db.transaction(async (tx) => {
        await tx.execute(sql`SELECT pg_advisory_xact_lock_shared(${PEOPLE_LOCK})`)
        await tx.execute(sql`
          WITH RECURSIVE made AS (
            INSERT INTO subject_link (anonymous, vid, device, source, linked_at)
            SELECT anonymous, vid, device, 'sign_in', to_timestamp(at / 1000.0) FROM unnest(
              ${sql.param(links.map((link) => link.anonymous))}::bigint[],
              ${sql.param(links.map((link) => link.vid))}::bigint[],
              ${sql.param(links.map((link) => link.device))}::bigint[],
              ${sql.param(links.map((link) => link.at))}::float8[]) AS said(anonymous, vid, device, at)
            ORDER BY anonymous
            ON CONFLICT (anonymous) DO NOTHING
            RETURNING anonymous, vid),
          ${personsFrom(sql`SELECT DISTINCT vid FROM made`)},
          wanted AS (SELECT anonymous AS subject, person FROM made JOIN member USING (vid))
          ${upsertPersons(clock.now())}`)
      })
    },

    unlink: ({ vid, device }, given) =>
      within(given, async (tx) => {
        await alone(tx)
        const { rows } = await tx.execute<{ anonymous: Subject }>(sql`
          WITH RECURSIVE ${personsFrom(sql`SELECT ${vid}::bigint`)}
          UPDATE subject_link SET unlinked_at = ${new Date(clock.now())}
          WHERE vid IN (SELECT vid FROM member) AND device = ${device} AND unlinked_at IS NULL
          RETURNING anonymous`)
        await refresh(
          tx,
          [],
          rows.map((row) => row.anonymous),
        )
        return rows.length
      }),

    relink: ({ vid, device }, given) =>
      within(given, async (tx) => {
        await alone(tx)
        const { rows } = await tx.execute(sql`
          WITH RECURSIVE ${personsFrom(sql`SELECT ${vid}::bigint`)}
          UPDATE subject_link SET unlinked_at = NULL
          WHERE vid IN (SELECT vid FROM member) AND device = ${device} AND unlinked_at IS NOT NULL
          RETURNING vid`)
        await refresh(tx, [vid])
        return rows.length
      }),

    async linkedDevices(vid) {
      const { rows } = await db.execute<{ device: Subject; live: boolean; first: number; last: number }>(sql`
        WITH RECURSIVE ${personsFrom(sql`SELECT ${vid}::bigint`)}
        SELECT device, bool_or(unlinked_at IS NULL) AS live,
          extract(epoch FROM min(linked_at))::float8 * 1000 AS first,
          extract(epoch FROM max(linked_at))::float8 * 1000 AS last
        FROM subject_link WHERE vid IN (SELECT vid FROM member)
        GROUP BY device ORDER BY last DESC, device`)
      return rows.map(({ device, live, first, last }) => ({
        device,
        isLinked: live,
        firstLinkedAt: Math.round(first),
        lastLinkedAt: Math.round(last),
      }))
    },

    merge: ({ vid, into }, given) =>
      within(given, async (tx): Promise<MergeOutcome> => {
        await alone(tx)
        const roots = await rootsOf(tx, [vid, into])
        if (roots.get(vid) === roots.get(into)) return { outcome: 'same_person' }
        const { rows: edges } = await tx.execute<{ into_vid: Subject }>(
          sql`SELECT into_vid FROM subject_merge WHERE vid = ${vid}`,
        )
        if (edges[0]) return { outcome: 'already_merged', into: edges[0].into_vid }
        await tx.execute(sql`
          INSERT INTO subject_merge (vid, into_vid, merged_at) VALUES (${vid}, ${into}, ${new Date(clock.now())})`)
        await refresh(tx, [vid])
        return { outcome: 'merged' }
      }),

    async merges(vid) {
      const { rows } = await db.execute<{ vid: Subject; into: Subject; at: number }>(sql`
        WITH RECURSIVE ${personsFrom(sql`SELECT ${vid}::bigint`)}
        SELECT vid, into_vid AS into, extract(epoch FROM merged_at)::float8 * 1000 AS at
        FROM subject_merge WHERE vid IN (SELECT vid FROM member) ORDER BY merged_at, vid`)
      return rows.map(({ vid, into, at }) => ({ vid, into, mergedAt: Math.round(at) }))
    },

    unmerge: (vid, given) =>
      within(given, async (tx) => {
        await alone(tx)
        const { rows } = await tx.execute<{ into_vid: Subject }>(
          sql`DELETE FROM subject_merge WHERE vid = ${vid} RETURNING into_vid`,
        )
        if (!rows[0]) return false
        await refresh(tx, [vid, rows[0].into_vid])
        return true
      }),

    deny: (vid, denied, given) =>
      within(given, async (tx) => {
        await alone(tx)
        await (denied === 0
          ? tx.execute(sql`DELETE FROM subject_denial WHERE vid = ${vid}`)
          : tx.execute(sql`
              INSERT INTO subject_denial (vid, denied, denied_at)
              VALUES (${vid}, ${denied}, ${new Date(clock.now())})
              ON CONFLICT (vid) DO UPDATE SET denied = excluded.denied, denied_at = excluded.denied_at`))
        await refresh(tx, [vid])
      }),

    async isPublished(vid) {
      const { rows } = await db.execute<{ open: boolean }>(sql`
        WITH RECURSIVE ${personsFrom(sql`SELECT ${vid}::bigint`)}
        SELECT EXISTS (
          SELECT FROM subject_person WHERE version > published_version AND subject IN (
            SELECT vid FROM member
            UNION SELECT anonymous FROM subject_link WHERE vid IN (SELECT vid FROM member))) AS open`)
      return !rows[0]!.open
    },

    async personsOf(subjects) {
      const { rows } = await db.execute<{ subject: Subject; person: Subject; denied: string }>(sql`
        SELECT subject, person, denied FROM subject_person
        WHERE subject = ANY(${sql.param(subjects)}::bigint[])`)
      const known = new Map(rows.map((row) => [row.subject, row]))
      return new Map(
        subjects.map((subject) => {
          const row = known.get(subject)
          return [subject, { person: row?.person ?? subject, denied: Number(row?.denied ?? 0) }]
        }),
      )
    },

    async subjectsOf(subject) {
      const { rows } = await db.execute<{ person: Subject; subject: Subject }>(sql`
        WITH asked AS (
          SELECT coalesce((SELECT person FROM subject_person WHERE subject = ${subject}), ${subject}::bigint) AS person)
        SELECT person, person AS subject FROM asked
        UNION
        SELECT person, subject FROM subject_person WHERE person = (SELECT person FROM asked)`)
      const person = rows[0]!.person
      return [person, ...rows.map((row) => row.subject).filter((each) => each !== person)]
    },
  }
}

/**
 * Tables for a WITH RECURSIVE: `member (vid, person)`, everybody in the trees of merges that the seed's vids are in, and
 * `denial (person, denied)`.
 */
function personsFrom(seed: SQL): SQL {
  return sql`
    up (vid) AS (
      (${seed})
      UNION
      SELECT into_vid FROM subject_merge JOIN up USING (vid)),
    member (vid, person) AS (
      SELECT vid, vid FROM up WHERE vid NOT IN (SELECT vid FROM subject_merge WHERE vid IN (SELECT vid FROM up))
      UNION ALL
      SELECT subject_merge.vid, person FROM subject_merge JOIN member ON into_vid = member.vid),
    denial (person, denied) AS (
      SELECT person, bit_or(denied) FROM member JOIN subject_denial USING (vid) GROUP BY person)`
}

/** Brings `subject_person` to what `wanted (subject, person)` and `denial` say; rows that say it already stay as they are. */
function upsertPersons(now: number): SQL {
  return sql`
    INSERT INTO subject_person AS known (subject, person, denied, version)
    SELECT subject, person, coalesce(denied, 0), ${now} FROM wanted LEFT JOIN denial USING (person)
    WHERE subject <> person OR denied IS NOT NULL
      OR subject IN (SELECT subject FROM subject_person WHERE subject IN (SELECT subject FROM wanted))
    ORDER BY subject
    ON CONFLICT (subject) DO UPDATE SET
      person = excluded.person, denied = excluded.denied, version = greatest(excluded.version, known.version + 1)
    WHERE known.person <> excluded.person OR known.denied <> excluded.denied`
}

async function rootsOf(tx: Database, vids: readonly Subject[]): Promise<Map<Subject, Subject>> {
  const { rows } = await tx.execute<{ start: Subject; vid: Subject }>(sql`
    WITH RECURSIVE up (start, vid) AS (
      SELECT vid, vid FROM unnest(${sql.param(vids)}::bigint[]) AS asked(vid)
      UNION
      SELECT start, into_vid FROM up JOIN subject_merge USING (vid))
    SELECT start, vid FROM up WHERE NOT EXISTS (SELECT FROM subject_merge WHERE subject_merge.vid = up.vid)`)
  return new Map(rows.map(({ start, vid }) => [start, vid]))
}
