import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ActiveViewer, OverviewReport, RegisteredViewer, ViewerOverviewReport } from '@foyer/contracts'
import { openWorld, PLANTED, truthSchema, type Truth } from '@foyer/simulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startInstance, type TestInstance } from './instance.ts'
import { demoOperator, type TestOperator } from './operator.ts'
import { causeOf, useByAccount, type Evidence } from './planted-evidence.ts'
import { queryEvents } from './stored-events.ts'

/**
 * What is planted into a world is found by who knows nothing of it: by plain reports, and by SQL where there is no report
 * yet. The world is the same every day, so that what is found in it is no matter of luck.
 */
const WORLD = { seed: 2026, viewers: 1_500, days: 60, until: Date.UTC(2026, 9, 1, 3) }
const SERVICES = ['demo', 'demo-sur']
const DAY_MS = 86_400_000

let dataFolder: string
let instance: TestInstance
let operator: TestOperator
let truth: Truth

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'foyer-planted-'))
  // As a start that was interrupted leaves it: the demo goes on with this audience.
  await writeFile(join(dataFolder, 'demo.json'), JSON.stringify({ ...WORLD, isFilled: false }))
  instance = await startInstance({ args: ['demo'], dataFolder, environment: { FOYER_DEMO_RATE: '0' } })
  operator = await demoOperator(instance)
  truth = truthSchema.parse(JSON.parse(await readFile(join(dataFolder, 'demo-truth.json'), 'utf8')))
})
afterAll(async () => {
  await instance?.stop()
  await rm(dataFolder, { recursive: true, force: true })
})

