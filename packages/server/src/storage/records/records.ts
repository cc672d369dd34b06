import type { Pool } from 'pg'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'

/**
 * RECORDS: people, consent, catalogue, rules. PostgreSQL 15 or later, reached by the stock `pg` client and Drizzle.
 *
 * Embedded, it is PGlite in a process of its own, which speaks the PostgreSQL protocol on a Unix socket: one backend
 * session serves everybody, a transaction at a time, in order of arrival. What follows for callers of either:
 *
 * - Inside a transaction every query goes through `tx`. One that does not would wait for the lease that its own
 *   transaction holds, until that dies after 10 s of silence (25P03, on PostgreSQL too).
 * - Keep transactions short and never wait for the network inside one: nobody else reads or writes meanwhile, and after
 *   60 s it is rolled back (25P04).
 * - Only transaction-scoped advisory locks. Settings, temporary tables and session locks end with the transaction; LISTEN
 *   and COPY FROM STDIN are not available. Named prepared statements are, and belong to their connection.
 * - A lost connection is the problem `store.unavailable`. Whether a COMMIT that was under way took place is then unknown:
 *   write what may be repeated. A write for which the store has no room is the problem `store.full`; it changed nothing.
 */
export interface Records {
  /** Drizzle over the pool. `db.transaction(async (tx) => …)` for what belongs together. */
  readonly db: NodePgDatabase
  /** For what Drizzle does not express; prefer `db`. */
  readonly pool: Pool
  /**
   * Resolves when the store answers and, after it refused this client a write for want of room, when it has room again.
   * Rejects with `store.unavailable` or `store.full`.
   */
  check(): Promise<void>
  close(): Promise<void>
}
