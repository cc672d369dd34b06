import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { PlaybackBatch } from '@foyer/contracts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openTestEvents, type TestEmbeddedEvents } from '../../../test/events.ts'
import { traceBatches, TRACE_NAMES, type TraceName } from '../../../test/player-traces.ts'
import { entryOf, NOW, openTestRecorder, vidOf, type TestRecorder } from '../../../test/recorder.ts'
import { Problem } from '../../platform/errors.ts'
import type { Events } from '../../storage/index.ts'
import type { EntryHeader, SegmentMessage } from './envelope.ts'
import type { RecorderDependencies } from './recorder.ts'

const CHILD = fileURLToPath(new URL('../../../test/recorder-child.ts', import.meta.url))

let store: TestEmbeddedEvents
const opened: TestRecorder[] = []

beforeAll(async () => {
  store = await openTestEvents()
})
afterAll(() => store.close())
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

function open(overrides: Partial<RecorderDependencies> = {}, events: Pick<Events, 'insert'> = store.events) {
  const made = openTestRecorder(events, overrides)
  opened.push(made)
  return made
}

/** Rows of a query; each test writes under an app of its own, `{app:String}`. */
function rowsOf(sql: string, app: string): Promise<Record<string, unknown>[]> {
  return store.events.query(sql, { params: { app }, row: z.record(z.string(), z.unknown()) })
}

describe('the recorded traces', () => {
  const batchesOf = (name: TraceName) =>
    traceBatches(name, { viewId: `view-${name}`, deviceId: `device-${name}`, contentId: 'movie-1', size: 7 })

  test('arrive at their positions; all sent twice, shuffled, change nothing', async () => {
    const subject = open()
    const requests = TRACE_NAMES.flatMap((name) =>
      batchesOf(name).map((body) => ({ header: { app: 'traces', viewer: { vid: vidOf(name) } }, body })),
    )
    for (const { header, body } of requests) await subject.append(header, body)
    await subject.recorder.drain()
    const first = await readTraces()
    const sent = requests.flatMap(({ body }) =>
      body.events.map((event) => [body.context.viewId, event] as const),
    )
    expect(first.events).toHaveLength(sent.length)
    for (const [viewId, event] of sent) {
      expect(first.events).toContainEqual({
        view_id: viewId,
        subject: vidOf(viewId.slice('view-'.length)),
        seq: event.seq,
        type: event.type,
        position_ms: String(event.positionMs),
      })
    }
    expect(first.minutes['view-clean-play']).toEqual({ starts: 1, streams: 1, played: 60_847, stalled: 0 })
    expect(first.minutes['view-rebuffer']).toEqual({ starts: 1, streams: 1, played: 29_266, stalled: 18_833 })
    expect(first.minutes['view-aborted-start']).toEqual({ starts: 1, streams: 0, played: 0, stalled: 0 })

    const again = [...requests, ...requests]
    again.sort((a, b) => (a.body.sentAt % 11) - (b.body.sentAt % 11))
    for (const { header, body } of again) await subject.append(header, body)
    await subject.recorder.drain()
    expect(await readTraces()).toEqual(first)
  })

  test('amount to the same when they arrive shuffled the first time', async () => {
    const subject = open()
    const requests = TRACE_NAMES.flatMap(batchesOf)
    requests.sort((a, b) => (a.sentAt % 11) - (b.sentAt % 11))
    for (const body of requests) {
      await subject.append({ app: 'shuffled' }, body)
      await subject.recorder.drain()
    }
    const { minutes } = await readTraces('shuffled')
    expect(minutes['view-clean-play']).toEqual({ starts: 1, streams: 1, played: 60_847, stalled: 0 })
    expect(minutes['view-rebuffer']).toEqual({ starts: 1, streams: 1, played: 29_266, stalled: 18_833 })
    const rollup = await rowsOf(
      `SELECT sum(played_ms) AS played FROM content WHERE content_id = 'movie-1' HAVING {app:String} != ''`,
      'shuffled',
    )
    const all = Object.values(minutes).reduce((sum, { played }) => sum + played!, 0)
    // Both tests of this group have written the same views.
    expect(Number(rollup[0]!['played'])).toBe(2 * all)
  })

  async function readTraces(app = 'traces') {
    const events = await rowsOf(
      `SELECT view_id, subject, seq, type, position_ms FROM events WHERE app = {app:String} ORDER BY view_id, seq`,
      app,
    )
    const sums = await rowsOf(
      `SELECT view_id, toInt64(sum(starts * sign)) AS starts, toInt64(sum(streams * sign)) AS streams,
         toInt64(sum(played_ms * sign)) AS played, toInt64(sum(stalled_ms * sign)) AS stalled
       FROM view_revision WHERE app = {app:String} GROUP BY view_id`,
      app,
    )
    const minutes = Object.fromEntries(
      sums.map(({ view_id, ...values }) => [
        view_id as string,
        Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)])),
      ]),
    )
    return { events, minutes }
  }
})

