import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname } from 'node:path'
import type { Clock } from '../../platform/clock.ts'
import { systemClock } from '../../platform/clock.ts'
import { StartupError } from '../../platform/errors.ts'
import type { Logger } from '../../platform/log.ts'
import { dialect } from './http-dialect.ts'
import { ENGINE_LIMITS, PROCESS_LIMITS, type EngineLimits, type EventsProcessLimits } from './limits.ts'

/**
 * The process that owns the events folder: chDB behind the ClickHouse HTTP dialect on a Unix socket, for the stock
 * `@clickhouse/client`. It is a process of its own because the engine can abort, and because its threads are libuv's:
 * whoever starts it sets `UV_THREADPOOL_SIZE=16` in its environment, or a few slow queries stop files, DNS and zlib.
 *
 * Throws StartupError when another process has the folder. A process that cannot go on (the engine says that a buffer
 * was cancelled; see ClickHouse #118350: every later insert would fail) kills itself, and its supervisor starts a new
 * one: what was acknowledged is on disk.
 */
export async function runEventsProcess(options: {
  folder: string
  socketPath: string
  log: Logger
  settings?: Partial<EngineLimits & EventsProcessLimits>
  clock?: Clock
  /** How the process ends when it cannot go on; SIGKILL to itself unless a test tells. */
  die?: () => void
}): Promise<{
  /** Statements that wait for a lane now, by kind. */
  waiting(): Readonly<Record<'read' | 'write' | 'insert', number>>
  /** Refuses new requests, waits for those that run (at most `drainMsMax`), and lets the folder go. */
  close(): Promise<void>
}> {
  const { folder, socketPath, log, clock = systemClock } = options
  const limits = { ...ENGINE_LIMITS, ...PROCESS_LIMITS, ...options.settings }
  const die = options.die ?? (() => process.kill(process.pid, 'SIGKILL'))
  if (Number(process.env['UV_THREADPOOL_SIZE'] ?? 4) < limits.readLanes + 6) {
    throw new StartupError('The events process must be started with UV_THREADPOOL_SIZE=16.')
  }
  // The engine takes its zone from the environment when it is loaded, hence here and hence the late import.
  process.env['TZ'] = 'UTC'
  const { openChdb } = await import('./chdb-engine.ts')
  const engine = await openChdb({ folder, limits, clock })

  const server = createServer({ maxHeaderSize: 1_048_576, requestTimeout: 0, keepAliveTimeout: 60_000 })
  const requests = dialect({
    engine,
    log,
    bodyBytesMax: limits.bodyBytesMax,
    onBroken(reason) {
      log.fatal({ reason }, 'the engine cannot go on and is restarted')
      die()
    },
  })
  server.on('request', (request, response) => void requests.answer(request, response))

  mkdirSync(dirname(socketPath), { recursive: true, mode: 0o700 })
  // Whatever is left of a killed predecessor: the folder's lock says that it is gone.
  rmSync(socketPath, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketPath, resolve)
  })
  chmodSync(socketPath, 0o600)
  log.info({ engine: engine.version, folder }, 'events are served')

  return {
    waiting: () => engine.waiting(),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const isIdle = await engine.close(limits.drainMsMax)
      server.closeIdleConnections()
      server.closeAllConnections()
      await closed
      // Closing a busy session aborts the engine in the middle of its work; a kill does no harm to what is on disk.
      if (!isIdle) {
        log.warn('statements still ran at the end of the drain; the process is killed')
        die()
      }
    },
  }
}
