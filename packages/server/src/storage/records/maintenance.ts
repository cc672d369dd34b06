import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Engine } from './engine.ts'
import type { LeaseQueue } from './lease-queue.ts'

/**
 * What a PostgreSQL server does in the background and the embedded one does not: checkpoints, so that WAL is recycled and
 * a restart is quick; vacuum, so that tables stay as large as their rows; analyze, so that plans fit the data. Each step
 * takes the lease like a transaction does.
 */
export interface Maintenance {
  stop(): void
}

export interface MaintenanceLimits {
  /** How often it looks whether there is something to do, ms. */
  readonly lookMs: number
  /** WAL written since the last checkpoint, bytes. */
  readonly checkpointBytes: number
  /** Time since the last checkpoint when anything was written, ms. */
  readonly checkpointMs: number
  /** Dead rows of a table: at least so many, */
  readonly deadRowsMin: number
  /** and this share of its live ones. Also for changes since the last ANALYZE. */
  readonly deadShare: number
  /** Age in transactions at which the whole database is frozen, far below the two billion at which writing stops. */
  readonly freezeAge: number
}

export const MAINTENANCE_LIMITS: MaintenanceLimits = {
  lookMs: 1_000,
  checkpointBytes: 64_000_000,
  checkpointMs: 300_000,
  deadRowsMin: 1_000,
  deadShare: 0.2,
  freezeAge: 200_000_000,
}

export interface MaintenanceOptions {
  readonly engine: Engine
  readonly leases: LeaseQueue
  readonly limits: MaintenanceLimits
  readonly clock: Clock
  readonly log: Logger
  /** Called when a step failed, which only a broken engine or a full disk can cause. */
  readonly onFailure: (error: unknown) => void
}

export function startMaintenance(options: MaintenanceOptions): Maintenance {
  const { engine, clock, limits } = options
  let isStopped = false
  let cancel: () => void = () => undefined
  let batchesSeen = -1
  let checkpoint = { walBytes: 0, at: clock.now() }

  function lookLater(): void {
    if (isStopped) return
    cancel = clock.after(limits.lookMs, () => {
      look().catch(options.onFailure).finally(lookLater)
    })
  }

  async function look(): Promise<void> {
    // The looking itself runs no batch, so an idle database is left alone.
    const isCheckpointDue = clock.now() - checkpoint.at >= limits.checkpointMs
    if (engine.batches === batchesSeen && !isCheckpointDue) return
    batchesSeen = engine.batches
    await checkpointWhenDue(isCheckpointDue)
    for (const work of await step(dueTables)) {
      if (isStopped) return
      await step(() => engine.query(work))
    }
  }

  async function checkpointWhenDue(isTimeUp: boolean): Promise<void> {
    await step(async () => {
      // Counts of dead rows are published once a second at most unless asked for; they are read in the next step.
      await engine.query('SELECT pg_stat_force_next_flush()')
      const written = (await walBytes()) - checkpoint.walBytes
      if (written < limits.checkpointBytes && !(isTimeUp && written > 0)) return
      await engine.query('CHECKPOINT')
      checkpoint = { walBytes: await walBytes(), at: clock.now() }
    })
    if (isTimeUp) checkpoint = { ...checkpoint, at: clock.now() }
  }

  async function walBytes(): Promise<number> {
    const [row] = await engine.query<{ bytes: number }>(
      "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS bytes",
    )
    return row!.bytes
  }

  /** Statements to run, one a table. */
  async function dueTables(): Promise<string[]> {
    const [age] = await engine.query<{ age: number }>(
      'SELECT age(datfrozenxid) AS age FROM pg_database WHERE datname = current_database()',
    )
    if (age!.age >= limits.freezeAge) return ['VACUUM (FREEZE, ANALYZE)']
    const tables = await engine.query<{ name: string; is_dead: boolean }>(`
      SELECT format('%I.%I', schemaname, relname) AS name,
             n_dead_tup >= greatest(${limits.deadRowsMin}, ${limits.deadShare} * n_live_tup) AS is_dead
      FROM pg_stat_user_tables
      WHERE greatest(n_dead_tup, n_mod_since_analyze) >= greatest(${limits.deadRowsMin}, ${limits.deadShare} * n_live_tup)`)
    return tables.map(({ name, is_dead }) => (is_dead ? `VACUUM (ANALYZE) ${name}` : `ANALYZE ${name}`))
  }

  /** Runs under a lease of its own; a full queue waits for the next look. */
  async function step<T>(work: () => Promise<T>): Promise<T> {
    const lease = options.leases.enter()
    try {
      await lease.granted
      return await work()
    } finally {
      lease.release()
    }
  }

  lookLater()
  return {
    stop() {
      isStopped = true
      cancel()
    },
  }
}
