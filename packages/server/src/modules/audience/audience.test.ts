import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  overviewReport,
  purposeMask,
  RIGHTS,
  viewerEventsReport,
  viewerOverviewReport,
  type Right,
} from '@foyer/contracts'
import { eventRow, ndjson, viewRevisionRow } from '../../../test/event-rows.ts'
import { openTestEvents, type TestEvents } from '../../../test/events.ts'
import { manualClock, type ManualClock } from '../../platform/clock.ts'
import { createHttpServer, type HttpServer } from '../../platform/http/index.ts'
import type { Subject } from '../../platform/ids.ts'
import { createLogger } from '../../platform/log.ts'
import { createAudience } from './index.ts'

const ANALYTICS = purposeMask(['service', 'analytics'])
const ANA = { viewerId: '01890a5d-ac96-774b-bcce-b302099a8057', service: 'cine', vid: '101' as Subject }
/** Another account of the same person. */
const MERGED = '01890a5d-ac96-774b-bcce-b302099a8058'

let store: TestEvents
let server: HttpServer
let clock: ManualClock
let rights: ReadonlySet<Right> = new Set(RIGHTS)
let audited: { action: string; object: string; details?: object | undefined }[] = []

beforeAll(async () => {
  store = await openTestEvents()
  clock = manualClock(Date.parse('2026-11-22T12:00:00Z'))
  const log = createLogger({ role: 'test', level: 'silent' })
  server = await createHttpServer({
    log,
    authenticate: async () => ({ kind: 'operator', id: 'o1', rights }),
    requestsPerMinute: 10_000,
    trustedProxies: 0,
    version: 'test',
    isDraining: () => false,
  })
  const audience = createAudience({
    events: store.events,
    accounts: {
      serviceById: async (id) =>
        id === 'cine'
          ? { id, name: id, timeZone: 'Europe/Madrid', localCountry: 'ES', language: 'es' }
          : null,
      findViewer: async ({ id }) => (id === ANA.viewerId || id === 'ana/é?' ? ANA : null),
      labelViewers: async () => new Map(),
      viewersAmong: async () => [ANA.viewerId, MERGED],
    },
    catalogue: {
      count: async () => ({ titles: 1_682, channels: 3 }),
      addedBetween: async () => ({ total: 0, items: [] }),
      namesOf: async (ids) =>
        new Map(
          ids
            .filter((id) => id === 't1')
            .map((id) => [id, { name: 'Night Ferry', type: 'movie', isDeleted: true } as const]),
        ),
    },
    subjectsOf: async (vid) => [vid, '102' as Subject],
    audit: { record: async ({ action, object, details }) => void audited.push({ action, object, details }) },
    clock,
    log,
  })
  await audience.routes(server)
  await seed()
})
afterAll(async () => {
  await server.close()
  await store.close()
})
beforeEach(() => {
  rights = new Set(RIGHTS)
  audited = []
})

const get = async (path: string) => {
  const answer = await server.inject({ method: 'GET', url: path })
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() }
}

