import { integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

/** Attempts by the HMAC of an account's name or of a network address, whether or not there is such an account. */
export function attemptTable<Name extends string>(name: Name) {
  return pgTable(name, {
    subject: text('subject').primaryKey(),
    attempts: integer('attempts').notNull(),
    lastAt: timestamp('last_at', { withTimezone: true, precision: 3 }).notNull(),
  })
}

export type AttemptTable = ReturnType<typeof attemptTable>
