import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { traceBatches, TRACE_NAMES, type TraceName } from '../../../test/player-traces.ts'
import { withRealInput } from '../../../test/real-inputs.ts'
import { playback, useRecorderStore } from '../../../test/recorder-store.ts'
import { NOW, openTestRecorder, vidOf } from '../../../test/recorder.ts'
import type { EntryHeader, SegmentMessage } from './envelope.ts'

const { store, open, rowsOf, countsOf } = useRecorderStore()

const traces = withRealInput('player-traces')
traces.describe('the recorded traces', () => {
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
    const first = openTestRecorder(store().events, { folder })
    await first.append(
      { app: 'restart', wire: 'segment' },
      { batch: [message({ anonymousId: 'browser-7' })] },
    )
    await first.recorder.drain()
    await first.close()
    const second = openTestRecorder(store().events, { folder })
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

  test('a view is its viewer’s whole, whichever of its batches came first and wherever the recorder was restarted', async () => {
    const header = { app: 'owned', viewer: { vid: vidOf('ann') } }
    const play = [
      { type: 'play', seq: 0, monoMs: 0, positionMs: 0 },
      { type: 'playing', seq: 1, monoMs: 0, positionMs: 0 },
    ]
    const goOn = [{ type: 'heartbeat', seq: 2, monoMs: 60_000, positionMs: 60_000 }]
    const folder = mkdtempSync(join(tmpdir(), 'foyer-recorder-owned-'))
    for (const isTokenFirst of [false, true]) {
      const viewId = `owned-${isTokenFirst}`
      const before = [{ ...header, viewer: null }, playback(viewId, play, NOW - 60_000)] as const
      const after = [header, playback(viewId, goOn)] as const
      for (const [entryHeader, body] of isTokenFirst ? [after, before] : [before, after]) {
        const subject = openTestRecorder(store().events, { folder })
        await subject.append(entryHeader, body)
        await subject.recorder.drain()
        await subject.close()
      }
    }
    rmSync(folder, { recursive: true, force: true })
    const revisions = await rowsOf(
      `SELECT view_id, subject, toInt64(sum(starts * sign)) AS starts, toInt64(sum(played_ms * sign)) AS played
       FROM view_revision WHERE app = {app:String} GROUP BY view_id, subject
       HAVING starts != 0 OR played != 0 ORDER BY view_id`,
      'owned',
    )
    const whole = { subject: vidOf('ann'), starts: '1', played: '60000' }
    expect(revisions).toEqual([
      { view_id: 'owned-false', ...whole },
      { view_id: 'owned-true', ...whole },
    ])
    const days = await rowsOf(
      `SELECT subject, sum(starts) AS starts, sum(played_ms) AS played FROM subject_day
       WHERE subject IN (SELECT subject FROM events WHERE app = {app:String}) GROUP BY subject
       HAVING starts != 0 OR played != 0`,
      'owned',
    )
    expect(days).toEqual([{ subject: vidOf('ann'), starts: '2', played: '120000' }])
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

  test('the clock of the view’s quickest batch: a slow request does not move its events, nor one sent again later', async () => {
    const subject = open()
    const began = NOW - 7_200_000
    // The fourth was stamped, lost and sent again as it was 50 minutes later; after the fifth the clock is an hour behind.
    const batches = [
      { offset: 3_000, ts: began },
      { offset: 9_000, ts: began + 1_000 },
      { offset: 4_000, ts: began + 2_000 },
      { offset: 3_000_000, ts: began + 3_000 },
      { offset: 3_500, ts: began + 4_000 },
      { offset: 3_603_000, ts: began + 5_000 - 3_600_000 },
    ]
    for (const [seq, { offset, ts }] of batches.entries()) {
      const events = [{ type: 'heartbeat', seq, ts, monoMs: 1_000 * seq }]
      await subject.append({ app: 'delay', clockOffsetMs: offset }, playback('delay', events))
      // Some meet the view in the same batch, some as it is remembered.
      if (seq % 2 === 1) await subject.recorder.drain()
    }
    await subject.recorder.drain()
    const rows = await rowsOf(
      `SELECT toUnixTimestamp64Milli(ts) AS ts FROM events WHERE app = {app:String} ORDER BY seq`,
      'delay',
    )
    expect(rows.map(({ ts }, seq) => Number(ts) - began - 1_000 * seq)).toEqual(Array(6).fill(3_000))
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
    const rows = Array.from({ length: 130 }, (_, i) => ({
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
    expect(await countsOf('imported')).toMatchObject({ rows: 130, distinct: 130, events: 130 })
    subject.clock.advance(400 * 86_400_000)
    await subject.append(header, body)
    await subject.recorder.drain()
    expect(await countsOf('imported')).toMatchObject({ rows: 130, distinct: 130, events: 130 })
  })
})
