import { setTimeout as delay } from 'node:timers/promises'
import type { PlaybackBatch } from '@foyer/contracts'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { z } from 'zod'
import type { Events } from '../src/storage/index.ts'
import type { RecorderDependencies } from '../src/modules/tracking/recorder.ts'
import { openTestEvents, type TestEmbeddedEvents } from './events.ts'
import { NOW, openTestRecorder, type TestRecorder } from './recorder.ts'

/** A real EVENTS for the tests of a file, and recorders before it that are closed after each test. */
export interface RecorderStore {
  store(): TestEmbeddedEvents
  open(
    overrides?: Partial<RecorderDependencies> & { folder?: string },
    events?: Pick<Events, 'insert'>,
  ): TestRecorder
  /** Rows of a query; each test writes under an app of its own, `{app:String}`. */
  rowsOf(sql: string, app: string): Promise<Record<string, unknown>[]>
  /** What EVENTS holds of an app: rows, distinct ids, and the sums of the rollups that they feed. */
  countsOf(app: string): Promise<Counts>
}

export interface Counts {
  readonly rows: number
  readonly distinct: number
  readonly bytes: number
  readonly events: number
}

export function useRecorderStore(): RecorderStore {
  let store: TestEmbeddedEvents
  const opened: TestRecorder[] = []

  beforeAll(async () => {
    store = await openTestEvents()
  })
  afterAll(() => store.close())
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close()
  })

  function rowsOf(sql: string, app: string): Promise<Record<string, unknown>[]> {
    return store.events.query(sql, { params: { app }, row: z.record(z.string(), z.unknown()) })
  }

  return {
    store: () => store,
    open(overrides = {}, events = store.events) {
      const made = openTestRecorder(events, overrides)
      opened.push(made)
      return made
    },
    rowsOf,
    async countsOf(app) {
      const [row] = await rowsOf(
        `SELECT count() AS rows, uniqExact(event_id) AS distinct,
           (SELECT sum(bytes) FROM bytes_day WHERE app = {app:String}) AS bytes,
           (SELECT sum(events) FROM subject_day
            WHERE subject IN (SELECT subject FROM events WHERE app = {app:String})) AS events
         FROM events WHERE app = {app:String}`,
        app,
      )
      const { rows, distinct, bytes, events } = row!
      return { rows: Number(rows), distinct: Number(distinct), bytes: Number(bytes), events: Number(events) }
    },
  }
}

/** Batches of 20 events of one byte each, a view each. */
export function loadOf(name: string, batches: number): PlaybackBatch[] {
  return Array.from({ length: batches }, (_, i) =>
    playback(
      `${name}-${i}`,
      Array.from({ length: 20 }, (_, seq) => ({ type: seq === 0 ? 'play' : 'heartbeat', bytes: 1 })),
      NOW - 600_000 + 17 * i,
    ),
  )
}

/** One batch of one view; its events are 100 ms apart unless they say otherwise. */
export function playback(viewId: string, events: Record<string, unknown>[], sentAt = NOW): PlaybackBatch {
  return {
    v: 1,
    sentAt,
    context: { viewId, deviceId: `device-${viewId}`, content: { id: 'movie-load', kind: 'vod' } },
    events: events.map((event, seq) => ({
      seq,
      ts: sentAt + 100 * seq,
      monoMs: 100 * seq,
      positionMs: 100 * seq,
      ...event,
    })) as PlaybackBatch['events'],
  }
}

/** Resolves when the condition holds. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20)
}