describe('the overview', () => {
  test('counts people, starts, streams and minutes over the range and over the one before', async () => {
    const { body } = await get('/v1/reports/overview?service=cine&from=2026-11-10&to=2026-11-11')
    const report = overviewReport.parse(body)
    expect(report.previous).toEqual({ from: '2026-11-08', to: '2026-11-09' })
    expect(report.registrations).toEqual({ value: 1, previous: 1 })
    // 101 watched; 900 and 104 are not registered; 103 watched without consent to be measured.
    expect(report.activeViewers).toEqual({ value: 1, previous: 1 })
    expect(report.anonymousVisitors).toEqual({ value: 2, previous: 0 })
    // Eleven of 101, a rating among them, and one of 104; not the other service's, nor the one without consent.
    expect(report.events).toEqual({ value: 12, previous: 0 })
    expect(report.starts).toEqual({ value: 3, previous: 1 })
    expect(report.streams).toEqual({ value: 2, previous: 1 })
    // 90 s, 61.5 s, 30 s and 6 s of an advertisement: 3.125 minutes, rounded once.
    expect(report.minutes).toEqual({ value: 3.1, previous: 10 })
    expect(report.days).toEqual([
      { date: '2026-11-10', activeViewers: 1, events: 11, starts: 2, streams: 1, minutes: 2.1 },
      { date: '2026-11-11', activeViewers: 1, events: 1, starts: 1, streams: 1, minutes: 1 },
    ])
  })

  test('names titles by the catalogue, deleted ones too, and leaves advertisements out', async () => {
    const { body } = await get('/v1/reports/overview?service=cine&from=2026-11-10&to=2026-11-11')
    const { titles, platforms } = overviewReport.parse(body)
    expect(titles).toEqual([
      {
        contentId: 't1',
        contentKind: 'vod',
        name: 'Night Ferry',
        viewers: 1,
        visitors: 1,
        starts: 2,
        streams: 1,
        minutes: 2,
      },
      {
        contentId: 'c9',
        contentKind: 'live',
        name: null,
        viewers: 1,
        visitors: 0,
        starts: 1,
        streams: 1,
        minutes: 1,
      },
    ])
    expect(
      platforms.map(({ platform, viewers, visitors, minutes }) => [platform, viewers, visitors, minutes]),
    ).toEqual([
      ['web', 1, 2, 2.1],
      ['tizen', 1, 0, 1],
    ])
  })

  test('of days without anything is zero, day by day', async () => {
    const { body } = await get('/v1/reports/overview?service=cine&from=2026-01-01&to=2026-01-03')
    const report = overviewReport.parse(body)
    expect(report.days).toHaveLength(3)
    expect(report.events).toEqual({ value: 0, previous: 0 })
    expect(report.catalogue).toEqual({ titles: 1_682, channels: 3 })
    expect(report.minutes).toEqual({ value: 0, previous: 0 })
    expect(report.titles).toEqual([])
  })
})

