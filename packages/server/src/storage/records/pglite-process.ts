import { systemClock, type Clock } from '../../platform/clock.ts'
import { waitForFolderLock } from '../../platform/folder-lock.ts'
import type { Logger } from '../../platform/log.ts'
import { openEngine } from './engine.ts'
import { LeaseQueue } from './lease-queue.ts'
import { MAINTENANCE_LIMITS, startMaintenance, type MaintenanceLimits } from './maintenance.ts'
import { startWireServer, WIRE_LIMITS, type WireLimits } from './wire-server.ts'

/**
 * The process that owns the embedded records: a durable PGlite behind the PostgreSQL protocol on a Unix socket. It has to
 * have its process to itself, since a query holds the thread until it is done.
 */
export interface RecordsProcess {
  /** Transactions that wait for the session now. */
  waiting(): number
  /** Ends connections and open transactions, writes a checkpoint, gives the folder back. */
  close(): Promise<void>
}

export interface RecordsProcessOptions {
  /** The data folder of the records; made at a first start. */
  readonly folder: string
  /** The folder of the socket; clients name it as their host. At most 90 bytes. */
  readonly socketFolder: string
  readonly log: Logger
  readonly onReady?: () => void
  readonly clock?: Clock
  /** Limits that tests narrow. */
  readonly wire?: Partial<WireLimits>
  readonly maintenance?: Partial<MaintenanceLimits>
  /** How long it waits for an earlier process that is still closing, ms. */
  readonly lockWaitMs?: number
  /** False leaves fsync out. For tests of other things only. */
  readonly isDurable?: boolean
  /** Stands in for the system's fsync, to count or to fail. */
  readonly fsync?: (descriptor: number) => void
}

const ANSWER_BYTES_MAX = 256_000_000
const LOCK_WAIT_MS = 10_000

/** Opens the records and serves them. Throws StartupError when the folder is in use or not ours. */
export async function runRecordsProcess(options: RecordsProcessOptions): Promise<RecordsProcess> {
  const { log, clock = systemClock } = options
  const lock = await waitForFolderLock(
    `${options.folder}.lock`,
    `Another process uses the records in ${options.folder}. Stop it first.`,
    options.lockWaitMs ?? LOCK_WAIT_MS,
  )

  /** No handler runs and nothing is written after this: neither engine nor answers can be trusted. */
  function die(error: unknown, message: string): never {
    log.fatal({ err: error }, message)
    process.kill(process.pid, 'SIGKILL')
    throw error
  }

  try {
    const engine = await openEngine({
      folder: options.folder,
      isDurable: options.isDurable ?? true,
      ...(options.fsync ? { fsync: options.fsync } : {}),
      onFsyncFailure: (error) => die(error, 'fsync failed; what was written may be lost, ending'),
      answerBytesMax: ANSWER_BYTES_MAX,
    })
    const limits = { ...WIRE_LIMITS, ...options.wire }
    const leases = new LeaseQueue({ waitersMax: limits.waitersMax })
    const server = await startWireServer({
      socketFolder: options.socketFolder,
      engine,
      leases,
      limits,
      clock,
      log,
      onBroken: (error) => die(error, 'the records engine broke, ending'),
    })
    const maintenance = startMaintenance({
      engine,
      leases,
      limits: { ...MAINTENANCE_LIMITS, ...options.maintenance },
      clock,
      log,
      onFailure: (error) =>
        log.error({ err: error }, 'maintenance of the records failed, trying again later'),
    })
    options.onReady?.()

    return {
      waiting: () => leases.waiting,
      async close() {
        maintenance.stop()
        await server.close()
        const lease = leases.enter()
        await lease.granted
        await engine.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}