/** All pages of a list of viewers, of the whole history of both services unless told. */
async function listed<Row>(
  list: string,
  filters = '',
  range = { from: dayOf(WORLD.until - (WORLD.days + 1) * DAY_MS), to: dayOf(WORLD.until) },
): Promise<Row[]> {
  const rows: Row[] = []
  for (const service of SERVICES) {
    let cursor: string | null = null
    do {
      const page: { items: Row[]; next: string | null } = await operator.call(
        'GET',
        `/v1/reports/${list}?service=${service}&from=${range.from}&to=${range.to}&limit=500${filters}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      )
      rows.push(...page.items)
      cursor = page.next
    } while (cursor !== null)
  }
  return rows
}

function dayOf(ts: number): string {
  return new Date(ts).toISOString().slice(0, 10)
}

async function viewerIdOf({ externalId, service }: { externalId: string; service: string }): Promise<string> {
  const day = dayOf(WORLD.until)
  const { viewerId } = await operator.call<ViewerOverviewReport>(
    'GET',
    `/v1/viewers/${externalId}/report/overview?service=${service}&from=${day}&to=${day}`,
  )
  return viewerId
}

describe('the loved series', () => {
  const sums = new Map<
    string,
    { series: { starts: number; minutes: number }; all: { starts: number; minutes: number } }
  >()
  beforeAll(async () => {
    const rangeOf = new Map<string, string>()
    for (const range of Object.keys(truth.lovedSeries.byAge)) {
      const all = { from: '2020-01-01', to: dayOf(WORLD.until) }
      const registered = await listed<RegisteredViewer>('registrations/viewers', `&ageRange=${range}`, all)
      for (const { viewerId } of registered) rangeOf.set(viewerId!, range)
      sums.set(range, { series: { starts: 0, minutes: 0 }, all: { starts: 0, minutes: 0 } })
    }
    const add = (part: 'series' | 'all', viewers: readonly ActiveViewer[]): void => {
      for (const { viewerId, starts, minutes } of viewers) {
        const of = sums.get(rangeOf.get(viewerId!)!)![part]
        of.starts += starts
        of.minutes += minutes
      }
    }
    add('all', await listed<ActiveViewer>('viewers'))
    const titles = new Set(
      Object.values(truth.services).flatMap(({ counted }) => Object.keys(counted.byTitle)),
    )
    for (const id of [...titles].filter((title) => title.startsWith(`${PLANTED.lovedSeries.id}-`)))
      add('series', await listed<ActiveViewer>('viewers', `&contentId=${id}`))
  })

  it('has the starts and minutes of every age bracket that are true', () => {
    for (const [range, known] of Object.entries(truth.lovedSeries.byAge)) {
      for (const part of ['series', 'all'] as const) {
        const { starts, minutes } = sums.get(range)![part]
        expect([range, part, starts]).toEqual([range, part, known[part].starts])
        // Lists round each viewer to a tenth of a minute.
        expect(Math.abs(minutes - known[part].playedMs / 60_000)).toBeLessThan(0.06 * (starts + 1))
      }
    }
  })

  it('is told by the share of its starts and of its minutes: one bracket stands out, and it is the planted one', () => {
    const frequent = [...sums].filter(([, { all }]) => all.starts >= 200)
    expect(frequent.length).toBeGreaterThan(4)
    for (const unit of ['starts', 'minutes'] as const) {
      const shares = frequent
        .map(([range, { series, all }]) => ({ range, share: series[unit] / all[unit] }))
        .toSorted((a, b) => b.share - a.share)
      expect(shares[0]!.range).toBe(PLANTED.lovedSeries.bracket)
      expect(shares[0]!.share).toBeGreaterThan(1.3 * shares[1]!.share)
    }
  })
})

describe('people who leave', () => {
  it('are last seen when they left: the list of viewers has everybody’s last day right', async () => {
    const seen = await listed<ActiveViewer>('viewers')
    expect(seen.map(({ lastActiveOn }) => lastActiveOn).toSorted()).toEqual(
      truth.persons.map(({ lastActiveOn }) => lastActiveOn).toSorted(),
    )
    const lastDays = new Map(seen.map(({ viewerId, lastActiveOn }) => [viewerId, lastActiveOn]))
    const known = new Map(truth.persons.map(({ externalId, lastActiveOn }) => [externalId, lastActiveOn]))
    const left = truth.churners.filter(({ externalId }) => known.has(externalId))
    expect(left.length).toBeGreaterThan(20)
    for (const churner of left) {
      const lastDay = lastDays.get(await viewerIdOf(churner))!
      expect([churner.externalId, lastDay]).toEqual([churner.externalId, known.get(churner.externalId)])
      // What was begun before may have been seen to its end on the next day.
      expect(lastDay <= dayOf(Date.parse(churner.leftAt) + DAY_MS)).toBe(true)
    }
  })

  it('show why before they go', async () => {
    const rows = await queryEvents<Evidence>(
      dataFolder,
      `SELECT toString(foyer_person(subject)) AS vid, toFloat64(toUnixTimestamp64Milli(ts)) AS at, type, name,
         toString(properties.cdn) AS cdn, content_id AS contentId
       FROM events
       WHERE type IN ('play', 'page') AND is_signed_in AND foyer_visible(subject, consent_mask, 16)`,
    )
    const byVid = Map.groupBy(rows, ({ vid }) => vid)
    const vids = await vidsByExternalId()
    const honest = truth.churners.filter((each) => !truth.fraud.some((f) => f.externalId === each.externalId))
    const found = honest.flatMap(({ externalId, leftAt, cause }) => {
      // Signs show for a fortnight, from one midnight of the home on.
      const from = Date.parse(leftAt) - PLANTED.churn.signsMs + 2 * DAY_MS
      const evident = causeOf((byVid.get(vids.get(externalId)!) ?? []).filter(({ at }) => at >= from))
      return evident === null ? [] : [{ externalId, cause, evident }]
    })
    expect(found.filter(({ cause, evident }) => cause !== evident)).toEqual([])
    for (const [cause] of PLANTED.churn.causes)
      expect([cause, found.filter(({ evident }) => evident === cause).length]).toEqual([
        cause,
        expect.toSatisfy((times: number) => times >= 2),
      ])
  })
})

/** Subjects in EVENTS, past all of Foyer's own code: by the moment of registration, which nobody shares. */
async function vidsByExternalId(): Promise<ReadonlyMap<string, string>> {
  const rows = await queryEvents<{ vid: string; at: number }>(
    dataFolder,
    `SELECT toString(vid) AS vid, toFloat64(toUnixTimestamp64Milli(registered_at)) AS at FROM viewer FINAL`,
  )
  const vidAt = new Map(rows.map(({ vid, at }) => [at, vid]))
  expect(vidAt.size).toBe(WORLD.viewers)
  return new Map(
    [...openWorld(WORLD).viewers()].map(({ externalId, registeredAt }) => [
      externalId,
      vidAt.get(registeredAt)!,
    ]),
  )
}

it('the bad network is the one that rebuffers', async () => {
  const rows = await queryEvents<{ cdn: string; stalledMs: number; playedMs: number }>(
    dataFolder,
    `SELECT cdn, toFloat64(sum(view_revision.stalled_ms * sign)) AS stalledMs,
       toFloat64(sum(view_revision.played_ms * sign)) AS playedMs
     FROM view_revision
     JOIN (SELECT view_id, toString(properties.cdn) AS cdn FROM events WHERE type = 'play') AS played USING (view_id)
     WHERE device_class != 'bot' GROUP BY cdn`,
  )
  expect(Object.fromEntries(rows.map(({ cdn, ...sums }) => [cdn, sums]))).toEqual(
    Object.fromEntries(
      Object.entries(truth.cdns).map(([cdn, { stalledMs, playedMs }]) => [cdn, { stalledMs, playedMs }]),
    ),
  )
  const [worst, second] = rows
    .map(({ cdn, stalledMs, playedMs }) => ({ cdn, share: stalledMs / (stalledMs + playedMs) }))
    .toSorted((a, b) => b.share - a.share)
  expect(worst!.cdn).toBe(PLANTED.cdns.find(({ isBad }) => isBad)!.name)
  expect(worst!.share).toBeGreaterThan(5 * second!.share)
})

describe('accounts whose token strangers use', () => {
  let known: Truth['fraud']
  beforeAll(() => {
    known = truth.fraud.filter(({ externalId }) => !truth.consent.refused.includes(externalId))
  })

  it('are those whom the list of viewers has in four countries or more', async () => {
    const countries = new Set<string>()
    for (const service of SERVICES) {
      const { countries: rows } = await operator.call<OverviewReport>(
        'GET',
        `/v1/reports/overview?service=${service}&from=${dayOf(WORLD.until - 21 * DAY_MS)}&to=${dayOf(WORLD.until)}`,
      )
      for (const { country } of rows) countries.add(country)
    }
    const seenIn = new Map<string, number>()
    for (const country of countries)
      for (const { viewerId } of await listed<ActiveViewer>('viewers', `&country=${country}`))
        seenIn.set(viewerId!, (seenIn.get(viewerId!) ?? 0) + 1)
    const found = [...seenIn].filter(([, places]) => places >= 4).map(([viewerId]) => viewerId)
    expect(found.toSorted()).toEqual((await Promise.all(known.map(viewerIdOf))).toSorted())
    expect(found.length).toBeGreaterThan(3)
  })

  it('are those on six devices or more, and play on most of them at once', async () => {
    const rows = await queryEvents<{ vid: string; devices: number; atOnce: number }>(
      dataFolder,
      `SELECT toString(person) AS vid, toUInt32(uniqExact(device)) AS devices,
         toUInt32(maxIntersections(beganAt, endedAt)) AS atOnce
       FROM
       (
         SELECT foyer_person(subject) AS person, any(events.device) AS device,
           toUnixTimestamp64Milli(min(ts)) AS beganAt, toUnixTimestamp64Milli(max(ts)) AS endedAt
         FROM events
         WHERE view_id != '' AND is_signed_in AND foyer_visible(subject, consent_mask, 16)
         GROUP BY person, view_id
       )
       GROUP BY person`,
    )
    const vids = await vidsByExternalId()
    const used = Object.fromEntries([...useByAccount(WORLD)].map(([id, use]) => [vids.get(id)!, use]))
    expect(Object.fromEntries(rows.map(({ vid, ...use }) => [vid, use]))).toEqual(used)

    const found = rows.filter(({ devices }) => devices >= PLANTED.fraud.devices)
    expect(found.map(({ vid }) => vid).toSorted()).toEqual(
      known.map(({ externalId }) => vids.get(externalId)!).toSorted(),
    )
    for (const { atOnce } of found) expect(atOnce).toBeGreaterThanOrEqual(3)
  })
})
