import { asc, gt, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { z } from 'zod'
import { sha256, type Subject } from '../../../platform/ids.ts'
import type { Events } from '../../../storage/index.ts'
import { subjectPerson } from '../schema.ts'
import { enter, idleSlot, leaveOthers, SLOTS, type Shift, type Slot } from './slots.ts'

/**
 * Brings EVENTS up to who is who in RECORDS: rows whose version is above the published one go into `person_of`, an idle
 * slot of its dictionaries is loaded, reports that begin from now on read it, and the rows are marked. A crash anywhere
 * repeats the whole, which changes nothing. One process at a time does it: the worker.
 */
export interface Publisher {
  /** Publishes what is not published. False when a long report keeps every slot busy: try again soon. */
  publish(): Promise<boolean>
}

/** Rows in one insert. */
const BATCH = 20_000

/** Who a subject has turned out to be. */
export interface PublishedPerson {
  readonly subject: Subject
  readonly person: Subject
  readonly denied: number
}

export function createPublisher({
  db,
  events,
  onPublished = () => {},
}: {
  db: NodePgDatabase
  events: Events
  /** Told what reports that begin now see. */
  onPublished?: (rows: readonly PublishedPerson[]) => void
}): Publisher {
  let shifts: Shift[] | null = null

  async function insertBatch(rows: readonly Unpublished[]): Promise<void> {
    await events.insert('person_of', {
      ndjson: rows.map((row) => JSON.stringify(toEventsRow(row))).join('\n'),
      token: `people:${sha256(rows.map((row) => `${row.subject}:${row.version}`).join())}`,
    })
  }

  /**
   * After a start nothing is known of the slots but which is current: whatever runs may be reading any. Where it is not
   * known whether the last change came through, the engine says.
   */
  async function knownShifts(at: { now: number; runningSince: readonly number[] }): Promise<Shift[]> {
    if (shifts?.filter(({ until }) => until === null).length === 1) return shifts
    const current = await currentSlot(events)
    if (shifts) return leaveOthers(shifts, current, at)
    return SLOTS.map((slot) => ({ slot, from: 0, until: slot === current ? null : at.now }))
  }

  async function moveTo(slot: Slot, known: readonly Shift[], now: number): Promise<void> {
    await events.command(`SYSTEM RELOAD DICTIONARY person_${slot}`)
    await events.command(`SYSTEM RELOAD DICTIONARY denied_${slot}`)
    shifts = enter(known, slot, now)
    await events.command(`CREATE OR REPLACE FUNCTION foyer_slot AS () -> ${slot}`)
    shifts = leaveOthers(shifts, slot, await running(events))
  }

  return {
    async publish() {
      const rows = await db
        .select()
        .from(subjectPerson)
        .where(gt(subjectPerson.version, subjectPerson.publishedVersion))
        .orderBy(asc(subjectPerson.version))
        .limit(BATCH)
      if (rows.length === 0) return true
      const at = await running(events)
      const known = await knownShifts(at)
      const slot = idleSlot(known, at.runningSince)
      if (slot === null) return false
      await insertBatch(rows)
      await moveTo(slot, known, at.now)
      onPublished(rows)
      await mark(db, rows)
      return rows.length < BATCH ? true : this.publish()
    },
  }
}

type Unpublished = typeof subjectPerson.$inferSelect

function toEventsRow({ subject, person, denied, version }: Unpublished): Record<string, unknown> {
  return {
    subject,
    person,
    denied,
    is_deleted: subject === person && denied === 0 ? 1 : 0,
    version: String(version),
  }
}

/** Never marks more than was inserted: what has changed since stays to be published. */
async function mark(db: NodePgDatabase, rows: readonly Unpublished[]): Promise<void> {
  await db.execute(sql`
    UPDATE subject_person SET published_version = done.version
    FROM unnest(
      ${sql.param(rows.map((row) => row.subject))}::bigint[],
      ${sql.param(rows.map((row) => row.version))}::bigint[]) AS done(subject, version)
    WHERE subject_person.subject = done.subject AND published_version < done.version`)
}

async function currentSlot(events: Events): Promise<Slot> {
  const [row] = await events.query('SELECT foyer_slot() AS slot', {
    row: z.object({ slot: z.coerce.number() }),
  })
  return SLOTS[row!.slot]!
}

/** The engine's time, and when what it runs began. The question itself is not among it. */
async function running(events: Events): Promise<{ now: number; runningSince: number[] }> {
  const [row] = await events.query(
    `SELECT toUnixTimestamp64Milli(now64(3)) AS now,
       arrayMap(elapsed -> now - toInt64(elapsed * 1000), groupArray(elapsed)) AS since
     FROM system.processes WHERE query_id != queryID()`,
    { row: z.object({ now: z.coerce.number(), since: z.array(z.coerce.number()) }) },
  )
  return { now: row!.now, runningSince: row!.since }
}
