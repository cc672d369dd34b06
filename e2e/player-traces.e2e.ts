import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, vi } from 'vitest'
import { readTrace, TRACE_NAMES, type TraceName } from '../packages/server/test/player-traces.ts'
import { withRealInput } from '../packages/server/test/real-inputs.ts'
import { openBrowser, openConsole } from './browser.ts'
import { numberOn, readNumber, tableOf } from './charts.ts'
import { startInstance, type TestInstance } from './instance.ts'
import { firstOperator, testApp, type TestOperator } from './operator.ts'
import { queryEvents } from './stored-events.ts'

/** Recordings of real players, a viewer each, sent through the intake and seen in the viewers' charts. */

/**
 * What is true of the recordings, by the table beside them and by hand: seconds to 0.5. No piece that was played between
 * two seeks of seek-heavy lasted 5 s, so it is no stream; tab-close-beacon was closed after 1.5 s.
 */
const TRUTH: Record<TraceName, { starts: number; streams: number; playedS: number }> = {
  'clean-play': { starts: 1, streams: 1, playedS: 60.85 },
  'pause-resume-rate-volume': { starts: 1, streams: 1, playedS: 12.43 },
  rebuffer: { starts: 1, streams: 1, playedS: 29.27 },
  'seek-heavy': { starts: 1, streams: 0, playedS: 9.9 },
  'aborted-start': { starts: 1, streams: 0, playedS: 0 },
  'error-manifest-404': { starts: 1, streams: 0, playedS: 0 },
  'tab-close-beacon': { starts: 1, streams: 0, playedS: 1.57 },
}

/** R37's names; a type without one keeps its own. */
const CHART_NAMES: Readonly<Record<string, string>> = {
  play: 'Play',
  resume: 'Play',
  playing: 'Playing',
  seek_end: 'Seek',
  pause: 'Pause',
  stall_start: 'Buffering',
  player_loaded: 'Player_loaded',
}

const { folder, it, describe } = withRealInput('player-traces')
let instance: TestInstance
let browser: Browser
let operator: TestOperator
let keys: Awaited<ReturnType<typeof testApp>>
/** The recordings are moved in time, so that the last event of each happened a minute ago. */
let endedAt: number
const tokens = new Map<TraceName, string>()
let seenFirst: ViewerSeen[]
let playedFirst: Map<string, number>

beforeAll(async () => {
  ;[instance, browser] = await Promise.all([startInstance(), openBrowser()])
  operator = await firstOperator(instance)
  keys = await testApp(operator, { timeZone: 'UTC' })
  const { secret } = await operator.call<{ secret: string }>(
    'POST',
    `/v1/apps/${keys.app}/viewer-token-secrets`,
  )
  for (const name of TRACE_NAMES) {
    await operator.call('POST', '/v1/viewers', {
      service: keys.service,
      app: keys.app,
      externalId: name,
      registeredAt: '2026-01-15T10:00:00.000Z',
    })
    tokens.set(name, await tokenFor(name, secret))
  }
  await operator.call('POST', '/v1/titles', { id: 'test-pattern', kind: 'movie', name: 'Test Pattern' })
  endedAt = Date.now() - 60_000
  await Promise.all(
    TRACE_NAMES.map(async (name) => {
      for (const part of inPieces(movedEvents(name), 30)) await send(name, part)
    }),
  )
  await untilRecorded()
  seenFirst = await lookAtAll()
  playedFirst = await playedByView()
})
afterAll(async () => {
  await browser?.close()
  await instance?.close()
})

describe.each(TRACE_NAMES.map((name, index) => [name, index] as const))('%s', (name, index) => {
  it('shows every event at its time and position, under its name', () => {
    const shown = seenFirst[index]!.events.map(([time, day, event, title, , position]) => ({
      at: `${day}T${/\d\d:\d\d:\d\d\.\d{3}/.exec(time!)?.[0]}Z`,
      event,
      title,
      positionMs: position === '–' ? null : readNumber(position!),
    }))
    expect(inOrder(shown)).toEqual(inOrder(recorded(name)))
  })

  it('amounts to what is true of the recording', () => {
    const { starts, streams, minutes } = seenFirst[index]!
    const truth = TRUTH[name]
    expect({ starts, streams }).toEqual({ starts: String(truth.starts), streams: String(truth.streams) })
    const playedMs = playedFirst.get(`view-${name}`) ?? 0
    expect(Math.abs(playedMs / 1_000 - truth.playedS)).toBeLessThanOrEqual(0.5)
    // The chart rounds to a tenth of a minute.
    expect(Math.abs(readNumber(minutes) - playedMs / 60_000)).toBeLessThanOrEqual(0.05 + 1e-9)
  })
})

it('sent twice more, cut otherwise and shuffled, changes nothing', async () => {
  const before = await stored()
  expect(before).toMatchObject({ rows: 183, ids: 183, rolledUp: 183, viewers: 7 })
  const random = seededRandom(20_261_122)
  const parts = TRACE_NAMES.flatMap((name) =>
    [7, 11].flatMap((size) =>
      inPieces(shuffled(movedEvents(name), random), size).map((part) => ({ name, part })),
    ),
  )
  for (const some of inPieces(shuffled(parts, random), 8))
    await Promise.all(some.map(({ name, part }) => send(name, part)))
  await untilRecorded()
  expect(await stored()).toEqual(before)
  expect(await lookAtAll()).toEqual(seenFirst)
})

