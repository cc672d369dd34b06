import { z } from 'zod'
import { ndjson, viewRevisionRow } from '../test/event-rows.ts'
import { openTestEvents, type TestEvents } from '../test/events.ts'
import type { Bench } from './bench.ts'
import { median, percentile } from './statistics.ts'

/**
 * B6: the 99th percentile of `SELECT 1` through the client while a query of 5 s and inserts of 1,000 rows run, ÷ the same
 * on an idle engine. Five rounds, each idle first and then busy; the ratio is the median of the rounds' ratios.
 */
export const bench: Bench = {
  id: 'B6',
  title: 'SELECT 1 p99 while a 5 s query and inserts run ÷ idle',
  hold: { max: 10 },
  async run({ isQuick, report }) {
    const rounds = isQuick ? 1 : 5
    const store = await openTestEvents()
    try {
      await probe(store, 100)
      const idle: number[] = []
      const busy: number[] = []
      let inserted = 0
      for (let round = 0; round < rounds; round++) {
        idle.push(percentile(await probe(store, PROBES), 99))
        const over = new AbortController()
        const inserting = insertUntil(store, over.signal, round)
        const slow = slowQuery(store).finally(() => over.abort())
        const times: number[] = []
        while (!over.signal.aborted) times.push(...(await probe(store, 1)))
        inserted += await inserting
        await slow
        busy.push(percentile(times, 99))
        report(`${round2(idle.at(-1)!)} ms idle, ${round2(busy.at(-1)!)} ms busy`)
      }
      const ratios = busy.map((p99, round) => p99 / idle[round]!)
      return {
        ratio: median(ratios),
        figures: {
          idleP99Ms: round2(median(idle)),
          busyP99Ms: round2(median(busy)),
          worstRatio: round2(Math.max(...ratios)),
          rowsInserted: inserted,
          rounds,
        },
      }
    } finally {
      await store.close()
    }
  },
}

const PROBES = 500
const one = z.object({ n: z.coerce.number() })

async function probe(store: TestEvents, count: number): Promise<number[]> {
  const times: number[] = []
  for (let index = 0; index < count; index++) {
    const start = performance.now()
    await store.events.query('SELECT 1 AS n', { row: one })
    times.push(performance.now() - start)
  }
  return times
}

/** Runs until its time is over; that it is refused then is how it lasts 5 s on any machine. */
async function slowQuery(store: TestEvents): Promise<void> {
  await store.events
    .query('SELECT count() AS n FROM numbers_mt(1000000000000) WHERE sipHash64(number) = 1', {
      row: one,
      msMax: 5_000,
    })
    .catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== 'report.too_expensive') throw error
    })
}

async function insertUntil(store: TestEvents, signal: AbortSignal, round: number): Promise<number> {
  const rows = ndjson(
    Array.from({ length: 1_000 }, (_, index) =>
      viewRevisionRow({ view_id: `v${index}`, subject: String(index + 1), content_id: `t${index % 50}` }),
    ),
  )
  let batches = 0
  while (!signal.aborted) {
    await store.events.insert('view_revision', { ndjson: rows, token: `${round}:${batches}` })
    batches++
  }
  return batches * 1_000
}

const round2 = (value: number) => Math.round(value * 100) / 100
