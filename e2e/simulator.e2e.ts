import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { truthSchema, type ServiceTruth, type Truth } from '@foyer/simulator'
import type { BotsReport, OverviewReport, RegistrationsReport, ViewerOverviewReport } from '@foyer/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startInstance, type TestInstance } from './instance.ts'
import { demoOperator, type TestOperator } from './operator.ts'
import { queryEvents } from './stored-events.ts'

/** A world of the simulator, loaded by the demo into the real program: plain reports tell what is true of it. */

/** What a person's own use and what was found to be theirs come to together. */
function theirOwn({ linked, ...signedIn }: Truth['persons'][number]): { streams: number; playedMs: number } {
  return { streams: signedIn.streams + linked.streams, playedMs: signedIn.playedMs + linked.playedMs }
}

const MAIN = fileURLToPath(new URL('../packages/server/src/main.ts', import.meta.url))

let dataFolder: string
let instance: TestInstance
let operator: TestOperator
let truth: Truth

const ENVIRONMENT = { FOYER_DEMO_VIEWERS: '400', FOYER_DEMO_DAYS: '30', FOYER_DEMO_RATE: '0' }

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'foyer-simulator-'))
  await interruptAStart()
  instance = await startInstance({ args: ['demo'], dataFolder, environment: ENVIRONMENT })
  operator = await demoOperator(instance)
  truth = truthSchema.parse(JSON.parse(readFileSync(join(instance.dataFolder, 'demo-truth.json'), 'utf8')))
})
afterAll(async () => {
  await instance?.stop()
  await rm(dataFolder, { recursive: true, force: true })
})