describe('exactly once', () => {
  test('10,000 messages sent again, shuffled, change neither rows nor rollups', async () => {
    const subject = open()
    const requests = loadOf('dup', 500)
    for (const body of requests) await subject.append({ app: 'dup' }, body)
    await subject.recorder.drain()
    const first = await countsOf('dup')
    expect(first).toMatchObject({ rows: 10_000, distinct: 10_000, bytes: 10_000, events: 10_000 })

    const again = requests.flatMap((body) => [
      { ...body, events: body.events.slice(0, 7) },
      { ...body, events: body.events.slice(3).reverse() },
    ])
    again.sort((a, b) => (a.sentAt % 101) - (b.sentAt % 101))
    await Promise.all(again.map((body) => subject.append({ app: 'dup' }, body)))
    await subject.recorder.drain()
    expect(await countsOf('dup')).toEqual(first)
  })

  test('a recorder that is killed three times under load loses nothing and doubles nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foyer-recorder-kill-'))
    const api = openTestRecorder(store.events, { folder })
    // Only its journal is used here; the state belongs to the worker.
    await api.state().close()
    let acked = 0
    let isLoading = true
    const requests = loadOf('kill', 1_000)
    const load = (async () => {
      for (const body of requests) {
        if (!isLoading) break
        await api.journal.append(entryOf({ app: 'kill' }, body))
        acked += body.events.length
        // Some come twice.
        if (acked % 7 === 0) await api.journal.append(entryOf({ app: 'kill' }, body))
        await delay(2)
      }
    })()

    let worker = await startWorker(folder)
    for (let round = 0; round < 3; round++) {
      const before = (await countsOf('kill')).rows
      await until(async () => (await countsOf('kill')).rows > before)
      await delay(20 * round)
      worker.kill('SIGKILL')
      await once(worker, 'close')
      worker = await startWorker(folder)
    }
    isLoading = false
    await load
    await until(async () => api.journal.backlog().entries === 0)
    worker.kill('SIGKILL')
    await once(worker, 'close')
    expect(acked).toBeGreaterThan(500)
    expect(await countsOf('kill')).toEqual({ rows: acked, distinct: acked, bytes: acked, events: acked })
    await api.journal.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('an engine that is killed in the middle is waited for', async () => {
    const subject = open()
    for (const body of loadOf('engine', 100)) await subject.append({ app: 'engine' }, body)
    await store.process().kill()
    subject.recorder.start()
    await delay(150)
    await store.restart()
    await until(async () => subject.journal.backlog().entries === 0)
    expect(await countsOf('engine')).toEqual({ rows: 2_000, distinct: 2_000, bytes: 2_000, events: 2_000 })
  })

  test('a batch that was sealed and not inserted goes in first, under the same tokens', async () => {
    const tokens: string[] = []
    let failures = 1
    const flaky: Pick<Events, 'insert'> = {
      async insert(table, rows) {
        tokens.push(rows.token)
        await store.events.insert(table, rows)
        // The answer is lost after the rows are in.
        if (failures-- > 0) throw new Problem('store.unavailable')
      },
    }
    const subject = open({}, flaky)
    for (const body of loadOf('sealed', 10)) await subject.append({ app: 'sealed' }, body)
    await subject.recorder.drain()
    expect(tokens[1]).toBe(tokens[0])
    expect(await countsOf('sealed')).toEqual({ rows: 200, distinct: 200, bytes: 200, events: 200 })
  })

  test('RECORDS that does not answer holds the line and loses nothing', async () => {
    let isDown = true
    const subject = open({
      accounts: {
        appById: async () => {
          if (isDown) throw new Problem('store.unavailable')
          return { platform: 'web', service: { timeZone: 'UTC' } }
        },
        resolveExternalIds: async () => new Map(),
        applyIdentify: async () => {},
      },
    })
    for (const body of loadOf('down', 5)) await subject.append({ app: 'down' }, body)
    await expect(subject.recorder.drain()).rejects.toThrow(Problem)
    expect(subject.journal.backlog().entries).toBe(5)
    isDown = false
    await subject.recorder.drain()
    expect(await countsOf('down')).toMatchObject({ rows: 100, distinct: 100 })
  })
})