interface ViewerSeen {
  starts: string
  streams: string
  minutes: string
  events: string[][]
}

/** What the pages of the viewers show, one after the other. */
async function lookAtAll(): Promise<ViewerSeen[]> {
  const { page, context, faults } = await openConsole(browser, { url: instance.url, operator })
  const seen: ViewerSeen[] = []
  for (const name of TRACE_NAMES) {
    await page.goto(`${instance.url}/console/viewers?period=7d&viewer=${name}`)
    seen.push({
      events: await tableOf(page, 'Player events'),
      starts: await numberOn(page, 'Playback starts'),
      streams: await numberOn(page, 'Streams'),
      minutes: await numberOn(page, 'Minutes watched'),
    })
  }
  expect(faults).toEqual([])
  await context.close()
  return seen
}

/** Time played of each view, ms, as EVENTS hold it. */
async function playedByView(): Promise<Map<string, number>> {
  const rows = await queryEvents<{ view: string; played: string }>(
    instance.dataFolder,
    `SELECT view_id AS view, toString(sum(toInt64(played_ms) * sign)) AS played FROM view_revision
     WHERE service = 'cinema' GROUP BY view_id`,
  )
  return new Map(rows.map(({ view, played }) => [view, Number(played)]))
}

/** What EVENTS hold of the recordings, rows and rollups, and how many bytes they were. */
async function stored() {
  const [row] = await queryEvents<Record<string, number | string>>(
    instance.dataFolder,
    `SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(event_id)) AS ids, toUInt32(uniqExact(subject)) AS viewers,
       sum(bytes) AS bytes,
       (SELECT toUInt32(sum(events)) FROM subject_day WHERE service = 'cinema') AS rolledUp,
       (SELECT (sum(starts), sum(streams), sum(played_ms)) FROM subject_day WHERE service = 'cinema') AS watched,
       (SELECT (sum(starts), sum(streams), sum(played_ms)) FROM subject_title_day WHERE service = 'cinema') AS watchedByTitle,
       (SELECT (sum(starts * sign), sum(streams * sign), sum(played_ms * sign), sum(stalled_ms * sign))
        FROM view_revision WHERE service = 'cinema') AS views,
       (SELECT sum(bytes) FROM bytes_day WHERE service = 'cinema') AS billed
     FROM events WHERE service = 'cinema'`,
  )
  return row!
}

/** The recording as the chart must show it, read without the translation to the wire. */
function recorded(name: TraceName) {
  const lines = readFileSync(join(folder, `${name}.native.jsonl`), 'utf8')
  const events = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { type: string; ts: number; pos: number | null })
  const last = Math.max(...events.map(({ ts }) => ts))
  return events.map(({ type, ts, pos }) => ({
    at: new Date(ts - last + endedAt).toISOString(),
    event: CHART_NAMES[type] ?? type,
    title: 'Test Pattern',
    positionMs: pos,
  }))
}

/** Events of one millisecond stand in no order of their own. */
function inOrder<T extends object>(rows: readonly T[]): T[] {
  return rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

type WireEvent = ReturnType<typeof readTrace>[number]

function movedEvents(name: TraceName): WireEvent[] {
  const events = readTrace(name)
  const last = Math.max(...events.map(({ ts }) => ts))
  return events.map((event) => ({ ...event, ts: event.ts - last + endedAt }))
}

async function send(name: TraceName, events: readonly WireEvent[]): Promise<void> {
  await post({
    key: keys.browserKey,
    context: {
      viewId: `view-${name}`,
      deviceId: `device-${name}`,
      viewerToken: tokens.get(name),
      content: { id: 'test-pattern', kind: 'vod', durationMs: 60_080 },
    },
    events,
  })
}

let markers = 0
let otherKey: string | undefined

/**
 * Waits until everything sent so far is in EVENTS with its rollups: what the recorder takes comes in order, so an event of
 * another service is sent and waited for, twice, since one may share its batch with what went before.
 */
async function untilRecorded(): Promise<void> {
  otherKey ??= (await testApp(operator, { service: 'other', app: 'other-web' })).browserKey
  for (let turn = 0; turn < 2; turn++) {
    const viewId = `marker-${markers++}`
    await post({
      key: otherKey,
      context: { viewId, deviceId: 'marker', content: { id: 'marker', kind: 'vod' } },
      events: [{ type: 'custom', seq: 0, ts: Date.now(), monoMs: 0, positionMs: 0 }],
    })
    const query = `SELECT 1 FROM events WHERE view_id = '${viewId}'`
    await vi.waitFor(async () => expect(await queryEvents(instance.dataFolder, query)).toHaveLength(1), {
      timeout: 20_000,
      interval: 50,
    })
  }
}

async function post(batch: { key: string; context: object; events: readonly object[] }): Promise<void> {
  const response = await fetch(`${instance.url}/v1/playback`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify({ v: 1, sentAt: Date.now(), ...batch }),
  })
  expect([response.status, await response.text()]).toEqual([204, ''])
}

async function tokenFor(externalId: string, secret: string): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(externalId)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret))
}

function inPieces<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) =>
    items.slice(at * size, (at + 1) * size),
  )
}

/** Fisher and Yates' shuffle. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items]
  for (let at = result.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    ;[result[at], result[other]] = [result[other]!, result[at]!]
  }
  return result
}

/** Numbers from 0 to 1, the same for the same seed (a linear congruential generator, Numerical Recipes). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
