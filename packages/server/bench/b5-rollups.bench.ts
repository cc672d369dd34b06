import { z } from 'zod'
import type { Events } from '../src/storage/events/events.ts'
import { openTestEvents } from '../test/events.ts'
import type { Bench } from './bench.ts'
import { median } from './statistics.ts'

/**
 * B5: a report from its rollup ÷ the same report from the raw rows, both through the client, interleaved.
 *
 * The data is what a month of a mid-size service leaves: views of 15 minutes that the recorder revised ten times each
 * (21 signed rows; a player that reports every 10 s makes up to 179), and as many player events, of 100,000 people on
 * 3,000 titles, both falling off like 1/rank, 8 platforms and 12 countries. Tables are merged before measuring, the raw
 * ones too.
 */
export const bench: Bench = {
  id: 'B5',
  title: 'report from a rollup ÷ same report from raw rows (daily viewers count half)',
  hold: { max: 0.1 },
  async run({ isQuick, report: tell }) {
    const rows = isQuick ? 200_000 : 20_000_000
    const store = await openTestEvents({ options: { queryMsMax: 60_000 } })
    try {
      tell(`making ${rows} views' revisions and as many events`)
      await fill(store.events, rows)
      const figures: Record<string, number | string> = { rawRows: rows }
      for (const table of ['content', 'subject_day']) {
        figures[`${table}Rows`] = (
          await store.events.query(`SELECT count() AS n FROM ${table}`, {
            row: z.object({ n: z.coerce.number() }),
          })
        )[0]!.n
      }
      const ratios: number[] = []
      for (const report of REPORTS) {
        const raw: number[] = []
        const rollup: number[] = []
        const answers = new Set<string>()
        for (let round = 0; round < ROUNDS; round++) {
          raw.push(await elapsed(store.events, report.raw, answers))
          rollup.push(await elapsed(store.events, report.rollup, answers))
        }
        if (answers.size !== 1)
          throw new Error(`${report.name}: the rollup's answer is not that of the raw rows`)
        const ratio = median(rollup) / median(raw)
        ratios.push(ratio / report.allowance)
        figures[`${report.name}RawMs`] = Math.round(median(raw))
        figures[`${report.name}RollupMs`] = Math.round(median(rollup) * 10) / 10
        figures[`${report.name}Ratio`] = Math.round(ratio * 1000) / 1000
      }
      return {
        ratio: Math.max(...ratios),
        figures,
        method: `Medians of ${ROUNDS} interleaved rounds through the client, merged tables, equal answers; a view has ${REVISIONS} raw rows. The figure is the worst report; daily viewers may take twice as much.`,
      }
    } finally {
      await store.close()
    }
  },
}

const ROUNDS = 7
const DAYS = `local_date BETWEEN '2026-03-01' AND '2026-03-30' AND service = 'cine'`

const REPORTS = [
  {
    name: 'minutesByTitle',
    allowance: 1,
    raw: `SELECT content_id AS k, intDiv(sum(toInt64(played_ms) * sign), 60000) AS v FROM view_revision
      WHERE ${DAYS} AND bitAnd(consent_mask, 16) != 0 GROUP BY k ORDER BY v DESC, k LIMIT 50`,
    rollup: `SELECT content_id AS k, intDiv(sum(played_ms), 60000) AS v FROM content
      WHERE ${DAYS} GROUP BY k ORDER BY v DESC, k LIMIT 50`,
  },
  {
    name: 'stallRatioByPlatform',
    allowance: 1,
    raw: `SELECT platform AS k, round(sum(toInt64(stalled_ms) * sign) / sum(toInt64(played_ms) * sign), 6) AS v
      FROM view_revision WHERE ${DAYS} AND bitAnd(consent_mask, 16) != 0 GROUP BY k ORDER BY k`,
    rollup: `SELECT platform AS k, round(sum(stalled_ms) / sum(played_ms), 6) AS v FROM content
      WHERE ${DAYS} GROUP BY k ORDER BY k`,
  },
  {
    name: 'dailyViewers',
    allowance: 2,
    raw: `SELECT toString(local_date) AS k, uniqExact(foyer_person(subject)) AS v FROM events
      WHERE ${DAYS} AND foyer_visible(subject, consent_mask, 16) GROUP BY k ORDER BY k`,
    rollup: `SELECT toString(local_date) AS k, uniqExact(foyer_person(subject)) AS v FROM subject_day
      WHERE ${DAYS} AND foyer_visible(subject, consent_mask, 16) GROUP BY k ORDER BY k`,
  },
] as const

