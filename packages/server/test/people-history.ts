import { strict as assert } from 'node:assert'
import { z } from 'zod'
import {
  overviewPeople,
  overviewTitles,
  overviewUse,
  registrations,
  viewerEvents,
  viewerOverview,
} from '../src/modules/audience/queries.ts'
import { eraseFromEvents } from '../src/modules/tracking/erase.ts'
import { createPeople } from '../src/modules/tracking/stitching/people.ts'
import { createPublisher } from '../src/modules/tracking/stitching/publish.ts'
import { manualClock } from '../src/platform/clock.ts'
import { newSubject, seededRandom, type Subject } from '../src/platform/ids.ts'
import type { Events } from '../src/storage/index.ts'
import { PeopleOracle, type OracleEvent } from './people-oracle.ts'
import { NOW, openTestRecorder, plainVault } from './recorder.ts'
import type { TestRecords } from './records.ts'

/**
 * Random histories of people on shared devices (sign-in, sign-out, switch, link, unlink, merge, unmerge, denial, erasure,
 * late events) through the real recorder and stores, with every report held against the oracle.
 */

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const MEASURED = 0b10111
const UNMEASURED = 0b00111
const ANALYTICS = 0b10000
/** A purpose that no report here asks for. */
const ANOTHER = 0b100000
const DEVICES = ['tv', 'phone', 'tablet']
const TITLES = ['harbour', 'lagoon', 'meadow']
const GENDERS = ['female', 'male', 'other', '']
const VIEWERS = 5
const SERVICE = 'cine'

export interface HistoryResult {
  readonly comparisons: number
  /** How often each act happened, to see that none is missing. */
  readonly acts: Readonly<Record<string, number>>
}

