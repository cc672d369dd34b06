import { setTimeout as delay } from 'node:timers/promises'
import { startInstance, type TestInstance } from './instance.ts'
import { LOAD_ENVIRONMENT, startLoad, type Truth } from './kill-load.ts'
import { pidOf, PROCESSES } from './kills.ts'
import { firstOperator, testApp } from './operator.ts'
import { queryEvents } from './stored-events.ts'

export interface KillsResult {
  readonly kills: number
  readonly acked: Readonly<Truth>
  /** What each place must hold, by the load, and what it holds; the same names in both. */
  readonly planted: Readonly<Record<string, number>>
  readonly stored: Readonly<Record<string, number>>
}

const EVENTS_BETWEEN_KILLS = 200
const WAIT_MS_MAX = 60_000
/** What was recorded twice would show so long after everything is there, ms. */
const SETTLED_MS = 1_000

/**
 * Kills each process of an instance `rounds` times under load, and tells what was acknowledged and what the events and all
 * rollups hold. Nothing is mended by hand; a killed supervisor is started again, as an init would.
 */
export async function killEachProcess(rounds: number): Promise<KillsResult> {
  let instance = await startInstance({ environment: LOAD_ENVIRONMENT })
  const { dataFolder } = instance
  try {
    const { serverKey } = await testApp(await firstOperator(instance))
    const load = startLoad(instance.url, serverKey)
    let kills = 0
    for (let round = 0; round < rounds; round++) {
      for (const name of PROCESSES) {
        const enough = load.acked.segment + EVENTS_BETWEEN_KILLS
        await until(() => load.acked.segment > enough, `acknowledgements before the kill of ${name}`)
        await until(() => pidOf(instance, name) !== null, `the process ${name}`)
        process.kill(pidOf(instance, name)!, 'SIGKILL')
        kills++
        if (name === 'supervisor') {
          instance = await startInstance({ dataFolder, environment: LOAD_ENVIRONMENT })
          load.aim(instance.url)
        }
      }
    }
    await load.stop()
    const planted = placesOf(load.acked)
    const isThere = (stored: Record<string, number>): boolean =>
      Object.entries(planted).every(([place, value]) => (stored[place] ?? 0) >= value)
    const deadline = AbortSignal.timeout(WAIT_MS_MAX)
    while (!isThere(await storedIn(instance)) && !deadline.aborted) await delay(250)
    await delay(SETTLED_MS)
    return { kills, acked: { ...load.acked }, planted, stored: await storedIn(instance) }
  } finally {
    await instance.close()
  }
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  const deadline = AbortSignal.timeout(WAIT_MS_MAX)
  while (!isSo()) {
    if (deadline.aborted) throw new Error(`${what} did not come within ${WAIT_MS_MAX / 1_000} s`)
    await delay(20)
  }
}

const VIEW_TABLES = ['view_revision', 'content', 'subject_title_day', 'subject_day', 'quality_day']

/** What each place must hold of a load, by place. */
export function placesOf({
  segment,
  native,
  starts,
  streams,
  playedMs,
  bytes,
}: Truth): Record<string, number> {
  const views = VIEW_TABLES.map((table) => [
    [`${table}.starts`, starts],
    [`${table}.streams`, streams],
    [`${table}.played_ms`, playedMs],
  ])
  return {
    'events.segment': segment,
    'events.native': native,
    'events.distinct': segment + native,
    'events.bytes': bytes,
    'subject_day.events': segment + native,
    'bytes_day.bytes': bytes,
    ...Object.fromEntries(views.flat()),
  }
}

/** What events and rollups hold, by the same places. */
export async function storedIn({
  dataFolder,
}: Pick<TestInstance, 'dataFolder'>): Promise<Record<string, number>> {
  const views = VIEW_TABLES.flatMap((table) =>
    ['starts', 'streams', 'played_ms'].map((column) => {
      const value = table === 'view_revision' ? `toInt64(${column}) * sign` : column
      return `(SELECT toFloat64(sum(${value})) FROM ${table}) AS "${table}.${column}"`
    }),
  )
  const [row] = await queryEvents<Record<string, number>>(
    dataFolder,
    `SELECT toFloat64(countIf(source = 'segment')) AS "events.segment",
       toFloat64(countIf(source = 'playback')) AS "events.native",
       toFloat64(uniqExact(event_id)) AS "events.distinct",
       toFloat64(sum(bytes)) AS "events.bytes",
       (SELECT toFloat64(sum(events)) FROM subject_day) AS "subject_day.events",
       (SELECT toFloat64(sum(bytes)) FROM bytes_day) AS "bytes_day.bytes",
       ${views.join(',\n       ')}
     FROM events`,
  )
  return row!
}
