import type { Pool } from 'pg'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'

/**
 * RECORDS: people, consent, catalogue, rules. PostgreSQL 15 or later, reached by the stock `pg` client and Drizzle.
 *
 * Embedded, it is PGlite in a process of its own, which speaks the PostgreSQL protocol on a Unix socket: one backend
 * session serves everybody, a transaction at a time, in order of arrival. Therefore: only transaction-scoped advisory
 * locks, no session state (SET, temporary tables, LISTEN), and inside a transaction every query goes through `tx` (one
 * that does not would wait for the lease that its own transaction holds, until the lease dies after 10 s).
 */
export interface Records {
  /** Drizzle over the pool. `db.transaction(async (tx) => …)` for what belongs together. */
  readonly db: NodePgDatabase
  /** For what Drizzle does not express; prefer `db`. */
  readonly pool: Pool
  close(): Promise<void>
}