describe("a viewer's report", () => {
  const path = `/v1/viewers/${ANA.viewerId}/report`

  test('sums what all subjects of the person played, and is audited for each account of theirs', async () => {
    const { body } = await get(`${path}/overview?from=2026-11-10&to=2026-11-11`)
    expect(viewerOverviewReport.parse(body)).toMatchObject({ starts: 2, streams: 2, minutes: 2.6 })
    expect(audited).toEqual([
      {
        action: 'viewer.looked_up',
        object: ANA.viewerId,
        details: { report: 'overview', service: 'cine', from: '2026-11-10', to: '2026-11-11' },
      },
      {
        action: 'viewer.looked_up',
        object: MERGED,
        details: {
          report: 'overview',
          service: 'cine',
          from: '2026-11-10',
          to: '2026-11-11',
          by: ANA.viewerId,
        },
      },
    ])
  })

  test('draws each player event under its name, at its time and position', async () => {
    const { body } = await get(`${path}/events?from=2026-11-10&to=2026-11-11`)
    const { items, types, next } = viewerEventsReport.parse(body)
    expect(next).toBeNull()
    expect(items.map(({ at, name, position }) => [at, name, position])).toEqual([
      ['2026-11-10T00:00:00.000+01:00', 'Player_loaded', null],
      ['2026-11-10T09:00:00.000+01:00', 'Play', { kind: 'content', ms: 0 }],
      ['2026-11-10T09:00:01.250+01:00', 'Playing', { kind: 'content', ms: 0 }],
      ['2026-11-10T09:01:00.000+01:00', 'Play', { kind: 'content', ms: 58_000 }],
      ['2026-11-10T09:02:00.000+01:00', 'Seek', { kind: 'content', ms: 3_600_000 }],
      ['2026-11-10T09:02:30.000+01:00', 'Buffering', { kind: 'content', ms: 3_630_000 }],
      ['2026-11-10T09:03:00.000+01:00', 'my_own_type', { kind: 'content', ms: 3_631_000 }],
      ['2026-11-11T23:59:59.999+01:00', 'Pause', { kind: 'behindLive', ms: 12_000 }],
    ])
    expect(items[1]).toMatchObject({
      contentName: 'Night Ferry',
      date: '2026-11-10',
      device: { platform: 'web' },
    })
    expect(types).toContainEqual({ type: 'stall_start', name: 'Buffering', total: 1 })
  })

  test('comes in pages that lose nothing and repeat nothing', async () => {
    const ids: string[] = []
    let cursor: string | null = ''
    for (let page = 0; cursor !== null && page < 10; page++) {
      const { body } = await get(
        `${path}/events?from=2026-11-10&to=2026-11-11&limit=3${cursor && `&cursor=${cursor}`}`,
      )
      const report = viewerEventsReport.parse(body)
      expect(report.types.reduce((sum, type) => sum + type.total, 0)).toBe(8)
      ids.push(...report.items.map((item) => item.eventId))
      cursor = report.next
    }
    expect(ids).toHaveLength(8)
    expect(new Set(ids).size).toBe(8)
  })

  test('finds the viewer by an external id with odd characters', async () => {
    const { status } = await get(
      `/v1/viewers/${encodeURIComponent('ana/é?')}/report/overview?from=2026-11-10&to=2026-11-10`,
    )
    expect(status).toBe(200)
  })

  test('is empty for a viewer without data, and refuses an unknown id by name', async () => {
    const empty = await get(`${path}/events?from=2025-01-01&to=2025-01-02`)
    expect(viewerEventsReport.parse(empty.body)).toMatchObject({ items: [], types: [], next: null })
    const unknown = await get('/v1/viewers/nobody/report/overview?from=2026-11-10&to=2026-11-11')
    expect(unknown).toMatchObject({ status: 404, body: { code: 'viewer.not_found' } })
  })

  test('needs a right of its own, and a refusal reads nothing', async () => {
    rights = new Set(['reports.read', 'viewers.read'])
    const refused = await get(`${path}/events?from=2026-11-10&to=2026-11-11`)
    expect(refused).toMatchObject({ status: 403, body: { code: 'operator.right_missing' } })
    expect(audited).toEqual([])
  })

  test('refuses a cursor that it did not give', async () => {
    const { status, body } = await get(`${path}/events?from=2026-11-10&to=2026-11-11&cursor=nonsense`)
    expect(status).toBe(400)
    expect(body['errors']).toEqual([{ field: 'querystring.cursor', message: 'not a cursor of this list' }])
  })
})

describe('refusals', () => {
  test.each([
    ['/v1/reports/registrations?service=cine&from=2026-02-30&to=2026-03-01', 400, 'request.invalid'],
    ['/v1/reports/registrations?service=cine&from=2026-03-02&to=2026-03-01', 400, 'report.range_invalid'],
    [
      '/v1/reports/registrations?service=cine&from=2026-01-01&to=2026-06-01&granularity=hour',
      400,
      'report.range_invalid',
    ],
    [
      '/v1/reports/registrations?service=cine&from=2026-03-01&to=2026-03-01&granularity=year',
      400,
      'request.invalid',
    ],
    ['/v1/reports/registrations?service=nobody&from=2026-03-01&to=2026-03-01', 404, 'service.not_found'],
    ['/v1/reports/overview?service=cine&from=1800-03-01&to=1800-03-01', 400, 'report.range_invalid'],
    ['/v1/reports/overview?from=2026-03-01&to=2026-03-01', 400, 'request.invalid'],
    ['/v1/reports/registrations/changes?service=nobody', 404, 'service.not_found'],
    // A parameter that is left out of the question without a word gives another answer.
    ['/v1/reports/overview?service=cine&from=2026-03-01&to=2026-03-01&county=ES', 400, 'request.invalid'],
    ['/v1/reports/registrations/changes?service=cine&from=2026-03-01', 400, 'request.invalid'],
  ])('%s answers %i %s', async (path, status, code) => {
    expect(await get(path)).toMatchObject({ status, body: { code } })
  })
})

function viewerRow(vid: string, registeredAt: string): Record<string, unknown> {
  return {
    vid,
    version: '1',
    is_deleted: 0,
    service: 'cine',
    registered_at: registeredAt,
    gender: 'female',
    age_at_registration: 30,
    country: 'ES',
    region: '',
    city: '',
    consent_mask: purposeMask(['service']),
  }
}

