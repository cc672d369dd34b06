import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Records } from '../src/storage/records/records.ts'

const ROWS = 100

/**
 * A queue as a job table is one: a hundred rows that are updated over and over, each time in a column with an index, so
 * that every update leaves a dead row in the table and in the index.
 */
export async function runQueue(
  { pool }: Records,
  options: { updates: number; bodyBytes: number },
): Promise<void> {
  await pool.query(`
    CREATE TABLE queue (id int PRIMARY KEY, due_at bigint NOT NULL, body text NOT NULL);
    ALTER TABLE queue ALTER body SET STORAGE PLAIN;
    CREATE INDEX queue_due ON queue (due_at);
    INSERT INTO queue SELECT i, 0, '' FROM generate_series(1, ${ROWS}) i`)
  const body = 'x'.repeat(options.bodyBytes)
  for (let done = 0; done < options.updates; done += ROWS) {
    await pool.query('UPDATE queue SET due_at = due_at + 1, body = $1', [body])
  }
}

/** Bytes of the queue table and its indexes on the disk. */
export async function queueBytes({ pool }: Records): Promise<number> {
  const { rows } = await pool.query<{ bytes: number }>(
    `SELECT pg_total_relation_size('queue')::float8 AS bytes`,
  )
  return rows[0]!.bytes
}

/** Bytes of the write-ahead log of an embedded data folder. */
export function walBytes(folder: string): number {
  const wal = join(folder, 'pg_wal')
  return readdirSync(wal, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(wal, entry.name)).size, 0)
}
