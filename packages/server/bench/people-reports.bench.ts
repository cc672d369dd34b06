import { z } from 'zod'
import { overviewPeople, overviewTitles, overviewUse, viewerEvents } from '../src/modules/audience/queries.ts'
import type { Events } from '../src/storage/events/events.ts'
import { openTestEvents } from '../test/events.ts'
import type { Bench } from './bench.ts'
import { busiestPerson, fillPeople, type KnownPerson } from './many-people.ts'
import { median, percentile } from './statistics.ts'

/**
 * Reports about people over 20 million events, as pages ask for them, and what they cost beside the same question by the
 * raw subject in the raw rows, which is the wrong answer for nothing.
 *
 * 30 days; see `many-people.ts`.
 */
export const bench: Bench = {
  id: 'People',
  title: 'slowest report about people at 20M events ÷ 300 ms that a default page may take',
  hold: { max: 1 },
  async run({ isQuick, report: tell }) {
    const rows = isQuick ? 200_000 : 20_000_000
    const store = await openTestEvents({ options: { queryMsMax: 60_000 } })
    try {
      tell(`making ${rows} events and who is who`)
      await fillPeople(store.events, { rows, days: 30 })
      const person = await busiestPerson(store.events)
      const figures: Record<string, number> = { events: rows, subjectsOfTimeline: person.subjects.length }
      const slowest: number[] = []
      for (const { name, stitched, raw } of questions(person)) {
        const times = { stitched: [] as number[], raw: [] as number[] }
        for (let round = 0; round < ROUNDS; round++) {
          times.stitched.push(await elapsed(() => stitched(store.events)))
          times.raw.push(await elapsed(() => store.events.query(raw, { row: z.unknown() })))
        }
        slowest.push(percentile(times.stitched, 95))
        figures[`${name}Ms`] = Math.round(median(times.stitched))
        figures[`${name}RawMs`] = Math.round(median(times.raw))
        figures[`${name}Ratio`] = Math.round((median(times.stitched) / median(times.raw)) * 100) / 100
      }
      return {
        ratio: Math.max(...slowest) / 300,
        figures,
        method: `The reports of the console, with links, merges and denials, each beside the same question by the raw subject in the raw rows, ${ROUNDS} interleaved rounds through the client. The figure is the slowest report's 95th percentile.`,
      }
    } finally {
      await store.close()
    }
  },
}

const ROUNDS = 21
const SCOPE = { service: 'cine', from: '2026-03-01', to: '2026-03-30', purpose: 16 }
const WHERE = `local_date BETWEEN '2026-03-01' AND '2026-03-30' AND service = 'cine' AND bitAnd(consent_mask, 16) != 0`

interface Question {
  readonly name: string
  readonly stitched: (events: Events) => Promise<unknown[]>
  readonly raw: string
}

function questions({ person, subjects }: KnownPerson): Question[] {
  return [
    {
      name: 'timeline',
      stitched: (events) =>
        events.run(viewerEvents, {
          service: 'cine',
          purpose: 16,
          person,
          subjects: [...subjects],
          from: Date.UTC(2026, 2, 1),
          to: Date.UTC(2026, 3, 1),
          afterAt: 0,
          afterId: '00000000-0000-0000-0000-000000000000',
          limit: 200,
        }),
      raw: `SELECT event_id, ts, type, content_id, position_ms FROM events
        WHERE toDate(ts) BETWEEN '2026-03-01' AND '2026-04-01' AND subject = ${subjects[1]} AND service = 'cine'
        ORDER BY ts LIMIT 200`,
    },
    {
      // The overview's charts by day, platform and country, beside daily viewers alone.
      name: 'dailyViewers',
      stitched: (events) => events.run(overviewUse, { ...SCOPE, previousFrom: SCOPE.from }),
      raw: `SELECT local_date, uniqExact(subject) AS viewers, count() AS events FROM events
        WHERE ${WHERE} GROUP BY local_date ORDER BY local_date`,
    },
    {
      // The last ten days beside the ten before, and who came back from the ten before those.
      name: 'people',
      stitched: (events) =>
        events.run(overviewPeople, {
          service: 'cine',
          purpose: 16,
          beforeFrom: '2026-03-01',
          previousFrom: '2026-03-11',
          from: '2026-03-21',
          to: '2026-03-30',
          fromMs: Date.UTC(2026, 2, 21),
          toMs: Date.UTC(2026, 2, 31),
          previousFromMs: Date.UTC(2026, 2, 11),
        }),
      raw: `SELECT uniqExactIf(subject, local_date >= '2026-03-21') AS viewers,
          uniqExactIf(subject, local_date BETWEEN '2026-03-11' AND '2026-03-20') AS previous FROM events WHERE ${WHERE}`,
    },
    {
      name: 'titles',
      stitched: (events) => events.run(overviewTitles, { ...SCOPE, limit: 10 }),
      raw: `SELECT content_id, uniqExact(subject) AS viewers, sum(played_ms) AS played FROM view_revision
        WHERE ${WHERE} GROUP BY content_id ORDER BY played DESC LIMIT 10`,
    },
  ]
}

async function elapsed(ask: () => Promise<unknown[]>): Promise<number> {
  const start = performance.now()
  const rows = await ask()
  if (rows.length === 0) throw new Error('an empty answer measures nothing')
  return performance.now() - start
}
