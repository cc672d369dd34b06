import { sql } from 'drizzle-orm'
import { bigint, customType, index, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import { annotate, identifier, operational, type ColumnAnnotation } from '../../platform/data-map.ts'
import type { Subject } from '../../platform/ids.ts'

/** Who is who, for EVENTS: the tables of `stitching/`. None of them is read by reports; `subject_person` is copied there. */

/** 63 bits, a decimal string on our side. */
const subject = customType<{ data: Subject; driverData: string }>({ dataType: () => 'bigint' })

const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })

/** How a link came to be. */
export type LinkSource = 'sign_in' | 'operator'

/** An anonymous subject that is a viewer's: the first who signed in, until somebody who may says otherwise. */
export const subjectLink = pgTable(
  'subject_link',
  {
    anonymous: subject('anonymous').primaryKey(),
    vid: subject('vid').notNull(),
    /** Pseudonym of the installation; 0 unknown. */
    device: subject('device').notNull(),
    source: text('source').$type<LinkSource>().notNull(),
    linkedAt: moment('linked_at').notNull(),
    /** Set when it was taken back. The row stays, so that what is repeated late does not link again. */
    unlinkedAt: moment('unlinked_at'),
  },
  (table) => [index('subject_link_vid').on(table.vid, table.device)],
)

/** A viewer who is the same person as another: a forest of vids. Gone when the merge is taken back. */
export const subjectMerge = pgTable(
  'subject_merge',
  {
    vid: subject('vid').primaryKey(),
    into: subject('into_vid').notNull(),
    mergedAt: moment('merged_at').notNull(),
  },
  (table) => [index('subject_merge_into').on(table.into)],
)

/** Purposes for which nothing of a viewer may be used, whatever the events allow. */
export const subjectDenial = pgTable('subject_denial', {
  vid: subject('vid').primaryKey(),
  /** Mask of purposes (contracts' PURPOSE_BITS). */
  denied: bigint('denied', { mode: 'number' }).notNull(),
  deniedAt: moment('denied_at').notNull(),
})

/**
 * What follows from the three above, flat: a row for every subject that is not simply its own person. Rows that say
 * nothing any more stay, with `person` the subject itself, so that EVENTS learns of it.
 */
export const subjectPerson = pgTable(
  'subject_person',
  {
    subject: subject('subject').primaryKey(),
    person: subject('person').notNull(),
    /** Denials of all vids of the person together. */
    denied: bigint('denied', { mode: 'number' }).notNull(),
    /** Grows with every change, and is at least the time of the change in epoch ms, as `viewer.version` is. */
    version: bigint('version', { mode: 'number' }).notNull(),
    /** The version that EVENTS holds; 0 for none. */
    publishedVersion: bigint('published_version', { mode: 'number' }).notNull().default(0),
  },
  (table) => [
    index('subject_person_person').on(table.person),
    index('subject_person_unpublished')
      .on(table.version)
      .where(sql`version > published_version`),
  ],
)

/** Joins what devices did with an account; goes with it. */
const joining: ColumnAnnotation = { ...identifier, purpose: 'analytics', isExported: false }
const stamp: ColumnAnnotation = { ...joining, category: 'operational' }

export const subjectLinkData = annotate(subjectLink, {
  anonymous: joining,
  vid: joining,
  device: joining,
  source: stamp,
  linkedAt: stamp,
  unlinkedAt: stamp,
})

export const subjectMergeData = annotate(subjectMerge, { vid: joining, into: joining, mergedAt: stamp })

/** Must outlive what it forbids. */
const denial: ColumnAnnotation = { ...identifier, purpose: 'security', isExported: false, erasure: 'keep' }

export const subjectDenialData = annotate(subjectDenial, {
  vid: denial,
  denied: { ...denial, category: 'operational' },
  deniedAt: { ...denial, category: 'operational' },
})

export const subjectPersonData = annotate(subjectPerson, {
  subject: joining,
  person: joining,
  denied: stamp,
  version: operational,
  publishedVersion: operational,
})