/** Kills a demo while it loads its history. Everything below holds all the same: nothing of it is counted twice. */
async function interruptAStart(): Promise<void> {
  const child = spawn(process.execPath, [MAIN, 'demo'], {
    env: {
      ...process.env,
      ...ENVIRONMENT,
      FOYER_DATA: dataFolder,
      FOYER_PORT: '0',
      FOYER_ENVIRONMENT: 'test',
      FOYER_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  let printed = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed += text
    if (/Days of history +\S+ +[1-9]\d* %/.test(printed)) child.kill('SIGKILL')
  })
  await exited
  expect(printed).toMatch(/Days of history/)
  expect(JSON.parse(readFileSync(join(dataFolder, 'demo.json'), 'utf8'))).toMatchObject({ isFilled: false })
}

/** Local days of a service's history, the hours around it included. */
function rangeOf({ counted, timeZone }: ServiceTruth): { from: string; to: string } {
  const days = Object.keys(counted.byDay).sort()
  const dayOf = (at: string) => new Intl.DateTimeFormat('en-CA', { timeZone }).format(new Date(at))
  return { from: dayOf(truth.from) < days[0]! ? dayOf(truth.from) : days[0]!, to: dayOf(truth.until) }
}

function report<T>(name: string, service: string, range = rangeOf(truth.services[service]!)): Promise<T> {
  return operator.call<T>('GET', `/v1/reports/${name}?service=${service}&from=${range.from}&to=${range.to}`)
}

const minutesOf = (playedMs: number) => Math.round(playedMs / 6_000) / 10

describe.each(['demo', 'demo-sur'])('the service %s', (service) => {
  let overview: OverviewReport
  let known: ServiceTruth
  beforeAll(async () => {
    overview = await report<OverviewReport>('overview', service)
    known = truth.services[service]!
  })

  it('has exactly the viewers, events, starts, streams and minutes that are true', () => {
    const { counted } = known
    const value = (
      name: 'activeViewers' | 'anonymousVisitors' | 'events' | 'starts' | 'streams' | 'minutes',
    ) => overview[name].value
    expect({
      activeViewers: value('activeViewers'),
      anonymousVisitors: value('anonymousVisitors'),
      events: value('events'),
      starts: value('starts'),
      streams: value('streams'),
      minutes: value('minutes'),
    }).toEqual({
      activeViewers: counted.activeViewers,
      anonymousVisitors: counted.anonymousVisitors,
      events: counted.events,
      starts: counted.starts,
      streams: counted.streams,
      minutes: minutesOf(counted.playedMs),
    })
  })

  it('has every day right, and the planted day is its peak', () => {
    const { counted, peakDay } = known
    for (const { date, ...day } of overview.days) {
      const expected = counted.byDay[date]
      expect({ date, ...day }).toEqual({
        date,
        activeViewers: expected ? expected.activeViewers : 0,
        events: expected?.events ?? 0,
        starts: expected?.starts ?? 0,
        streams: expected?.streams ?? 0,
        minutes: minutesOf(expected?.playedMs ?? 0),
      })
    }
    const peak = overview.days.reduce((best, day) => (day.minutes > best.minutes ? day : best))
    expect(peak.date).toBe(peakDay)
  })

  it('has the minutes of every title right, of the first ten and of all', async () => {
    const { byTitle } = known.counted
    const longest = Object.entries(byTitle).sort(([, a], [, b]) => b.playedMs - a.playedMs)
    expect(overview.titles.map(({ contentId, minutes }) => [contentId, minutes])).toEqual(
      longest.slice(0, 10).map(([id, { playedMs }]) => [id, minutesOf(playedMs)]),
    )
    expect(overview.titles.every(({ name }) => name !== null)).toBe(true)
    expect(await sumsBy('content_id', service)).toEqual(byTitle)
  })

  it('has platforms and countries right', async () => {
    const { byPlatform, byCountry } = known.counted
    expect(
      Object.fromEntries(
        overview.platforms.map(({ platform, starts, minutes }) => [platform, [starts, minutes]]),
      ),
    ).toEqual(
      Object.fromEntries(
        Object.entries(byPlatform).map(([name, { starts, playedMs }]) => [
          name,
          [starts, minutesOf(playedMs)],
        ]),
      ),
    )
    expect(await sumsBy('country', service)).toEqual(byCountry)
  })

  it('has registered whom it has, by gender, age and country', async () => {
    const { registered } = known
    const all = await report<RegistrationsReport>('registrations', service, {
      from: '2024-01-01',
      to: rangeOf(known).to,
    })
    expect(all.total).toBe(registered.total)
    const sums = (parts: readonly [string, number][]) =>
      Object.fromEntries(parts.filter(([, total]) => total > 0))
    expect(sums(all.genders.map(({ gender, total }) => [gender, total]))).toEqual(registered.byGender)
    expect(sums(all.ages.map(({ range, total }) => [range, total]))).toEqual(registered.byAge)
    expect(sums(all.countries.map(({ code, total }) => [code!, total]))).toEqual(registered.byCountry)
  })

  it('gives each person what is theirs', async () => {
    const { from, to } = rangeOf(known)
    const theirs = truth.persons.filter((person) => person.service === service)
    const shared = theirs.filter(({ linked }) => linked.starts > 0).slice(0, 5)
    const others = theirs.filter(({ linked }) => linked.starts === 0).slice(0, 5)
    expect(shared.length).toBeGreaterThan(0)
    for (const person of [...shared, ...others]) {
      const { streams, minutes } = await operator.call<ViewerOverviewReport>(
        'GET',
        `/v1/viewers/${person.externalId}/report/overview?service=${service}&from=${from}&to=${to}`,
      )
      const own = theirOwn(person)
      expect([person.externalId, streams, minutes]).toEqual([
        person.externalId,
        own.streams,
        minutesOf(own.playedMs),
      ])
    }
  })
})

it('tells machines apart, by day and by name, and counts them nowhere else', async () => {
  const bots = await report<BotsReport>('bots', 'demo')
  expect({ events: bots.events, views: bots.views }).toEqual({
    events: truth.bots.events,
    views: truth.bots.views,
  })
  for (const { date, ...day } of bots.days)
    expect([date, day]).toEqual([date, truth.bots.byDay[date] ?? { events: 0, views: 0 }])
  expect(bots.bots.map(({ name }) => name).sort()).toEqual([
    'Googlebot',
    'HeadlessChrome',
    'bingbot',
    'python-requests',
  ])
  const [{ counted } = { counted: -1 }] = await queryEvents<{ counted: number }>(
    instance.dataFolder,
    `SELECT toUInt32(countIf(bitAnd(consent_mask, 16) != 0)) AS counted FROM events WHERE device_class = 'bot'`,
  )
  expect(counted).toBe(0)
})

it('records who refused for the service alone', async () => {
  const rows = await queryEvents<{ service: string; events: number }>(
    instance.dataFolder,
    `SELECT service, toUInt32(count()) AS events FROM events
     WHERE bitAnd(consent_mask, 16) = 0 AND device_class != 'bot' GROUP BY service ORDER BY service`,
  )
  expect(rows).toEqual(
    Object.entries(truth.services).map(([service, { refused }]) => ({ service, events: refused.events })),
  )
})

it('has the planted scene, network and shared accounts in its events', async () => {
  const { scene } = truth
  const [seeks] = await queryEvents<{ seeks: number }>(
    instance.dataFolder,
    `SELECT toUInt32(count()) AS seeks FROM events
     WHERE content_id = '${scene.contentId}' AND type = 'seek_end' AND position_ms = ${scene.fromMs}
       AND toInt64(properties.fromMs) = ${scene.toMs}`,
  )
  expect(seeks!.seeks).toBe(scene.passes - scene.views)

  const stalled = await queryEvents<{ cdn: string; stalledMs: number }>(
    instance.dataFolder,
    `SELECT cdn, toUInt32(sum(view_revision.stalled_ms * sign)) AS stalledMs FROM view_revision
     JOIN (SELECT view_id, toString(properties.cdn) AS cdn FROM events WHERE type = 'play') AS played USING (view_id)
     WHERE device_class != 'bot' GROUP BY cdn`,
  )
  expect(Object.fromEntries(stalled.map(({ cdn, stalledMs }) => [cdn, stalledMs]))).toEqual(
    Object.fromEntries(Object.entries(truth.cdns).map(([cdn, { stalledMs }]) => [cdn, stalledMs])),
  )

  const countries = await queryEvents<{ countries: number }>(
    instance.dataFolder,
    `SELECT toUInt32(uniqExact(country)) AS countries FROM events WHERE is_signed_in
     GROUP BY subject HAVING countries > 3`,
  )
  expect(countries).toHaveLength(truth.fraud.length)
})

async function sumsBy(column: 'content_id' | 'country', service: string) {
  const rows = await queryEvents<{ key: string; starts: number; streams: number; playedMs: number }>(
    instance.dataFolder,
    `SELECT ${column} AS key, toUInt32(sum(content.starts)) AS starts, toUInt32(sum(content.streams)) AS streams,
       toFloat64(sum(content.played_ms)) AS playedMs
     FROM content WHERE service = '${service}' GROUP BY key`,
  )
  return Object.fromEntries(rows.map(({ key, ...sums }) => [key, sums]))
}
