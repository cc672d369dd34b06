import { z } from 'zod'
import {
  overviewDays,
  overviewPeople,
  overviewTitles,
  viewerEvents,
} from '../src/modules/audience/queries.ts'
import type { Events } from '../src/storage/events/events.ts'
import { openTestEvents } from '../test/events.ts'
import type { Bench } from './bench.ts'
import { median, percentile } from './statistics.ts'

/**
 * Reports about people over 20 million events, as pages ask for them, and what they cost beside the same question by the
 * raw subject in the raw rows, which is the wrong answer for nothing.
 *
 * 30 days of 200,000 viewers and 500,000 anonymous subjects, of which 300,000 are linked; 58 % of what happens is
 * anonymous. 2,000 viewers are merged, 500 deny to be measured.
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
      await fill(store.events, rows)
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

const ROUNDS = 11
const SCOPE = { service: 'cine', from: '2026-03-01', to: '2026-03-30', purpose: 16 }
const WHERE = `local_date BETWEEN '2026-03-01' AND '2026-03-30' AND service = 'cine' AND bitAnd(consent_mask, 16) != 0`

interface KnownPerson {
  readonly person: string
  readonly subjects: string[]
}

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
          subjects,
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
      name: 'dailyViewers',
      stitched: (events) => events.run(overviewDays, SCOPE),
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

/** Somebody with many subjects and much to show. */
async function busiestPerson(events: Events): Promise<KnownPerson> {
  const [row] = await events.query(
    `SELECT toString(foyer_person(subject)) AS person, arrayFilter(s -> s != person, groupUniqArray(toString(subject))) AS others
     FROM subject_day WHERE foyer_visible(subject, consent_mask, 16)
     GROUP BY person ORDER BY least(length(others), 10) DESC, sum(events) DESC, person LIMIT 1`,
    { row: z.object({ person: z.string(), others: z.array(z.string()) }) },
  )
  return { person: row!.person, subjects: [row!.person, ...row!.others] }
}

const VIEWERS = 200_000
const ANONYMOUS = 500_000
const LINKED = 300_000
/** Events of a view. */
const EVENTS = 20
const STEP = 1_000_000

/** Random but the same each time; `salt` makes independent draws. */
const draw = (salt: number, of: string) => `(cityHash64(${of}, ${salt}) % 1000000) / 1000000`
const vid = (n: string) => `(1000000000 + ${n})`
const anonymous = (n: string) => `(2000000000 + ${n})`

async function fill(events: Events, rows: number): Promise<void> {
  const of = 'view'
  const who = `
    if(${draw(1, of)} < 0.58, ${anonymous(`toUInt64(${draw(2, of)} * ${ANONYMOUS})`)},
      ${vid(`toUInt64(${draw(3, of)} * ${draw(4, of)} * ${VIEWERS})`)}) AS subject,
    arrayElement(['web','android','ios','tizen','webos','firetv','roku','hbbtv'], toUInt32(exp(${draw(5, of)} * log(8)))) AS platform,
    arrayElement(['DE','US','CA','FR','ES','IT','GB','AT','CH','PL','NL','SE'], toUInt32(exp(${draw(6, of)} * log(12)))) AS country,
    concat('title-', toString(toUInt32(exp(${draw(7, of)} * log(5000))))) AS content_id,
    toDateTime('2026-03-01 00:00:00', 'UTC') + toUInt32(${draw(8, of)} * 2880) * 900 AS quarter`
  for (let from = 0; from < rows; from += STEP) {
    const size = Math.min(STEP, rows - from)
    await events.command(`INSERT INTO events (event_id, ts, device_ts, received_at, local_date, service, app, subject,
        is_signed_in, consent_mask, source, party, type, platform, device_class, country, content_id, content_kind,
        content_type, view_id, seq, position_ms, bytes)
      WITH intDiv(number, ${EVENTS}) AS view, number % ${EVENTS} AS step, ${who}
      SELECT generateUUIDv7(number), quarter + step * 40 AS ts, ts, ts, toDate(quarter), 'cine', platform, subject,
        subject < 2000000000, 23, 'playback', 'first', 'heartbeat', platform, 'tv', country, content_id, 'vod', 'movie',
        toString(view), step, step * 40000, 0
      FROM numbers(${from}, ${size})`)
    await events.command(`INSERT INTO view_revision
      WITH number AS view, ${who}
      SELECT 1 AS sign, quarter AS bucket, toDate(quarter) AS local_date, 'cine' AS service, platform AS app,
        toString(view) AS view_id, subject, 23 AS consent_mask, 0 AS ledger_seq, subject AS device, platform,
        'tv' AS device_class, country, content_id, 'vod' AS content_kind, 'movie' AS content_type, 1 AS starts,
        1 AS streams, 800000 AS played_ms, 0 AS stalled_ms, 0 AS unknown_ms, now64(3) AS written_at
      FROM numbers(${from / EVENTS}, ${size / EVENTS})`)
  }
  await events.command(`INSERT INTO viewer (vid, version, is_deleted, service, registered_at, consent_mask)
    SELECT ${vid('number')}, 1, 0, 'cine', toDateTime64('2026-01-01 00:00:00', 3), 23 FROM numbers(${VIEWERS})`)
  const roots = `if(owner % 100 = 7, owner - 7, owner)`
  await events.command(`INSERT INTO person_of
    WITH toUInt64(cityHash64(number, 9) % ${VIEWERS}) AS owner
    SELECT ${anonymous('number')} AS subject, ${vid(roots)} AS person, if(owner % 400 = 3, 16, 0), 0, 1
    FROM numbers(${LINKED})`)
  await events.command(`INSERT INTO person_of
    WITH number AS owner
    SELECT ${vid('owner')} AS subject, ${vid(roots)} AS person, if(owner % 400 = 3, 16, 0), 0, 1
    FROM numbers(${VIEWERS}) WHERE owner % 100 = 7 OR owner % 400 = 3`)
  await events.command('SYSTEM RELOAD DICTIONARY person_0')
  await events.command('SYSTEM RELOAD DICTIONARY denied_0')
  for (const table of ['events', 'view_revision', 'subject_title_day', 'subject_day']) {
    await events.command(`OPTIMIZE TABLE ${table} FINAL`)
  }
}
