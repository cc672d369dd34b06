import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { loadOf, playback, until, useRecorderStore } from '../../../test/recorder-store.ts'
import { entryOf, NOW, openTestRecorder, vidOf } from '../../../test/recorder.ts'
import { Problem } from '../../platform/errors.ts'
import { createLogger, type Logger } from '../../platform/log.ts'
import { createMetrics } from '../../platform/metrics.ts'
import type { Events, InsertRows } from '../../storage/index.ts'
import type { EntryHeader } from './envelope.ts'
import type { IdentifyVerdict } from './recorder-identify.ts'

const CHILD = fileURLToPath(new URL('../../../test/recorder-child.ts', import.meta.url))
const { store, open, rowsOf, countsOf } = useRecorderStore()

function seqsOf({ ndjson, columns = [] }: InsertRows): unknown[] {
  const lines = Buffer.from(ndjson as Uint8Array)
    .toString()
    .trim()
    .split('\n')
  return lines.map((line) => (JSON.parse(line) as unknown[])[columns.indexOf('seq')])
}

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
    const api = openTestRecorder(store().events, { folder })
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
    await store().process().kill()
    subject.recorder.start()
    await delay(150)
    await store().restart()
    await until(async () => subject.journal.backlog().entries === 0)
    expect(await countsOf('engine')).toEqual({ rows: 2_000, distinct: 2_000, bytes: 2_000, events: 2_000 })
  })

  test('a batch that was sealed and not inserted goes in first, under the same tokens', async () => {
    const tokens: string[] = []
    let failures = 1
    const flaky: Pick<Events, 'insert'> = {
      async insert(table, rows) {
        tokens.push(rows.token)
        await store().events.insert(table, rows)
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
        applyIdentify: async () => ({ outcome: 'claimed' }),
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
  test('an identify that accounts cannot take is skipped; one that RECORDS is down for is waited for', async () => {
    let failure: Error | null = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const subject = open({
      accounts: {
        appById: async () => null,
        resolveExternalIds: async (_, ids) => new Map([...ids].map((id) => [id, vidOf(id)])),
        applyIdentify: async () => {
          if (failure) throw failure
          return { outcome: 'claimed' }
        },
      },
    })
    const message = { type: 'identify', messageId: 'i', deviceTs: NOW, sealedUserId: 'u', sealedTraits: '{}' }
    await subject.append({ app: 'refused', wire: 'segment', keyKind: 'server' }, { batch: [message] })
    await expect(subject.recorder.drain()).rejects.toThrow('ECONNREFUSED')
    expect(await countsOf('refused')).toMatchObject({ rows: 0 })
    failure = Object.assign(new Error('value too long'), { code: '22001' })
    await subject.recorder.drain()
    expect(await countsOf('refused')).toMatchObject({ rows: 1 })
  })

  test('traits that are not taken are counted and told by field, without their names and values', async () => {
    const metrics = createMetrics('test')
    const log = createLogger({ role: 'test', level: 'silent' })
    const warn = vi.spyOn(log, 'warn')
    const verdicts: IdentifyVerdict[] = [
      { outcome: 'created', dropped: [{ field: 'birthday' }, { field: 'traits.ana@example.org' }] },
      { outcome: 'updated', dropped: [{ field: 'birthday' }] },
      { outcome: 'refused', reason: 'the viewer was erased' },
      { outcome: 'claimed' },
    ]
    const subject = open({
      metrics,
      log,
      accounts: {
        appById: async () => null,
        resolveExternalIds: async (_, ids) => new Map([...ids].map((id) => [id, vidOf(id)])),
        applyIdentify: async () => verdicts.shift() ?? { outcome: 'claimed' },
      },
    })
    const batch = ['a', 'b', 'c', 'd', 'unreadable'].map((id) => ({
      type: 'identify',
      messageId: id,
      deviceTs: NOW,
      sealedUserId: id,
      sealedTraits: id === 'unreadable' ? 'no key opens it' : '{"birthday":"1990-02-29"}',
    }))
    await subject.append({ app: 'dropping', wire: 'segment', keyKind: 'server' }, { batch })
    await subject.recorder.drain()
    const counter = (await metrics.snapshot()).find(
      ({ name }) => name === 'foyer_recorder_dropped_traits_total',
    )
    const { values } = counter as unknown as { values: { labels: { field: string }; value: number }[] }
    expect(Object.fromEntries(values.map(({ labels, value }) => [labels.field, value]))).toEqual({
      birthday: 2,
      traits: 1,
      all: 2,
    })
    expect(warn.mock.calls).toEqual([
      [{ app: 'dropping', fields: ['birthday', 'traits', 'all'] }, expect.any(String)],
    ])
  })

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
        if (table === 'events' && seqsOf(rows).includes(13)) {
          throw Object.assign(new Error('Cannot parse'), { code: '27' })
        }
        await store().events.insert(table, rows)
      },
    }
    const subject = open({}, picky)
    for (const body of loadOf('picky', 3)) await subject.append({ app: 'picky' }, body)
    await subject.recorder.drain()
    expect(await countsOf('picky')).toMatchObject({ rows: 57, distinct: 57 })
    const aside = readdirSync(join(subject.folder, 'set-aside'))
    expect(aside).toHaveLength(3)
    const file = join(subject.folder, 'set-aside', aside[0]!)
    const { columns, row } = JSON.parse(readFileSync(file, 'utf8'))
    expect(row[columns.indexOf('seq')]).toBe(13)
  })

  test('a row that is set aside is logged with its app and the engine’s code, and with nothing that it says', async () => {
    const logged: object[] = []
    const note = (fields: object) => void logged.push(fields)
    const picky: Pick<Events, 'insert'> = {
      async insert(_, rows) {
        const type = 'CANNOT_PARSE_NUMBER'
        throw Object.assign(new Error(`Cannot parse ${String(rows.ndjson)}`), { code: '72', type })
      },
    }
    const log = { error: note, warn: note } as unknown as Logger
    const subject = open({ log }, picky)
    await subject.append({ app: 'logged' }, playback('logged', [{ type: 'custom', name: 'secret' }]))
    await subject.recorder.drain()
    expect(logged).toEqual([
      { table: 'events', app: 'logged', code: '72', type: 'CANNOT_PARSE_NUMBER', isKept: true },
    ])
  })

  test('numbers that their columns do not take lose no event', async () => {
    const subject = open()
    const positions = [1e300, 9.3e15, -5, 8_640_000_000, 8_640_000_001]
    const batch = positions.map((position, i) => ({
      type: 'track',
      messageId: `m-${i}`,
      deviceTs: NOW + i - 10,
      event: 'Video Playback Started',
      anonymousId: 'a',
      properties: { position },
    }))
    await subject.append({ app: 'numbers', wire: 'segment' }, { batch })
    const imported = { ts: Date.UTC(1905, 0, 1), type: 'rating', deviceId: 'd', positionMs: -1, bytes: 1e300 }
    const rows = [{ ...imported, messageId: 'r', properties: { position: -1 } }]
    await subject.append({ app: 'numbers', wire: 'import' }, { source: 'import:test', party: 'first', rows })
    await subject.recorder.drain()
    expect(readdirSync(subject.folder)).not.toContain('set-aside')
    const stored = await rowsOf(
      `SELECT position_ms, bytes, toFloat64(properties.position) AS position
       FROM events WHERE app = {app:String} ORDER BY source DESC, ts`,
      'numbers',
    )
    expect(stored).toEqual([
      ...positions.map((position) => ({
        position_ms: position === 8_640_000_000 ? '8640000000000' : null,
        bytes: '0',
        position,
      })),
      { position_ms: null, bytes: '0', position: -1 },
    ])
  })

  test('names with dots and objects within objects are told apart', async () => {
    const subject = open()
    const batch = [
      { a: { b: 1 }, 'a.b': 2 },
      { 'a.b': 2, a: { b: 1 } },
    ].map((properties, i) => ({
      type: 'track',
      messageId: `m-${i}`,
      deviceTs: NOW + i - 10,
      event: 'Met',
      anonymousId: 'a',
      properties,
    }))
    await subject.append({ app: 'met', wire: 'segment' }, { batch })
    await subject.recorder.drain()
    const rows = await rowsOf(
      `SELECT toString(properties) AS p FROM events WHERE app = {app:String} ORDER BY ts`,
      'met',
    )
    expect(rows.map(({ p }) => JSON.parse(String(p)) as unknown)).toEqual([
      { a: { b: '1' }, 'a.b': '2' },
      { a: { b: '1' }, 'a.b': '2' },
    ])
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

async function startWorker(folder: string): Promise<ChildProcess> {
  const worker = fork(CHILD, [folder, store().socketPath], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  await once(worker.stdout!, 'data')
  return worker
}
