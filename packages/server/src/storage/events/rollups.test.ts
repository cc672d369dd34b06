import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { PLAYBACK_LIMITS } from '@foyer/contracts'
import { eventRow, ndjson, viewRevisionRow } from '../../../test/event-rows.ts'
import { eventsBackends, type TestEvents } from '../../../test/events.ts'

/** Each rollup with its sums, and the same sums counted from the raw rows without it. */
const ROLLUPS = [
  {
    rollup: `SELECT bucket, toString(local_date) AS day, service, content_id, content_kind, content_type, platform, country,
        sum(starts) AS a, sum(streams) AS b, sum(played_ms) AS c, sum(stalled_ms) AS d FROM content GROUP BY ALL`,
    raw: `SELECT bucket, toString(local_date) AS day, service, content_id, content_kind, content_type, platform, country,
        sumIf(starts, sign = 1) - sumIf(starts, sign = -1) AS a,
        sumIf(streams, sign = 1) - sumIf(streams, sign = -1) AS b,
        sumIf(played_ms, sign = 1) - sumIf(played_ms, sign = -1) AS c,
        sumIf(stalled_ms, sign = 1) - sumIf(stalled_ms, sign = -1) AS d
      FROM view_revision WHERE bitTest(consent_mask, 4) GROUP BY ALL`,
  },
  {
    rollup: `SELECT toString(local_date) AS day, service, content_id, content_kind, subject, consent_mask,
        sum(starts) AS a, sum(streams) AS b, sum(played_ms) AS c, 0 AS d FROM subject_title_day GROUP BY ALL`,
    raw: `SELECT toString(local_date) AS day, service, content_id, content_kind, subject, consent_mask,
        sumIf(starts, sign = 1) - sumIf(starts, sign = -1) AS a,
        sumIf(streams, sign = 1) - sumIf(streams, sign = -1) AS b,
        sumIf(played_ms, sign = 1) - sumIf(played_ms, sign = -1) AS c, 0 AS d
      FROM view_revision WHERE bitTest(consent_mask, 4) GROUP BY ALL`,
  },
  {
    rollup: `SELECT toString(local_date) AS day, service, platform, country, subject, consent_mask,
        sum(events) AS a, sum(starts) AS b, sum(streams) AS c, sum(played_ms) AS d FROM subject_day GROUP BY ALL`,
    raw: `SELECT day, service, platform, country, subject, consent_mask,
        sum(e) AS a, sum(st) AS b, sum(sr) AS c, sum(pl) AS d
      FROM (
        SELECT toString(local_date) AS day, service, platform, country, subject, consent_mask,
          1 AS e, 0 AS st, 0 AS sr, 0 AS pl FROM events
        UNION ALL
        SELECT toString(local_date), service, platform, country, subject, consent_mask,
          0, toInt64(starts) * sign, toInt64(streams) * sign, toInt64(played_ms) * sign FROM view_revision
      ) WHERE bitTest(consent_mask, 4) GROUP BY ALL`,
  },
  {
    rollup: `SELECT toString(local_date) AS day, service, app, subject, consent_mask, content_id, content_kind,
        sum(bytes) AS a, 0 AS b, 0 AS c, 0 AS d FROM bytes_day GROUP BY ALL`,
    raw: `SELECT toString(local_date) AS day, service, app, subject, consent_mask, content_id, content_kind,
        sum(events.bytes) AS a, 0 AS b, 0 AS c, 0 AS d FROM events WHERE bitTest(consent_mask, 2) GROUP BY ALL`,
  },
  {
    rollup: `SELECT toString(local_date) AS day, service, platform, device_class,
        sum(starts) AS a, sum(streams) AS b, sum(played_ms) + sum(stalled_ms) AS c, sum(unknown_ms) AS d
      FROM quality_day GROUP BY ALL`,
    raw: `SELECT toString(local_date) AS day, service, platform, device_class,
        sumIf(starts, sign = 1) - sumIf(starts, sign = -1) AS a,
        sumIf(streams, sign = 1) - sumIf(streams, sign = -1) AS b,
        sumIf(played_ms + stalled_ms, sign = 1) - sumIf(played_ms + stalled_ms, sign = -1) AS c,
        sumIf(unknown_ms, sign = 1) - sumIf(unknown_ms, sign = -1) AS d
      FROM view_revision WHERE bitTest(consent_mask, 4) GROUP BY ALL`,
  },
] as const

const summed = z.looseObject({
  a: z.coerce.string(),
  b: z.coerce.string(),
  c: z.coerce.string(),
  d: z.coerce.string(),
})

