import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Session, Session as ChdbSession, drainPending } from 'chdb'
import type { Clock } from '../../platform/clock.ts'
import { StartupError } from '../../platform/errors.ts'
import { acquireFolderLock } from '../../platform/folder-lock.ts'
import { ENGINE_CODES, EngineError } from './engine-error.ts'
import type { EngineLimits } from './limits.ts'
import { Lane, LanePool, type EngineSettings } from './lanes.ts'
import { quote } from './query-parameter.ts'
import type { InsertHead } from './sql-text.ts'

interface Request {
  readonly settings: EngineSettings
  readonly database: string
  readonly signal?: AbortSignal
}

/**
 * chDB as a small server: four kinds of lanes, so that none waits for another. Inserts stay in order on one of their own;
 * DDL and mutations, which may take long, on a second; reads share a few; and a last one ends what others run.
 */
export interface ChdbEngine {
  readonly version: string
  /** Statements that wait for a lane now, by kind. */
  waiting(): Readonly<Record<'read' | 'write' | 'insert', number>>
  read(sql: string, request: Request & { format: string }): Promise<EngineAnswer>
  write(sql: string, request: Request & { format: string }): Promise<EngineAnswer>
  insert(head: InsertHead, payload: Buffer, request: Request): Promise<{ rowsWritten: number }>
  /** Waits for what runs, at most `msMax`, then ends the reads. False: something still runs, and the process must be killed. */
  close(msMax: number): Promise<boolean>
}

export interface EngineAnswer {
  readonly bytes: Uint8Array
  readonly rowsRead: number
  readonly bytesRead: number
}

