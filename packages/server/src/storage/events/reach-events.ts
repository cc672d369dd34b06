import { ClickHouseError } from '@clickhouse/client'
import { z } from 'zod'
import { Problem, StartupError } from '../../platform/errors.ts'
import { reachServer, type ReachOptions } from '../reach.ts'
import type { Events } from './events.ts'

/** How long one attempt may go without an answer, ms: a host that is not there lets every packet fall. */
const ATTEMPT_MS_MAX = 5_000

/**
 * Waits for the ClickHouse server of `FOYER_EVENTS_URL`. Throws StartupError, without its password, when it refuses
 * who asks, has no such database, is older than 25.8, is something else, or is not reached within a minute.
 */
export async function reachEvents(events: Events, options: ReachOptions = {}): Promise<void> {
  let version = ''
  await reachServer(
    {
      name: "events' ClickHouse",
      setting: 'FOYER_EVENTS_URL',
      async ask(deadline) {
        const signal = AbortSignal.any([deadline, AbortSignal.timeout(ATTEMPT_MS_MAX)])
        const rows = await events.query('SELECT version() AS version', { row: versionRow, signal })
        version = rows[0]?.version ?? ''
        if (version === '') throw new Error('it does not tell its version')
      },
      refusalOf,
      isUnreached: (error) => !isAnswer(error),
    },
    options,
  )
  if (!isNewEnough(version)) {
    throw new StartupError(`The events are in ClickHouse ${version}; Foyer needs version 25.8 or later.`)
  }
}

const versionRow = z.object({ version: z.string().catch('') })

/** The first release with everything that migrations and reports use. */
const VERSION_MIN = { major: 25, minor: 8 }

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > VERSION_MIN.major || (major === VERSION_MIN.major && minor >= VERSION_MIN.minor)
}

/** Every answer that is none of the version is for good: what passes by itself has become `store.unavailable`. */
function refusalOf(error: unknown): string | undefined {
  if (!isAnswer(error)) return undefined
  if (!(error instanceof ClickHouseError)) return `does not answer like one: ${firstLine(error)}`
  if (error.code === UNKNOWN_SETTING) return `is older than the 25.8 that Foyer needs: ${firstLine(error)}`
  return `refuses: ${firstLine(error)}`
}

const UNKNOWN_SETTING = '115'

function isAnswer(error: unknown): boolean {
  if (error instanceof Problem && error.code === 'store.unavailable') return false
  return (error as Error).name !== 'TimeoutError'
}

const WORDS_MAX = 200

/** What follows the first line is advice for other products, or a whole page. */
function firstLine(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string }
  const line = (message || code || 'no word').trim().split('\n', 1)[0]!
  return line.slice(0, WORDS_MAX).replace(/[.\s]+$/, '')
}