describe('what cannot be recorded', () => {
  test('an entry that cannot be read is set aside and does not stop the line', async () => {
    const subject = open()
    const good = loadOf('poison', 1)[0]!
    await subject.journal.append(Buffer.from('not an entry'))
    await subject.journal.append(entryOf({ app: 'poison', wire: 'unheard' as EntryHeader['wire'] }, {}))
    await subject.journal.append(entryOf({ app: 'poison' }, { events: 'not a list' }))
    await subject.append({ app: 'poison' }, good)
    await subject.recorder.drain()
    expect(await countsOf('poison')).toMatchObject({ rows: 20 })
    expect(readdirSync(join(subject.folder, 'set-aside'))).toHaveLength(3)
    expect(subject.journal.backlog().entries).toBe(0)
  })

  test('an entry of a newer Foyer is waited for, not skipped', async () => {
    const subject = open()
    const entry = Buffer.from(entryOf({ app: 'newer' }, loadOf('newer', 1)[0]!))
    const changed = Buffer.from(entry.toString('latin1').replace('"v":1', '"v":9'), 'latin1')
    await subject.journal.append(changed)
    await expect(subject.recorder.drain()).rejects.toThrow('newer Foyer')
    expect(subject.journal.backlog().entries).toBe(1)
  })

  test('rows that EVENTS cannot read are found by halves and set aside; the others go in', async () => {
    const picky: Pick<Events, 'insert'> = {
      async insert(table, rows) {
        if (Buffer.from(rows.ndjson as Uint8Array).includes('"seq":13,')) {
          throw Object.assign(new Error('Cannot parse'), { code: '27' })
        }
        await store.events.insert(table, rows)
      },
    }
    const subject = open({}, picky)
    for (const body of loadOf('picky', 3)) await subject.append({ app: 'picky' }, body)
    await subject.recorder.drain()
    expect(await countsOf('picky')).toMatchObject({ rows: 57, distinct: 57 })
    expect(readdirSync(join(subject.folder, 'set-aside'))).toHaveLength(3)
  })

  test('odd strings and properties go in as they are', async () => {
    const subject = open()
    const odd = {
      'a.b': 1,
      a: { b: 2 },
      'halb\ud800': '\udfff x \\ud800',
      long: 'ü'.repeat(5_000),
      huge: 1e308,
      beyond: { int: 123456789012345680000, least: -9223372036854775808, in: [1e20] },
      list: [1, 'a', { x: null }, []],
      tab: '\t\n\u0000"\\',
      emoji: '🎬',
    }
    await subject.append({ app: 'odd' }, playback('odd', [{ type: 'custom', name: 'Ωmega "x"', ...odd }]))
    await subject.recorder.drain()
    const [row] = await rowsOf(
      `SELECT name, toString(properties) AS p FROM events WHERE app = {app:String}`,
      'odd',
    )
    expect(row!['name']).toBe('Ωmega "x"')
    expect(String(row!['p'])).toContain('🎬')
    expect(readdirSync(subject.folder)).not.toContain('set-aside')
  })
})

