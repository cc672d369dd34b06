import { z } from 'zod'
import { ndjson, viewRevisionRow } from './event-rows.ts'
import { openTestEvents } from './events.ts'

/**
 * Kills the events process again and again while three senders insert batches of 200 rows, some of them twice, and
 * returns what was acknowledged and what is there afterwards in the table and in a rollup.
 */
export async function killRounds(rounds: number): Promise<{
  acked: number
  rows: number
  distinct: number
  rollup: number
  torn: number
}> {
  const store = await openTestEvents()
  try {
    const acked = new Set<string>()
    const over = new AbortController()
    const sender = async (name: string) => {
      for (let batch = 0; !over.signal.aborted; batch++) {
        const token = `${name}:${batch}`
        const rows = Array.from({ length: BATCH }, (_, row) =>
          viewRevisionRow({ view_id: `${token}:${row}`, app: token, subject: String(row + 1) }),
        )
        await store.events.insert('view_revision', { ndjson: ndjson(rows), token })
        if (batch % 3 === 0) await store.events.insert('view_revision', { ndjson: ndjson(rows), token })
        acked.add(token)
      }
    }
    const senders = ['x', 'y', 'z'].map((name) => sender(name))
    for (let round = 0; round < rounds; round++) {
      const target = acked.size + 4
      while (acked.size < target) await new Promise((resolve) => setImmediate(resolve))
      await store.process().kill()
      await store.restart()
    }
    over.abort()
    await Promise.all(senders)
    const [found] = await store.events.query(
      `SELECT (SELECT count() FROM view_revision) AS rows, (SELECT uniqExact(view_id) FROM view_revision) AS distinct,
         (SELECT sum(starts) FROM subject_day) AS rollup,
         (SELECT count() FROM (SELECT app FROM view_revision GROUP BY app HAVING count() != ${BATCH})) AS torn`,
      { row: z.record(z.string(), z.coerce.number()) },
    )
    return {
      acked: acked.size * BATCH,
      ...(found as { rows: number; distinct: number; rollup: number; torn: number }),
    }
  } finally {
    await store.close()
  }
}

const BATCH = 200
