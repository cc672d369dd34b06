import { integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import { annotate, operational, sealed } from '../data-map.ts'

/** Answers to writes that carried an Idempotency-Key, kept a day so that a retry gets the same answer. */
export const idempotencyKey = pgTable(
  'idempotency_key',
  {
    actor: text('actor').notNull(),
    /** SHA-256 of the key as sent. */
    key: text('key').notNull(),
    requestHash: text('request_hash').notNull(),
    /** Null while the first request is under way. */
    status: integer('status'),
    /** When the process that works on it last said so. */
    claimedAt: timestamp('claimed_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    contentType: text('content_type'),
    /** The answer's body: it may hold what its request held. */
    body: sealed('body'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.actor, table.key] })],
)

export const idempotencyDataMap = annotate(idempotencyKey, {
  actor: { ...operational, retention: '1d' },
  key: { ...operational, retention: '1d' },
  requestHash: { ...operational, retention: '1d' },
  status: { ...operational, retention: '1d' },
  claimedAt: { ...operational, retention: '1d' },
  contentType: { ...operational, retention: '1d' },
  body: { ...operational, category: 'personal', purpose: 'service', retention: '1d' },
  createdAt: { ...operational, retention: '1d' },
})