/** Opens the directory. Throws StartupError when another process has it. */
export async function openChdb(options: {
  folder: string
  limits: EngineLimits
  clock: Clock
}): Promise<ChdbEngine> {
  const { folder, limits, clock } = options
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // The engine has a lock too, but tells the reason to stderr alone.
  const lock = acquireFolderLock(
    join(folder, 'foyer.lock'),
    `Another process has the events folder ${folder} open. Stop that Foyer first, or give this one another data folder.`,
  )
  const sessions = openSessions(folder, limits)
  let opened = 0
  const lanes = (kind: string, count: number) =>
    new LanePool(
      Array.from(
        { length: count },
        (_, index) => new Lane(`foyer-${kind}-${index + 1}`, sessions[opened++]!),
      ),
      limits.waitingMax,
    )
  const control = lanes('control', 1)
  const inserts = lanes('insert', 1)
  const writes = lanes('write', 1)
  const reads = lanes('read', limits.readLanes)

  const ask = async (sql: string) => {
    const answer = await control.use(undefined, (lane) => lane.run(sql))
    return Buffer.from(answer.bytes).toString()
  }
  await ask('CREATE DATABASE IF NOT EXISTS foyer ENGINE = Atomic')
  const version = (await ask('SELECT version()')).trim()
  const knownSettings = new Set((await ask('SELECT name FROM system.settings')).split('\n'))

  /** Asks the engine again and again to end a lane's statement: it may not have begun when the wish comes. */
  async function end(lane: Lane, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await ask(`KILL QUERY WHERE Settings['log_comment'] = ${quote(lane.label)} ASYNC`)
      if (!isOver()) await new Promise<void>((resolve) => clock.after(50, resolve))
    }
  }

  function settingsOf(request: Request, msMax: number): EngineSettings {
    const settings: Record<string, string> = { ...request.settings }
    delete settings['log_comment']
    for (const name of Object.keys(settings)) {
      if (!knownSettings.has(name)) {
        throw new EngineError(ENGINE_CODES.unknownSetting, `Unknown setting '${name}'`)
      }
    }
    settings['max_execution_time'] = atMost(settings['max_execution_time'], msMax / 1000)
    settings['max_memory_usage'] = atMost(settings['max_memory_usage'], limits.queryMemoryBytesMax)
    return settings
  }

  return {
    version,

    waiting: () => ({ read: reads.waiting, write: writes.waiting, insert: inserts.waiting }),

    read(sql, request) {
      const settings: EngineSettings = {
        ...settingsOf(request, limits.readMsMax),
        max_result_bytes: atMost(request.settings['max_result_bytes'], limits.resultBytesMax),
        result_overflow_mode: 'throw',
        ...TEXT_SETTINGS,
      }
      return reads.use(request.signal, async (lane) => {
        let isOver = false
        let ending: Promise<void> | undefined
        // A wish that fails is no reason to fail the request: its statement ends by itself at its limits.
        const onAbort = () => (ending ??= end(lane, () => isOver).catch(() => undefined))
        request.signal?.addEventListener('abort', onAbort, { once: true })
        if (request.signal?.aborted) throw new EngineError(ENGINE_CODES.cancelled, 'Query was cancelled')
        try {
          const answer = await lane.run(sql, { settings, database: request.database, format: request.format })
          if (answer.bytes.length > limits.resultBytesMax) {
            throw new EngineError(
              ENGINE_CODES.tooLargeResult,
              `The result has ${answer.bytes.length} bytes, the limit is ${limits.resultBytesMax}`,
            )
          }
          return answer
        } finally {
          isOver = true
          request.signal?.removeEventListener('abort', onAbort)
          // The lane is not given on while a wish to end its statement is under way: it would end the next one.
          await ending
        }
      })
    },

    write(sql, request) {
      const settings = { ...settingsOf(request, limits.writeMsMax), ...TEXT_SETTINGS }
      return writes.use(request.signal, (lane) =>
        lane.run(sql, { settings, database: request.database, format: request.format }),
      )
    },

    insert(head, payload, request) {
      const settings = settingsOf(request, limits.writeMsMax)
      return inserts.use(request.signal, (lane) =>
        lane.insert({ ...head, payload, settings, database: request.database }),
      )
    },

    async close(msMax) {
      let isIdle = false
      const idle = Promise.all([reads.close(), writes.close(), inserts.close()]).then(() => {
        isIdle = true
      })
      const within = (ms: number) =>
        new Promise<void>((resolve) => {
          const cancel = clock.after(ms, resolve)
          void idle.then(() => {
            cancel()
            resolve()
          })
        })
      await within(msMax)
      if (!isIdle) {
        for (const lane of reads.lanes) void end(lane, () => isIdle).catch(() => undefined)
        await within(2_000)
      }
      if (!isIdle) return false
      await control.close()
      for (const pool of [reads, writes, inserts, control]) for (const lane of pool.lanes) lane.close()
      await drainPending()
      lock.release()
      return true
    },
  }
}

/** A long list of parameters is part of the text here; on a server it is not, so its limit is only our own. */
const TEXT_SETTINGS: EngineSettings = { max_query_size: '64000000', implicit_select: '0' }

/** 0 means without limit to the engine, and here the limit. */
function atMost(asked: string | undefined, max: number): string {
  const value = Number(asked ?? 0)
  if (!(value >= 0)) throw new EngineError(ENGINE_CODES.notANumber, `'${asked}' is no number of 0 or more`)
  return String(value > 0 && value < max ? value : max)
}

function openSessions(folder: string, limits: EngineLimits): Session[] {
  const configuration = join(dirname(folder), `.${basename(folder)}-${process.pid}.xml`)
  writeFileSync(
    configuration,
    `<clickhouse>
  <timezone>UTC</timezone>
  <max_server_memory_usage>${limits.memoryBytesMax}</max_server_memory_usage>
  <mark_cache_size>134217728</mark_cache_size>
</clickhouse>
`,
    { mode: 0o600 },
  )
  const sessions: Session[] = []
  try {
    const count = limits.readLanes + 3
    while (sessions.length < count) {
      sessions.push(new ChdbSession(folder, { connectionArgs: [`--config-file=${configuration}`] }))
    }
    return sessions
  } catch (error) {
    for (const session of sessions) session.close()
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error)
    throw new StartupError(
      `The events folder ${folder} cannot be opened: ${reason}. What the engine printed above says why.`,
    )
  } finally {
    rmSync(configuration, { force: true })
  }
}