describe('whose events they are', () => {
  const message = (fields: Partial<SegmentMessage>): SegmentMessage => ({
    type: 'track',
    messageId: `m-${Math.trunc(fields.deviceTs ?? 0)}-${fields.anonymousId ?? ''}-${fields.sealedUserId ?? ''}`,
    deviceTs: NOW,
    event: 'Opened',
    ...fields,
  })

  async function subjectsOf(
    app: string,
  ): Promise<{ subject: string; is_signed_in: boolean; device: string }[]> {
    const rows = await rowsOf(
      `SELECT subject, is_signed_in, device FROM events WHERE app = {app:String} ORDER BY ts, event_id`,
      app,
    )
    return rows as { subject: string; is_signed_in: boolean; device: string }[]
  }

  test('sign-in, sign-out and switch on one device: no anonymous subject belongs to two people', async () => {
    const subject = open()
    const header = { app: 'epochs', wire: 'segment', trustClientIdentify: true } as const
    const story: (string | undefined)[] = [
      undefined,
      'ann',
      'ann',
      undefined,
      undefined,
      'bob',
      'ann',
      undefined,
    ]
    for (const [index, sealedUserId] of story.entries()) {
      const deviceTs = NOW - 60_000 + 1_000 * index
      const batch = [message({ anonymousId: 'tv', deviceTs, ...(sealedUserId && { sealedUserId }) })]
      await subject.append(header, { batch })
      if (index % 2 === 0) await subject.recorder.drain()
    }
    await subject.recorder.drain()
    const subjects = (await subjectsOf('epochs')).map((row) => row.subject)
    const [before, ann, annAgain, out, stillOut, bob, annBack, last] = subjects
    expect([ann, annAgain, annBack]).toEqual([vidOf('ann'), vidOf('ann'), vidOf('ann')])
    expect(bob).toBe(vidOf('bob'))
    expect(stillOut).toBe(out)
    expect(new Set([before, out, last, vidOf('ann'), vidOf('bob')]).size).toBe(5)
  })

  test('an anonymous subject outlives a restart and is the same on web and player of one installation', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foyer-recorder-restart-'))
    const first = openTestRecorder(store.events, { folder })
    await first.append(
      { app: 'restart', wire: 'segment' },
      { batch: [message({ anonymousId: 'browser-7' })] },
    )
    await first.recorder.drain()
    await first.close()
    const second = openTestRecorder(store.events, { folder })
    const body = playback('restart', [{ type: 'play' }])
    await second.append(
      { app: 'restart' },
      { ...body, context: { ...body.context, deviceId: 'player-1', anonymousId: 'browser-7' } },
    )
    await second.recorder.drain()
    await second.close()
    rmSync(folder, { recursive: true, force: true })
    const rows = await subjectsOf('restart')
    expect(rows).toHaveLength(2)
    expect(rows[0]!.subject).toBe(rows[1]!.subject)
    expect(rows[0]!.device).not.toBe(rows[1]!.device)
    expect(rows.map((row) => row.is_signed_in)).toEqual([false, false])
  })

  test('a browser key names nobody unless its app is trusted; a server key and a token do', async () => {
    const subject = open()
    const batch = (deviceTs: number) => ({
      batch: [message({ anonymousId: 'x', sealedUserId: 'eve', deviceTs })],
    })
    const wire = 'segment' as const
    await subject.append({ app: 'trust', wire }, batch(NOW - 3_000))
    await subject.append({ app: 'trust', wire, viewer: { vid: vidOf('tok') } }, batch(NOW - 2_000))
    await subject.append({ app: 'trust', wire, keyKind: 'server' }, batch(NOW - 1_000))
    await subject.recorder.drain()
    const rows = await subjectsOf('trust')
    expect(rows.map((row) => row.is_signed_in)).toEqual([false, true, true])
    expect(rows.map((row) => row.subject).slice(1)).toEqual([vidOf('tok'), vidOf('eve')])
    expect(rows[0]!.subject).not.toBe(vidOf('eve'))
  })

  test('an identify is handed to accounts, verified or not, and its event holds no traits', async () => {
    const subject = open()
    const identify = {
      type: 'identify',
      anonymousId: 'x',
      sealedUserId: 'eve',
      sealedTraits: '{"email":"e@x.io"}',
    }
    const send = (header: Partial<EntryHeader>, messageId: string) =>
      subject.append(
        { app: 'identify', wire: 'segment', ...header },
        { batch: [message({ ...identify, messageId })] },
      )
    await send({}, 'a')
    await send({ keyKind: 'server' }, 'b')
    await send({ viewer: { vid: vidOf('eve') } }, 'c')
    await send({ viewer: { vid: vidOf('somebody else') } }, 'd')
    await send({ keyKind: 'server' }, 'b')
    await subject.recorder.drain()
    expect(subject.identified.map(({ isVerified }) => isVerified)).toEqual([false, true, true, false])
    expect(subject.identified[0]).toMatchObject({ externalId: 'eve', traits: { email: 'e@x.io' }, at: NOW })
    const rows = await rowsOf(
      `SELECT toString(properties) AS p FROM events WHERE app = {app:String}`,
      'identify',
    )
    expect(rows).toHaveLength(4)
    for (const row of rows) expect(row['p']).not.toContain('x.io')
  })
})