/** Lives one history and compares after every few steps. Throws at the first difference, naming seed and step. */
export async function liveHistory(
  stores: { events: Events; records: TestRecords },
  options: { seed: string; steps: number; compareEvery: number },
): Promise<HistoryResult> {
  const { events, records } = stores
  const draw = seededRandom(options.seed)
  const uniform = () => Buffer.from(draw(6)).readUIntBE(0, 6) / 2 ** 48
  const pick = <T>(items: readonly T[]): T => items[Math.floor(uniform() * items.length)]!
  const service = `${SERVICE}-${options.seed}`
  const oracle = new PeopleOracle()
  const start = NOW - (NOW % DAY_MS) + 8 * 3_600_000
  const clock = manualClock(start + DAY_MS)
  const people = createPeople({ db: records.db, clock })
  const rig = openTestRecorder(events, {
    people,
    clock,
    titleInfo: () => ({ kind: 'vod', type: 'movie' }),
    accounts: {
      appById: async () => ({ platform: 'web', service: { timeZone: 'UTC' } }),
      resolveExternalIds: async () => new Map(),
      applyIdentify: async () => ({ outcome: 'claimed' }),
    },
  })
  const publisher = createPublisher({ db: records.db, events })
  const signedIn = new Map<string, Subject | null>()
  const held: { at: number; events: OracleEvent[] }[] = []
  const acts: Record<string, number> = {}
  let views = 0
  let comparisons = 0
  let erasures = 0

  await register()
  for (let step = 1; step <= options.steps; step++) {
    clock.advance(Math.floor(uniform() * 40 * MINUTE_MS) + 2 * MINUTE_MS)
    await act()
    for (const late of held.filter(({ at }) => at <= step)) {
      held.splice(held.indexOf(late), 1)
      await deliver(late.events)
    }
    if (step % options.compareEvery !== 0) continue
    await rig.recorder.drain()
    while (!(await publisher.publish()));
    await compare(step)
  }
  await rig.close()
  return { comparisons, acts }

  async function register(): Promise<void> {
    const rows = Array.from({ length: VIEWERS }, (_, index) => {
      const vid = newSubject(draw)
      const registeredAt = start - index * 7 * 3_600_000
      const gender = GENDERS[index % GENDERS.length]!
      oracle.viewers.push({ vid, registeredAt, gender })
      return {
        vid,
        version: '1',
        is_deleted: 0,
        service,
        registered_at: new Date(registeredAt).toISOString().replace('T', ' ').replace('Z', ''),
        gender,
        consent_mask: MEASURED,
      }
    })
    await events.insert('viewer', {
      ndjson: rows.map((row) => JSON.stringify(row)).join('\n'),
      token: `viewers of ${service}`,
    })
  }

  async function act(): Promise<void> {
    const living = oracle.viewers.map(({ vid }) => vid).filter((vid) => !oracle.isErased(vid))
    const device = pick(DEVICES)
    const vid = pick(living)
    const acting: readonly [string, number, () => Promise<unknown>][] = [
      ['play', 40, () => play(device)],
      ['sign-in', 14, async () => signedIn.set(device, vid)],
      ['sign-out', 8, async () => signedIn.set(device, null)],
      [
        'unlink',
        4,
        () =>
          both(
            () => people.unlink({ vid, device: deviceOf(device) }),
            () => oracle.unlink(vid, device),
          ),
      ],
      [
        'relink',
        3,
        () =>
          both(
            () => people.relink({ vid, device: deviceOf(device) }),
            () => oracle.relink(vid, device),
          ),
      ],
      ['merge', 5, () => merge(vid, pick(living))],
      [
        'unmerge',
        4,
        () =>
          both(
            () => people.unmerge(vid),
            () => oracle.unmerge(vid),
          ),
      ],
      ['deny', 4, () => deny(vid, pick([ANALYTICS, ANOTHER]))],
      [
        'lift',
        4,
        () =>
          both(
            () => people.deny(vid, 0),
            () => oracle.deny(vid, false),
          ),
      ],
      // Whoever is erased goes with all that were merged; some must be left to live on.
      ['erase', living.length - oracle.vidsOf(vid).length >= 3 ? 1 : 0, () => erase(vid)],
    ]
    let rest = uniform() * acting.reduce((sum, [, weight]) => sum + weight, 0)
    const [name, , perform] = acting.find(([, weight]) => (rest -= weight) < 0)!
    acts[name] = (acts[name] ?? 0) + 1
    // The recorder makes links; acts upon them come after it, as a person's would.
    if (!['play', 'sign-in', 'sign-out'].includes(name)) await rig.recorder.drain()
    await perform()
  }

  async function both(real: () => Promise<unknown>, told: () => void): Promise<void> {
    await real()
    told()
  }

  async function merge(vid: Subject, into: Subject): Promise<void> {
    await people.merge({ vid, into })
    oracle.merge(vid, into)
  }

  async function deny(vid: Subject, denied: number): Promise<void> {
    await people.deny(vid, denied)
    oracle.deny(vid, denied === ANALYTICS)
  }

  async function erase(vid: Subject): Promise<void> {
    const subjects = await people.subjectsOf(vid)
    for (const each of oracle.vidsOf(vid)) await people.deny(each, 0xffff_ffff)
    await eraseFromEvents(events, { id: `${service} ${erasures++}`, subjects, before: clock.now() })
    oracle.erase(vid)
    for (const [device, who] of signedIn) if (who && oracle.isErased(who)) signedIn.set(device, null)
  }

  /** One view that ended just now, of a length that may or may not make a stream; some come late. */
  async function play(device: string): Promise<void> {
    const ms = pick([2_000, 30_000, 5 * MINUTE_MS, 25 * MINUTE_MS])
    let from = clock.now() - ms - 1_000
    // Not across midnight, so that the oracle needs no quarters of hours.
    if (Math.floor(from / DAY_MS) !== Math.floor(clock.now() / DAY_MS)) from = clock.now() - 3_000
    const length = Math.min(ms, clock.now() - from - 1_000)
    const shared = {
      device,
      vid: signedIn.get(device) ?? null,
      mayMeasure: uniform() < 0.9,
      view: `view-${views++}`,
      title: pick(TITLES),
    }
    const made: OracleEvent[] = [
      { ...shared, ts: from, bytes: 0, played: { ms: length } },
      { ...shared, ts: from + 1_000, bytes: 0, played: null },
      { ...shared, ts: from + 1_000 + length, bytes: 1_000, played: null },
    ]
    if (uniform() < 0.35) held.push({ at: Math.floor(uniform() * 60), events: made })
    else await deliver(made)
  }

  async function deliver(made: readonly OracleEvent[]): Promise<void> {
    const [{ device, vid, mayMeasure, view, title, ts: from }] = made as [OracleEvent]
    await rig.append(
      {
        service,
        app: service,
        receivedAt: clock.now(),
        defaultMask: mayMeasure ? MEASURED : UNMEASURED,
        viewer: vid ? { vid } : null,
      },
      {
        v: 1,
        sentAt: clock.now(),
        context: { viewId: view, deviceId: device, content: { id: title, kind: 'vod' } },
        events: made.map(({ ts, bytes }, seq) => ({
          type: ['play', 'first_frame', 'view_end'][seq],
          seq,
          ts,
          monoMs: ts - from,
          positionMs: Math.max(0, ts - from - 1_000),
          bytes,
        })),
      },
    )
    for (const event of made) oracle.arrive(event)
  }

  function deviceOf(device: string): Subject {
    return plainVault.pseudonym('device', `${service}\n${device}`)
  }

  async function compare(step: number): Promise<void> {
    const day = (ts: number) => new Date(ts).toISOString().slice(0, 10)
    const range = { from: day(start - 3 * DAY_MS), to: day(clock.now()) }
    const purpose = 16
    function same(what: string, actual: unknown, expected: unknown): void {
      assert.deepEqual(actual, expected, `seed ${options.seed}, step ${step}: ${what} differ from the oracle`)
      comparisons++
    }

    const use = (from: string) =>
      events.run(overviewUse, { service, previousFrom: from, from, to: range.to, purpose })
    const days = (await use(range.from)).filter(({ part }) => part === 'day')
    same(
      'daily viewers',
      days
        .toSorted((a, b) => (a.date < b.date ? -1 : 1))
        .map(({ date, viewers, ...row }) => ({ date, viewers, ...usedOf([row]) })),
      oracle.days(range.from, range.to),
    )

    const middle = day(clock.now() - DAY_MS)
    const [all] = await events.run(overviewPeople, {
      service,
      beforeFrom: middle,
      previousFrom: middle,
      from: middle,
      to: range.to,
      fromMs: 0,
      previousFromMs: 0,
      purpose,
    })
    const platforms = (await use(middle)).filter(({ part }) => part === 'platform')
    same(
      'totals',
      { viewers: all!.viewers, visitors: all!.visitors, ...usedOf(platforms) },
      oracle.totals(middle, range.to),
    )

    const titles = await events.run(overviewTitles, { service, ...range, purpose, limit: 10 })
    same('titles', titles.map(camel), oracle.titles())

    for (const { vid } of oracle.viewers) {
      const subjects = await people.subjectsOf(vid)
      const of = { service, subjects, person: subjects[0]!, purpose }
      const [played] = await events.run(viewerOverview, { ...of, ...range })
      const rows = await events.run(viewerEvents, {
        ...of,
        from: 0,
        to: clock.now() + 1,
        afterAt: -8_000_000_000_000,
        afterId: '00000000-0000-0000-0000-000000000000',
        limit: 100_000,
      })
      const { times, ...expected } = oracle.person(vid)
      same('what one viewer played', camel(played!), expected)
      same(
        "one viewer's timeline",
        rows.map(({ at }) => at),
        times,
      )
    }

    const registered = await events.run(registrations, {
      service,
      localCountry: '',
      from: start - 30 * DAY_MS,
      to: clock.now(),
      starts: Array.from({ length: 40 }, (_, n) => Math.floor(start / DAY_MS + n - 30) * DAY_MS),
      purpose: 1,
    })
    same(
      'registrations',
      registered
        .filter(({ part }) => part === 'period')
        .flatMap(({ start: at, gender, total }) =>
          Array.from({ length: total }, () => `${day(at)} ${gender === 'unknown' ? '' : gender}`),
        )
        .toSorted((a, b) => (a < b ? -1 : 1)),
      oracle.registrations(),
    )

    const sums = await events.query(
      `SELECT content_id, sum(starts) AS starts, sum(streams) AS streams, sum(played_ms) AS played_ms
       FROM content WHERE service = {service:String} GROUP BY content_id HAVING starts != 0 ORDER BY content_id`,
      { params: { service }, row: publicSums },
    )
    same('sums without people', sums.map(camel), oracle.publicSums())

    const [raw] = await events.query(
      `SELECT uniqExact(foyer_person(subject)) AS persons, sum(bytes) AS bytes,
         (SELECT sum(bytes) FROM bytes_day WHERE service = {service:String}) AS rolled
       FROM events WHERE service = {service:String}`,
      { params: { service }, row: z.object({ persons: count, bytes: count, rolled: count }) },
    )
    same('bytes', [raw!.bytes, raw!.rolled], [oracle.bytes(), oracle.bytes()])
  }
}

/** What was used, summed over rows of a report. */
function usedOf(rows: readonly { events: number; starts: number; streams: number; played_ms: number }[]) {
  const sum = (field: 'events' | 'starts' | 'streams' | 'played_ms') =>
    rows.reduce((total, row) => total + row[field], 0)
  return {
    events: sum('events'),
    starts: sum('starts'),
    streams: sum('streams'),
    playedMs: sum('played_ms'),
  }
}

const count = z.coerce.number()
const publicSums = z.object({ content_id: z.string(), starts: count, streams: count, played_ms: count })

/** A row in the oracle's words. */
function camel(row: Record<string, unknown>): Record<string, unknown> {
  const { content_id, content_kind: _kind, is_current: _current, played_ms, ...same } = row
  return { ...(content_id === undefined ? {} : { title: content_id }), ...same, playedMs: played_ms }
}