const answer = z.object({ k: z.string(), v: z.coerce.string() })

async function elapsed(events: Events, sql: string, answers: Set<string>): Promise<number> {
  const start = performance.now()
  const rows = await events.query(sql, { row: answer })
  const ms = performance.now() - start
  if (rows.length === 0) throw new Error('an empty answer measures nothing')
  answers.add(JSON.stringify(rows))
  return ms
}

const REVISIONS = 21
/** Rows a statement: a multiple of the revisions, so that no view is cut in two. */
const STEP = 1_000_020

/** Random but the same each time; `salt` makes independent draws. */
const draw = (salt: number, of: string) => `(cityHash64(${of}, ${salt}) % 1000000) / 1000000`
/** 1/rank over `count` things. */
const ranked = (salt: number, of: string, count: number) => `toUInt32(exp(${draw(salt, of)} * log(${count})))`

async function fill(events: Events, rows: number): Promise<void> {
  const who = (of: string) => `
    toUInt64(cityHash64(${ranked(1, of, 100_000)})) AS subject,
    arrayElement(['web','android','ios','tizen','webos','firetv','roku','hbbtv'], ${ranked(2, of, 8)}) AS platform,
    arrayElement(['DE','US','CA','FR','ES','IT','GB','AT','CH','PL','NL','SE'], ${ranked(3, of, 12)}) AS country,
    concat('title-', toString(${ranked(4, of, 3_000)})) AS content_id,
    toDateTime('2026-03-01 00:00:00', 'UTC') + toUInt32(${draw(5, of)} * 2880) * 900 AS quarter`
  for (let from = 0; from < rows; from += STEP) {
    const size = Math.min(STEP, rows - from)
    await events.command(`INSERT INTO view_revision
      WITH intDiv(number, ${REVISIONS}) AS view, number % ${REVISIONS} AS step, ${who('view')}
      SELECT if(step % 2 = 0, 1, -1) AS sign, quarter AS bucket, toDate(quarter) AS local_date, 'cine' AS service,
        platform AS app, toString(view) AS view_id, subject, 23 AS consent_mask, 0 AS ledger_seq, subject AS device,
        platform, 'tv' AS device_class, country, content_id, 'vod' AS content_kind, 'movie' AS content_type,
        1 AS starts, 1 AS streams, (intDiv(step + 1, 2) + 1) * 80000 AS played_ms,
        intDiv(step + 1, 2) * (cityHash64(view) % 300) AS stalled_ms, 0 AS unknown_ms, now64(3) AS written_at
      FROM numbers(${from}, ${size})`)
    await events.command(`INSERT INTO events (event_id, ts, device_ts, received_at, local_date, service, app, subject,
        is_signed_in, consent_mask, source, party, type, platform, device_class, country, content_id, content_kind,
        content_type, view_id, seq, position_ms, bytes)
      WITH intDiv(number, ${REVISIONS}) AS view, number % ${REVISIONS} AS step, ${who('view')}
      SELECT generateUUIDv7(number), quarter + step * 40 AS ts, ts, ts, toDate(quarter), 'cine', platform, subject, 1, 23,
        'playback', 'first', 'heartbeat', platform, 'tv', country, content_id, 'vod', 'movie', toString(view), step,
        step * 40000, 0
      FROM numbers(${from}, ${size})`)
  }
  for (const table of ['view_revision', 'events', 'content', 'subject_title_day', 'subject_day']) {
    await events.command(`OPTIMIZE TABLE ${table} FINAL`)
  }
}
