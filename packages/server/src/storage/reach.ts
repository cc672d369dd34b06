import { setTimeout as delay } from 'node:timers/promises'
import { StartupError } from '../platform/errors.ts'
import type { Logger } from '../platform/log.ts'

/** A server of somebody else's that a store is kept on. */
export interface ReachedServer {
  /** As in a sentence: `records' PostgreSQL`. */
  readonly name: string
  /** The setting that holds its address. */
  readonly setting: string
  /** Resolves when it has answered. */
  ask(signal: AbortSignal): Promise<unknown>
  /** What it says when it refuses and will not change its mind, as `refuses: …`; never with a password. */
  refusalOf(error: unknown): string | undefined
  /** Whether it did not answer, and may a little later. */
  isUnreached(error: unknown): boolean
}

export interface ReachOptions {
  /** Told once when the server takes long to answer. */
  readonly log?: Logger
  /** How long the server may take until it answers, ms. */
  readonly reachMsMax?: number
  /** After what time the log says that it does not, ms. */
  readonly reachWarnMs?: number
}

const REACH_MS_MAX = 60_000
const REACH_WARN_MS = 5_000
const REACH_RETRY_MS = 250

/**
 * Waits, within bounds, for a server that starts beside this program; one that refuses will not change its mind. Throws
 * StartupError, which names the setting and what the server or the network said, when it refuses or is not reached.
 */
export async function reachServer(server: ReachedServer, options: ReachOptions): Promise<void> {
  const { log, reachMsMax = REACH_MS_MAX, reachWarnMs = REACH_WARN_MS } = options
  const deadline = AbortSignal.timeout(reachMsMax)
  // What serves already goes on without this process and tries again: the server may be under repair.
  const failure = (says: string) =>
    new StartupError(`The ${server.name} ${says} Check ${server.setting}.`, { mayPass: true })
  const warning = setTimeout(
    () =>
      log?.warn(
        `the ${server.name} does not answer; tried for ${reachMsMax / 1_000} s before the start fails`,
      ),
    reachWarnMs,
  )
  let last: unknown
  try {
    for (;;) {
      try {
        await server.ask(deadline)
        return
      } catch (error) {
        const refusal = server.refusalOf(error)
        if (refusal) throw failure(`${refusal}.`)
        if (!server.isUnreached(error)) throw error
        // What the deadline cut short says less than the attempt before.
        last = deadline.aborted ? (last ?? error) : error
        if (deadline.aborted) {
          throw failure(`could not be reached for ${reachMsMax / 1_000} s: ${reasonOf(last)}.`)
        }
        await delay(Math.min(REACH_RETRY_MS, reachMsMax))
      }
    }
  } finally {
    clearTimeout(warning)
  }
}

/** The network's own words, such as `connect ECONNREFUSED 127.0.0.1:5432`. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  const { cause, code, message, name } = error as { [Part in 'code' | 'message' | 'name']?: string } & {
    cause?: unknown
  }
  if (cause !== undefined) return reasonOf(cause)
  return name === 'TimeoutError' ? 'no answer' : message || code || 'no answer'
}