describe('what an event gets', () => {
  test('time corrected by the batch, never after the receipt, the device’s kept raw, and the day of the service', async () => {
    const subject = open()
    // Seven hours behind: noon is 13:00 in Madrid, and the corrected event falls on the next day there.
    const receivedAt = Date.UTC(2026, 10, 22, 23, 30)
    const device = receivedAt - 7 * 3_600_000
    const header = { app: 'skew', receivedAt, clockOffsetMs: 7 * 3_600_000 - 20_000 }
    const events = [
      { type: 'play', ts: device - 10_000 },
      { type: 'playing', ts: device + 90_000 },
    ]
    await subject.append(header, playback('skew', events))
    await subject.recorder.drain()
    const rows = await rowsOf(
      `SELECT ts, device_ts, local_date FROM events WHERE app = {app:String} ORDER BY seq`,
      'skew',
    )
    expect(rows).toEqual([
      { ts: '2026-11-22 23:29:30.000', device_ts: '2026-11-22 16:29:50.000', local_date: '2026-11-23' },
      { ts: '2026-11-22 23:30:00.000', device_ts: '2026-11-22 16:31:30.000', local_date: '2026-11-23' },
    ])
  })

  test('the mask that both the app and the client allow', async () => {
    const subject = open()
    const body = playback('mask', [{ type: 'play', bytes: 5 }])
    await subject.append({ app: 'mask' }, { ...body, context: { ...body.context, consentMask: 0b1100 } })
    await subject.recorder.drain()
    const rows = await rowsOf(`SELECT consent_mask, ledger_seq FROM events WHERE app = {app:String}`, 'mask')
    expect(rows).toEqual([{ consent_mask: 0b00100, ledger_seq: '0' }])
    expect(await countsOf('mask')).toEqual({ rows: 1, distinct: 1, bytes: 5, events: 0 })
  })

  test('device, country and catalogue', async () => {
    const subject = open()
    const body = playback('enriched', [{ type: 'play' }])
    const context = {
      ...body.context,
      content: { id: 'movie-9', kind: 'vod' },
      page: { referrer: 'https://www.Example.org:8443/path?q=secret' },
      device: { model: 'Custom' },
      app: { version: '4.2' },
    }
    const userAgent =
      'Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 Chrome/94 Safari/537.36 webOS.TV-2023'
    await subject.append({ app: 'enriched', userAgent, address: '2a02:9000::' }, { ...body, context })
    await subject.recorder.drain()
    const [row] = await rowsOf(
      `SELECT platform, device_class, vendor, model, country, content_type, content_kind, referrer_host, app_version
       FROM events WHERE app = {app:String}`,
      'enriched',
    )
    expect(row).toEqual({
      platform: 'webos',
      device_class: 'tv',
      vendor: 'LG',
      model: 'Custom',
      country: 'ES',
      content_type: 'movie',
      content_kind: 'vod',
      referrer_host: 'example.org',
      app_version: '4.2',
    })
  })

  test('imported rows keep their own time over many years and are remembered for ever', async () => {
    const subject = open()
    const rows = Array.from({ length: 300 }, (_, i) => ({
      messageId: `row-${i}`,
      ts: Date.UTC(1995, i, 15),
      type: 'rating',
      vid: vidOf(`u${i % 5}`),
      contentId: `movie-${i % 3}`,
      properties: { value: 1 + (i % 5) },
    }))
    const header = { app: 'imported', wire: 'import' } as const
    const body = { source: 'import:test', party: 'first', rows }
    await subject.append(header, body)
    await subject.recorder.drain()
    expect(await countsOf('imported')).toMatchObject({ rows: 300, distinct: 300, events: 300 })
    subject.clock.advance(400 * 86_400_000)
    await subject.append(header, body)
    await subject.recorder.drain()
    expect(await countsOf('imported')).toMatchObject({ rows: 300, distinct: 300, events: 300 })
  })
})

