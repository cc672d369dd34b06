import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { openTestEvents, type TestEmbeddedEvents } from '../../../test/events.ts'
import type { Subject } from '../../platform/ids.ts'
import { ERASE_SUBJECTS_MAX, eraseFromEvents, ROLLUPS_WITHOUT_PEOPLE } from './erase.ts'
import { dateTime, REVISION_COLUMNS, revisionRow, type ViewColumns } from './rows.ts'

const NOW = Date.UTC(2026, 10, 24, 9)
const QUARTER = 900_000
const [ann, tv, bob] = ['101', '102', '201'] as [Subject, Subject, Subject]

let store: TestEmbeddedEvents
beforeAll(async () => {
  store = await openTestEvents()
})
afterAll(() => store?.close())

let inserts = 0

/** Revisions of one view as the recorder writes them: each takes the one before back, the first what was `known`. */
async function watched(
  subject: Subject,
  title: string,
  minutes: number[],
  { writtenAt = NOW, known = null as number | null } = {},
): Promise<void> {
  const view: ViewColumns = {
    service: 'cine',
    app: 'web',
    viewId: `${subject}-${title}`,
    subject,
    consentMask: 31,
    device: '7',
    platform: 'web',
    deviceClass: 'desktop',
    country: 'ES',
    contentId: title,
    contentKind: 'vod',
    contentType: 'movie',
  }
  const rows = minutes.flatMap((value, index) => {
    const revision = (sign: 1 | -1, played: number): string =>
      revisionRow({
        sign,
        view,
        bucket: Math.floor(NOW / QUARTER) * QUARTER,
        localDate: '2026-11-24',
        sums: { starts: 1, streams: 1, playedMs: played * 60_000, stalledMs: 10, unknownMs: 0 },
        writtenAt,
      })
    const before = index === 0 ? known : minutes[index - 1]!
    return [...(before === null ? [] : [revision(-1, before)]), revision(1, value)]
  })
  await store.events.insert('view_revision', {
    ndjson: rows.join('\n'),
    columns: REVISION_COLUMNS,
    token: `watched ${inserts++}`,
  })
}

async function happened(subject: Subject, receivedAt = NOW): Promise<void> {
  const row = {
    event_id: `00000000-0000-7000-8000-${String(inserts).padStart(12, '0')}`,
    ts: dateTime(receivedAt),
    received_at: dateTime(receivedAt),
    local_date: '2026-11-24',
    service: 'cine',
    subject,
    consent_mask: 31,
    bytes: 1_000,
  }
  await store.events.insert('events', { ndjson: JSON.stringify(row), token: `happened ${inserts++}` })
}

const totals = z.object({ starts: z.coerce.number(), minutes: z.coerce.number() })

/** Minutes of everybody on web, by the rollup of quality. */
async function qualityMinutes(): Promise<number> {
  const [row] = await store.events.query('SELECT sum(played_ms) / 60000 AS minutes FROM quality_day', {
    row: z.object({ minutes: z.coerce.number() }),
  })
  return row!.minutes
}

async function contentOf(title: string) {
  const [row] = await store.events.query(
    'SELECT sum(starts) AS starts, sum(played_ms) / 60000 AS minutes FROM content WHERE content_id = {title:String}',
    { params: { title }, row: totals },
  )
  return row!
}

async function rowsOf(...subjects: Subject[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const table of ['events', 'view_revision', 'subject_title_day', 'subject_day', 'bytes_day']) {
    const [row] = await store.events.query(
      `SELECT count() AS n FROM ${table} WHERE subject IN ({subjects:Array(UInt64)})`,
      { params: { subjects }, row: z.object({ n: z.coerce.number() }) },
    )
    counts[table] = row!.n
  }
  return counts
}

const NOTHING = { events: 0, view_revision: 0, subject_title_day: 0, subject_day: 0, bytes_day: 0 }

test('what somebody did is gone from every table, and everybody else’s sums stay exact', async () => {
  await watched(ann, 'harbour', [5, 9])
  await watched(tv, 'harbour', [20])
  await watched(bob, 'harbour', [3, 4])
  for (const subject of [ann, tv, bob]) await happened(subject)
  expect(await contentOf('harbour')).toEqual({ starts: 3, minutes: 33 })
  expect(await qualityMinutes()).toBe(33)

  const erasure = { id: 'one', subjects: [ann, tv], before: NOW }
  await eraseFromEvents(store.events, erasure)
  expect(await rowsOf(ann, tv)).toEqual(NOTHING)
  expect(await contentOf('harbour')).toEqual({ starts: 1, minutes: 4 })
  expect(await qualityMinutes()).toBe(4)

  await eraseFromEvents(store.events, erasure)
  expect(await contentOf('harbour')).toEqual({ starts: 1, minutes: 4 })
  expect(await rowsOf(bob)).toMatchObject({ events: 1, bytes_day: 1 })
})

test('a crash after the negation takes nothing off twice when it is done again', async () => {
  const [cat, dan] = ['301', '302'] as [Subject, Subject]
  await watched(cat, 'lagoon', [10])
  await watched(dan, 'lagoon', [7])
  const erasure = { id: 'crash', subjects: [cat], before: NOW }
  const dying = {
    ...store.events,
    command: async () => {
      throw new Error('killed')
    },
  }
  await expect(eraseFromEvents(dying, erasure)).rejects.toThrow('killed')
  await eraseFromEvents(store.events, erasure)
  expect(await contentOf('lagoon')).toEqual({ starts: 1, minutes: 7 })
  expect(await rowsOf(cat)).toEqual(NOTHING)
})

test('what came late is taken off by the next erasure, also where it revises what is gone', async () => {
  const [eve, fay] = ['401', '402'] as [Subject, Subject]
  await watched(eve, 'meadow', [10])
  await watched(fay, 'meadow', [2])
  await eraseFromEvents(store.events, { id: 'first', subjects: [eve], before: NOW })
  // The recorder takes its 10 minutes back and writes 15.
  await watched(eve, 'meadow', [15], { writtenAt: NOW + 1_000, known: 10 })
  expect(await contentOf('meadow')).toEqual({ starts: 1, minutes: 7 })
  await happened(eve, NOW + 1_000)
  await eraseFromEvents(store.events, { id: 'first', subjects: [eve], before: NOW })
  expect((await rowsOf(eve))['events']).toBe(1)
  await eraseFromEvents(store.events, { id: 'second', subjects: [eve], before: NOW + 2_000 })
  expect(await rowsOf(eve)).toEqual(NOTHING)
  expect(await contentOf('meadow')).toEqual({ starts: 1, minutes: 2 })
})

test('every rollup that views feed and that names nobody is known here', async () => {
  const rows = await store.events.query(
    `SELECT extract(create_table_query, ' TO (?:\\w+\\.)?(\\w+)') AS target FROM system.tables
     WHERE database = currentDatabase() AND engine = 'MaterializedView' AND as_select LIKE '%view_revision%'
       AND target NOT IN (SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'subject')`,
    { row: z.object({ target: z.string() }) },
  )
  expect(rows.map(({ target }) => target).sort()).toEqual(
    ROLLUPS_WITHOUT_PEOPLE.map(({ table }) => table).sort(),
  )
})

test('nobody and too many are no erasure', async () => {
  await eraseFromEvents(store.events, { id: 'nobody', subjects: [], before: NOW })
  const many = Array.from({ length: ERASE_SUBJECTS_MAX + 1 }, (_, n) => String(n + 1) as Subject)
  await expect(eraseFromEvents(store.events, { id: 'many', subjects: many, before: NOW })).rejects.toThrow(
    RangeError,
  )
})
