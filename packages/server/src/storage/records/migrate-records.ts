import type { PoolClient } from 'pg'
import { StartupError } from '../../platform/errors.ts'
import { pendingMigrations, readMigrations, type AppliedMigration, type Migration } from '../migrations.ts'
import { reachServer, type ReachOptions } from '../reach.ts'
import { isUnavailable, sqlState } from './record-errors.ts'
import type { Records } from './records.ts'

/** Any number that nothing else locks: "foyer" in ASCII. */
const MIGRATION_LOCK = 0x666f796572

const VERSION_MIN = 150_000

/**
 * Brings the records to this program's schema: each migration in a transaction of its own, under a lock that lets one
 * process at a time do it. Answers the names of those that were applied. Throws StartupError when the store is newer than
 * the program, holds a migration that has changed, is a PostgreSQL older than 15, refuses who asks, or is not reached within
 * a minute.
 */
export async function migrateRecords(
  records: Records,
  migrations: readonly Migration[] = readMigrations('records'),
  options: ReachOptions = {},
): Promise<string[]> {
  await reachServer(
    {
      name: "records' PostgreSQL",
      setting: 'FOYER_RECORDS_URL',
      ask: () => records.pool.query('SELECT 1'),
      refusalOf,
      isUnreached,
    },
    options,
  )
  await requireServer(records)
  const done: string[] = []
  for (;;) {
    const name = await inTransaction(records, (client) => applyNext(client, migrations))
    if (name === undefined) return done
    done.push(name)
  }
}

/** What to tell who gave an address that cannot work. PostgreSQL's own words name the role or database, never a password. */
function refusalOf(error: unknown): string | undefined {
  const state = sqlState(error)
  if (state?.startsWith('28') || state === '3D000') return `refuses: ${(error as Error).message}`
  if (error instanceof Error && error.message.startsWith('SASL: '))
    return 'asks for a password and there is none, or it is no text'
  return undefined
}

/** A name may be known a little later than the program starts, as the server. */
function isUnreached(error: unknown): boolean {
  return isUnavailable(error) || /^(ENOTFOUND|EAI_AGAIN)$/.test((error as { code?: string }).code ?? '')
}

async function requireServer({ pool }: Records): Promise<void> {
  const { rows } = await pool.query<{ version: number; name: string; encoding: string }>(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS name,
            current_setting('server_encoding') AS encoding`,
  )
  const [{ version, name, encoding }] = rows as [(typeof rows)[0]]
  if (version < VERSION_MIN) {
    throw new StartupError(`The records are in PostgreSQL ${name}; Foyer needs version 15 or later.`)
  }
  if (encoding !== 'UTF8') {
    throw new StartupError(`The records' database is encoded as ${encoding}; make one with ENCODING 'UTF8'.`)
  }
}

async function applyNext(client: PoolClient, migrations: readonly Migration[]): Promise<string | undefined> {
  await client.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`)
  await client.query(
    `CREATE TABLE IF NOT EXISTS foyer_migration (
       name text PRIMARY KEY,
       checksum text NOT NULL,
       applied_at timestamptz NOT NULL DEFAULT now()
     )`,
  )
  const applied = await client.query<AppliedMigration>(
    'SELECT name, checksum FROM foyer_migration ORDER BY name',
  )
  const [next] = pendingMigrations(migrations, applied.rows)
  if (!next) return undefined
  try {
    await client.query(next.sql)
  } catch (error) {
    throw new Error(`migration ${next.name} of the records failed`, { cause: error })
  }
  await client.query('INSERT INTO foyer_migration (name, checksum) VALUES ($1, $2)', [
    next.name,
    next.checksum,
  ])
  return next.name
}

async function inTransaction<T>({ pool }: Records, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    client.release()
    return result
  } catch (error) {
    // Closing the connection rolls back, and works where a ROLLBACK would not reach the server.
    client.release(true)
    throw error
  }
}