test('views and message ids are forgotten when their time has come', async () => {
  const subject = open()
  await subject.append({ app: 'forget' }, playback('forget', [{ type: 'play' }]))
  subject.recorder.start()
  await until(async () => subject.journal.backlog().entries === 0)
  expect(subject.state().due('view', NOW + 2 * 86_400_000, 10)).toHaveLength(1)
  subject.clock.advance(10 * 86_400_000)
  await subject.append({ app: 'forget' }, playback('forget-2', [{ type: 'play' }]))
  await until(async () => subject.state().due('view', NOW + 2 * 86_400_000, 10).length === 0)
})

/** Batches of 20 events of one byte each, a view each. */
function loadOf(name: string, batches: number): PlaybackBatch[] {
  return Array.from({ length: batches }, (_, i) =>
    playback(
      `${name}-${i}`,
      Array.from({ length: 20 }, (_, seq) => ({ type: seq === 0 ? 'play' : 'heartbeat', bytes: 1 })),
      NOW - 600_000 + 17 * i,
    ),
  )
}

function playback(viewId: string, events: Record<string, unknown>[], sentAt = NOW): PlaybackBatch {
  return {
    v: 1,
    sentAt,
    context: { viewId, deviceId: `device-${viewId}`, content: { id: 'movie-load', kind: 'vod' } },
    events: events.map((event, seq) => ({
      seq,
      ts: sentAt + 100 * seq,
      monoMs: 100 * seq,
      positionMs: 100 * seq,
      ...event,
    })) as PlaybackBatch['events'],
  }
}

/** What EVENTS holds of an app: rows, distinct ids, and the sums of the rollups that they feed. */
async function countsOf(app: string) {
  const [row] = await rowsOf(
    `SELECT count() AS rows, uniqExact(event_id) AS distinct,
       (SELECT sum(bytes) FROM bytes_day WHERE app = {app:String}) AS bytes,
       (SELECT sum(events) FROM subject_day WHERE subject IN (SELECT subject FROM events WHERE app = {app:String})) AS events
     FROM events WHERE app = {app:String}`,
    app,
  )
  return Object.fromEntries(Object.entries(row!).map(([name, value]) => [name, Number(value)])) as Record<
    'rows' | 'distinct' | 'bytes' | 'events',
    number
  >
}

async function startWorker(folder: string): Promise<ChildProcess> {
  const worker = fork(CHILD, [folder, store.socketPath], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  await once(worker.stdout!, 'data')
  return worker
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20)
}