async function seed(): Promise<void> {
  const { events } = store
  await events.insert('viewer', {
    ndjson: ndjson([
      viewerRow('101', '2026-11-09 23:30:00.000'),
      viewerRow('103', '2026-11-08 12:00:00.000'),
    ]),
    token: 'viewers',
  })
  const view = (fields: Record<string, unknown>) => viewRevisionRow({ consent_mask: ANALYTICS, ...fields })
  await events.insert('view_revision', {
    ndjson: ndjson([
      view({
        view_id: 'v1',
        subject: '101',
        local_date: '2026-11-10',
        starts: 1,
        streams: 1,
        played_ms: '90000',
      }),
      // The same view was first thought longer: its old revision is taken back.
      view({
        view_id: 'v2',
        subject: '101',
        local_date: '2026-11-11',
        content_id: 'c9',
        content_kind: 'live',
        platform: 'tizen',
        played_ms: '500000',
      }),
      view({
        view_id: 'v2',
        subject: '101',
        local_date: '2026-11-11',
        content_id: 'c9',
        content_kind: 'live',
        platform: 'tizen',
        played_ms: '500000',
        sign: -1,
      }),
      view({
        view_id: 'v2',
        subject: '101',
        local_date: '2026-11-11',
        content_id: 'c9',
        content_kind: 'live',
        platform: 'tizen',
        played_ms: '61500',
      }),
      view({ view_id: 'v3', subject: '900', local_date: '2026-11-10', streams: 0, played_ms: '30000' }),
      view({
        view_id: 'v4',
        subject: '103',
        local_date: '2026-11-10',
        consent_mask: purposeMask(['service']),
      }),
      view({
        view_id: 'v1',
        subject: '101',
        local_date: '2026-11-10',
        content_kind: 'ad',
        content_id: 'ad1',
        starts: 0,
        streams: 0,
        played_ms: '6000',
      }),
      view({ view_id: 'v5', subject: '101', local_date: '2026-11-09', played_ms: '600000' }),
    ]),
    token: 'views',
  })
  let id = 0
  const event = (ts: string, type: string, fields: Record<string, unknown> = {}) =>
    eventRow({
      event_id: `01890a5d-ac96-774b-bcce-${String(++id).padStart(12, '0')}`,
      ts,
      local_date: '2026-11-10',
      subject: '101',
      consent_mask: ANALYTICS,
      type,
      view_id: 'v1',
      position_ms: '0',
      ...fields,
    })
  await events.insert('events', {
    ndjson: ndjson([
      event('2026-11-10 08:00:00.000', 'play'),
      event('2026-11-10 08:00:01.250', 'playing'),
      event('2026-11-10 08:01:00.000', 'resume', { position_ms: '58000' }),
      event('2026-11-10 08:02:00.000', 'seek_end', { position_ms: '3600000' }),
      event('2026-11-10 08:02:30.000', 'stall_start', { position_ms: '3630000' }),
      event('2026-11-10 08:03:00.000', 'my_own_type', { position_ms: '3631000' }),
      // First and last moment of the range; the other subject of the same person.
      event('2026-11-09 23:00:00.000', 'player_loaded', { position_ms: null }),
      event('2026-11-11 22:59:59.999', 'pause', {
        local_date: '2026-11-11',
        content_kind: 'live',
        content_id: 'c9',
        position_ms: String(Date.parse('2026-11-11T22:59:47.999Z')),
      }),
      // None of these is drawn: before, after, another person, no playback, another service, no consent.
      event('2026-11-09 22:59:59.999', 'play'),
      event('2026-11-11 23:00:00.000', 'play'),
      event('2026-11-10 08:00:00.000', 'play', { subject: '104' }),
      event('2026-11-10 08:00:00.000', 'rating', { view_id: '' }),
      event('2026-11-10 08:00:00.000', 'play', { service: 'kino' }),
      event('2026-11-10 08:00:00.000', 'play', { consent_mask: purposeMask(['service']) }),
    ]),
    token: 'events',
  })
}
