import { index, integer, pgTable, timestamp, uuid } from 'drizzle-orm/pg-core'
import { annotate, operational, sealed, sealedPersonal, type ColumnAnnotation } from '../data-map.ts'

const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })

/** Letters that wait to be sent. A row goes when its letter is sent, refused for good, or expired. */
export const outgoingLetter = pgTable(
  'outgoing_letter',
  {
    id: uuid('id').primaryKey(),
    /** The letter as JSON, under the service's key: its reader may have no account. */
    letter: sealed('letter').notNull(),
    attempts: integer('attempts').notNull(),
    nextAttemptAt: moment('next_attempt_at').notNull(),
    createdAt: moment('created_at').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('outgoing_letter_next').on(table.nextAttemptAt)],
)

const aDay: ColumnAnnotation = { ...operational, purpose: 'service', retention: '1d', erasure: 'delete' }

const outgoingLetterData = annotate(outgoingLetter, {
  id: aDay,
  letter: { ...sealedPersonal, retention: '1d', isExported: false, erasure: 'delete' },
  attempts: aDay,
  nextAttemptAt: aDay,
  createdAt: aDay,
  expiresAt: aDay,
})

/** Every table of the mail. */
export const mailData = [outgoingLetterData]
