import { z } from 'zod'
import type { Subject } from '../src/platform/ids.ts'
import type { Events } from '../src/storage/events/events.ts'

/** UTC, as the service's zone. */
export const FIRST_DAY = '2026-03-01'

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

/**
 * EVENTS of a service with many people: 200,000 viewers and 500,000 anonymous subjects, of which 300,000 are linked; 58 % of
 * what happens is anonymous. 2,000 viewers are merged, 500 deny to be measured; one view in twenty of the last two days was taken back. Parts
 * lie as the inserts and the engine's own merges left them.
 */
export async function fillPeople(
  events: Events,
  { rows, days }: { rows: number; days: number },
): Promise<void> {
  const of = 'view'
  const who = `
    if(${draw(1, of)} < 0.58, ${anonymous(`toUInt64(${draw(2, of)} * ${ANONYMOUS})`)},
      ${vid(`toUInt64(${draw(3, of)} * ${draw(4, of)} * ${VIEWERS})`)}) AS subject,
    arrayElement(['web','android','ios','tizen','webos','firetv','roku','hbbtv'], toUInt32(exp(${draw(5, of)} * log(8)))) AS platform,
    arrayElement(['DE','US','CA','FR','ES','IT','GB','AT','CH','PL','NL','SE'], toUInt32(exp(${draw(6, of)} * log(12)))) AS country,
    concat('title-', toString(toUInt32(exp(${draw(7, of)} * log(5000))))) AS content_id,
    toDateTime('${FIRST_DAY} 00:00:00', 'UTC') + toUInt32(${draw(8, of)} * ${days * 96}) * 900 AS quarter`
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
  // Views are judged anew for a day: of the last two days one in twenty was first thought to be of another title and
  // platform, and taken back. What that leaves lies in parts of its own, so that reports must settle it.
  for (const sign of [1, -1]) {
    await events.command(`INSERT INTO view_revision
      SELECT ${sign} AS sign, quarter AS bucket, toDate(quarter) AS local_date, 'cine' AS service, 'tizen' AS app,
        toString(view) AS view_id, subject, 23 AS consent_mask, 0 AS ledger_seq, subject AS device, 'tizen' AS platform,
        'tv' AS device_class, country, 'title-1' AS content_id, 'vod' AS content_kind, 'movie' AS content_type, 1 AS starts,
        1 AS streams, 100000 AS played_ms, 0 AS stalled_ms, 0 AS unknown_ms, now64(3) AS written_at
      FROM
      (
        WITH number * 20 AS view, ${who}
        SELECT view, subject, country, quarter FROM numbers(${rows / EVENTS / 20})
        WHERE toDate(quarter) >= toDate('${FIRST_DAY}') + ${days - 2}
      )`)
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
}

/** Somebody by their subjects, the person's own first. */
export interface KnownPerson {
  readonly person: Subject
  readonly subjects: readonly Subject[]
}

/** Somebody with many subjects and much to show. */
export async function busiestPerson(events: Events): Promise<KnownPerson> {
  const [row] = await events.query(
    `SELECT toString(foyer_person(subject)) AS person, arrayFilter(s -> s != person, groupUniqArray(toString(subject))) AS others
     FROM subject_day WHERE foyer_visible(subject, consent_mask, 16)
     GROUP BY person ORDER BY least(length(others), 10) DESC, sum(events) DESC, person LIMIT 1`,
    { row: z.object({ person: z.string(), others: z.array(z.string()) }) },
  )
  const person = row!.person as Subject
  return { person, subjects: [person, ...(row!.others as Subject[])] }
}