describe.each(eventsBackends())('rollups on $name', (backend) => {
  let store: TestEvents
  beforeAll(async () => {
    store = await backend.open()
  })
  afterAll(() => store.close())

  /** Groups whose sums are all zero are left out: a merge may drop them or not. */
  async function sums(sql: string): Promise<string[]> {
    const rows = await store.events.query(sql, { row: summed })
    return rows
      .filter(({ a, b, c, d }) => [a, b, c, d].some((sum) => sum !== '0'))
      .map((row) => JSON.stringify(row))
      .sort()
  }

  async function expectLinear(): Promise<void> {
    for (const { rollup, raw } of ROLLUPS) expect(await sums(rollup)).toEqual(await sums(raw))
  }

  test('every rollup is what its raw rows sum up to, however views are revised, retried and merged', async () => {
    let batch = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(revision, { minLength: 1, maxLength: 12 }),
        fc.array(event, { maxLength: 8 }),
        async (revisions, events) => {
          batch++
          // A view is revised by taking back what was written and writing what is true now.
          const rows = revisions.flatMap(({ before, after }) => [
            viewRevisionRow({ ...before, sign: 1 }),
            ...(after
              ? [viewRevisionRow({ ...before, sign: -1 }), viewRevisionRow({ ...after, sign: 1 })]
              : []),
          ])
          const views = { ndjson: ndjson(rows), token: `views:${batch}` }
          await store.events.insert('view_revision', views)
          if (events.length > 0) {
            const raw = { ndjson: ndjson(events.map((fields) => eventRow(fields))), token: `events:${batch}` }
            await store.events.insert('events', raw)
            await store.events.insert('events', raw)
          }
          await store.events.insert('view_revision', views)
          await expectLinear()
        },
      ),
      { numRuns: 6 },
    )
    for (const table of ['content', 'subject_title_day', 'subject_day', 'bytes_day', 'quality_day']) {
      await store.events.command(`OPTIMIZE TABLE ${table} FINAL`)
    }
    await expectLinear()
    const [{ n }] = (await store.events.query('SELECT count() AS n FROM view_revision WHERE sign = -1', {
      row: z.object({ n: z.coerce.number() }),
    })) as [{ n: number }]
    expect(n, 'views were revised').toBeGreaterThan(0)
  })

  test('a view that is taken back wholly leaves nothing in any sum', async () => {
    const view = viewRevisionRow({ service: 'undone', view_id: 'u', played_ms: '120000' })
    await store.events.insert('view_revision', { ndjson: ndjson([view]), token: 'undone:1' })
    await store.events.insert('view_revision', { ndjson: ndjson([{ ...view, sign: -1 }]), token: 'undone:2' })
    for (const table of ['content', 'subject_title_day', 'subject_day', 'quality_day']) {
      const rows = await store.events.query(
        `SELECT sum(starts) AS a, sum(streams) AS b, sum(played_ms) AS c, 0 AS d FROM ${table} WHERE service = 'undone'`,
        { row: summed },
      )
      expect(rows).toEqual([{ a: '0', b: '0', c: '0', d: '0' }])
    }
  })

  test('three whole batches of the largest volumes that the wire takes are summed, and far from the end', async () => {
    const { bytesMax, eventsMax } = PLAYBACK_LIMITS
    const many = 3 * eventsMax
    const rows = Array.from({ length: many }, () => eventRow({ service: 'greedy', bytes: String(bytesMax) }))
    await store.events.insert('events', { ndjson: ndjson(rows), token: 'greedy' })
    const [billed] = await store.events.query(
      `SELECT sum(bytes) AS a, 0 AS b, 0 AS c, 0 AS d FROM bytes_day WHERE service = 'greedy'`,
      { row: summed },
    )
    expect(billed!.a).toBe(String(BigInt(many) * BigInt(bytesMax)))
    expect(2n ** 63n / BigInt(bytesMax)).toBeGreaterThan(9_000_000n)
  })

  test('a rollup admits only what its purpose allowed', async () => {
    const billingOnly = 7
    const rows = ndjson([viewRevisionRow({ service: 'private', consent_mask: billingOnly })])
    await store.events.insert('view_revision', { ndjson: rows, token: 'private:views' })
    const raw = ndjson([eventRow({ service: 'private', consent_mask: billingOnly, bytes: '1000' })])
    await store.events.insert('events', { ndjson: raw, token: 'private:events' })
    const countOf = async (table: string) =>
      (
        await store.events.query(`SELECT count() AS n FROM ${table} WHERE service = 'private'`, {
          row: z.object({ n: z.coerce.number() }),
        })
      )[0]!.n
    expect(await countOf('content')).toBe(0)
    expect(await countOf('subject_title_day')).toBe(0)
    expect(await countOf('subject_day')).toBe(0)
    expect(await countOf('quality_day')).toBe(0)
    expect(await countOf('bytes_day')).toBe(1)
  })
})

const masks = fc.constantFrom(0, 4, 7, 16, 23, 4095, 4294967295)
const buckets = fc.constantFrom(
  { bucket: '2026-03-31 23:45:00', local_date: '2026-04-01' },
  { bucket: '2026-04-01 00:00:00', local_date: '2026-04-01' },
  { bucket: '2026-03-05 10:00:00', local_date: '2026-03-05' },
)
const amounts = fc.record({
  starts: fc.nat(3),
  streams: fc.nat(2),
  played_ms: fc.nat(10_000_000).map(String),
  stalled_ms: fc.nat(100_000).map(String),
  unknown_ms: fc.nat(100_000).map(String),
})
const place = fc.record({
  subject: fc.constantFrom('1', '2', '9223372036854775807'),
  consent_mask: masks,
  platform: fc.constantFrom('web', 'tizen'),
  device_class: fc.constantFrom('tv', 'desktop', ''),
  content_id: fc.constantFrom('t1', 't2'),
  content_kind: fc.constantFrom('vod', 'live'),
})
const view = fc
  .tuple(place, buckets, amounts)
  .map(([where, when, amount]): Record<string, unknown> => ({ ...where, ...when, ...amount }))
const revision = fc.record({ before: view, after: fc.option(view) })
const event = fc
  .tuple(
    fc.record({
      subject: fc.constantFrom('1', '2'),
      consent_mask: masks,
      bytes: fc.nat(5_000_000).map(String),
      local_date: fc.constantFrom('2026-03-05', '2026-04-01'),
    }),
    fc.uuid(),
  )
  .map(([fields, event_id]): Record<string, unknown> => ({ ...fields, event_id }))
