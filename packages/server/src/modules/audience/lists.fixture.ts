import * as fc from 'fast-check'
import { purposeMask, RIGHTS, type Right } from '@foyer/contracts'
import { eventRow, ndjson, viewRevisionRow } from '../../../test/event-rows.ts'
import { openTestEvents, type TestEvents } from '../../../test/events.ts'
import { manualClock } from '../../platform/clock.ts'
import { createHttpServer, type HttpServer } from '../../platform/http/index.ts'
import type { Subject } from '../../platform/ids.ts'
import { createLogger } from '../../platform/log.ts'
import { createAudience } from './index.ts'

/**
 * The module over the engine, on an audience that is known fact by fact: people with several subjects, people who are
 * denied, visitors, viewers of another service, views that were revised, and days around the change of the clocks.
 */

/** One thing that a subject did: so many events, or a part of a view. */
export interface Fact {
  readonly subject: number
  readonly date: string
  readonly platform: string
  readonly country: string
  readonly mask: number
  readonly events: number
  readonly view?: {
    readonly contentId: string
    readonly contentKind: 'vod' | 'live' | 'ad'
    readonly starts: number
    readonly streams: number
    readonly playedMs: number
  }
}

export interface Registered {
  readonly vid: number
  readonly registeredAt: string
  readonly gender: string
  readonly age: number | null
  readonly country: string
  readonly region: string
  readonly city: string
  readonly isDeleted?: boolean
}

const MEASURED = purposeMask(['service', 'billing', 'analytics'])
/** Counted for invoices, and not measured. */
const UNMEASURED = purposeMask(['service', 'billing'])

/** Whom a subject belongs to, where that is somebody else. */
export const LINKS: Readonly<Record<number, number>> = { 901: 1, 902: 2, 903: 2, 12: 11 }
/** Subjects that a restriction hides. */
export const DENIED: readonly number[] = [10, 906]

export const personOf = (subject: number): number => LINKS[subject] ?? subject
export const viewerIdOf = (vid: number): string => `01890a5d-ac96-774b-bcce-${String(vid).padStart(12, '0')}`
/** What each event weighs. */
export const BYTES = 1_000
/** A viewer of EVENTS whom RECORDS no longer holds. */
export const ERASED = 5

/** The range that is asked for. */
export const FROM = '2026-10-23'
export const TO = '2026-10-27'
/** The days of the range, as many before it, and as many before those. */
const DAYS = Array.from({ length: 15 }, (_, day) =>
  new Date(Date.parse('2026-10-13T00:00:00Z') + day * 86_400_000).toISOString().slice(0, 10),
)

export const VIEWERS: readonly Registered[] = [
  // Both two-o'clocks of the day on which the clocks go back, and the edges of local days.
  viewer(1, '2026-10-25T00:30:00.000Z', 'female', 17, 'ES', 'ES-MD', 'Madrid'),
  viewer(2, '2026-10-25T01:30:00.000Z', 'male', 18, 'ES', 'ES-MD', 'Getafe'),
  viewer(3, '2026-10-24T21:59:59.999Z', '', null, 'ES', 'ES-CT', ''),
  viewer(4, '2026-10-24T22:00:00.000Z', 'other', 65, 'ES', '', 'Madrid'),
  viewer(5, '2026-09-01T10:00:00.000Z', 'female', 30, 'ES', 'ES-MD', 'Madrid'),
  viewer(6, '2026-10-19T10:00:00.000Z', 'female', 24, 'PT', 'PT-11', 'Lisboa'),
  viewer(7, '2026-10-26T10:00:00.000Z', 'male', 25, 'PT', '', ''),
  viewer(8, '2026-10-26T10:00:00.000Z', 'male', 25, '', '', ''),
  viewer(9, '2026-10-26T10:00:00.000Z', 'male', 25, 'FR', '', '', true),
  viewer(10, '2026-10-26T10:00:00.000Z', 'female', 40, 'FR', '', ''),
  viewer(11, '2026-10-26T11:00:00.000Z', 'male', 41, 'ES', 'ES-CT', 'Barcelona'),
  // Merged into 11, and there before it.
  viewer(12, '2026-10-01T10:00:00.000Z', 'male', 41, 'ES', 'ES-CT', 'Barcelona'),
  // Was there without an account, and made one after the range.
  viewer(13, '2026-10-29T10:00:00.000Z', 'female', 50, 'ES', 'ES-MD', 'Madrid'),
]

/** 6 comes no more, 11 comes again after a while, 4 was never there before. */
export const FACTS: readonly Fact[] = [
  ...fc.sample(fact(), { numRuns: 160, seed: 2026 }),
  ...['2026-10-19', '2026-10-24'].map((date): Fact => ({
    subject: 13,
    date,
    platform: 'web',
    country: 'ES',
    mask: MEASURED,
    events: 2,
  })),
]
  .filter(({ subject, date }) => !(subject === 6 && date >= FROM))
  .filter(
    ({ subject, date }) =>
      !(subject === 4 && date < FROM) && !(personOf(subject) === 11 && date >= '2026-10-18' && date < FROM),
  )
/** What they did with titles alone, which is all that a title's numbers are made of. */
export const VIEWS: readonly Fact[] = FACTS.map((each) => ({ ...each, events: 0 }))

export interface ListsFixture {
  readonly store: TestEvents
  /** What was recorded since the test began. */
  readonly audited: { action: string; object: string; details?: object | undefined }[]
  setRights(rights: readonly Right[]): void
  get(path: string): Promise<{ status: number; body: Record<string, unknown> }>
  close(): Promise<void>
}

export async function openLists(): Promise<ListsFixture> {
  const store = await openTestEvents()
  await seed(store)
  const audited: ListsFixture['audited'] = []
  let rights: ReadonlySet<Right> = new Set(RIGHTS)
  const server = await openServer(store, { audited, rights: () => rights })
  return {
    store,
    audited,
    setRights: (some) => (rights = new Set(some)),
    async get(path) {
      const answer = await server.inject({ method: 'GET', url: path })
      return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() }
    },
    async close() {
      await server.close()
      await store.close()
    },
  }
}

async function openServer(
  store: TestEvents,
  { audited, rights }: { audited: ListsFixture['audited']; rights: () => ReadonlySet<Right> },
): Promise<HttpServer> {
  const log = createLogger({ role: 'test', level: 'silent' })
  const server = await createHttpServer({
    log,
    authenticate: async () => ({ kind: 'operator', id: 'o1', rights: rights() }),
    requestsPerMinute: 100_000,
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
      findViewer: async () => null,
      viewersAmong: async () => [],
      labelViewers: async (actor, vids) =>
        new Map(
          vids
            .filter((vid) => Number(vid) !== ERASED)
            .map((vid) => [
              vid,
              {
                viewerId: viewerIdOf(Number(vid)),
                label: actor.rights.has('viewers.personal') ? `Name ${vid}` : 'Viewer …',
              },
            ]),
        ),
    },
    catalogue: {
      count: async () => ({ titles: 2, channels: 1 }),
      addedBetween: async () => ({
        total: 3,
        items: [
          { id: 't2', kind: 'movie', name: 'Glass Tide', addedAt: Date.parse('2026-10-25T10:00:00Z') },
          { id: 't3', kind: 'movie', name: 'Salt Letters', addedAt: Date.parse('2026-10-24T22:30:00Z') },
        ],
      }),
      namesOf: async (ids) =>
        new Map(
          ids
            .filter((id) => id in NAMES)
            .map((id) => [id, { name: NAMES[id]!, type: 'movie', isDeleted: false } as const]),
        ),
    },
    subjectsOf: async (vid: Subject) => [vid],
    audit: { record: async ({ action, object, details }) => void audited.push({ action, object, details }) },
    clock: manualClock(0),
    log,
  })
  await audience.routes(server)
  return server
}

const NAMES: Readonly<Record<string, string>> = { t1: 'Night Ferry', t2: 'Glass Tide', t4: 'Quiet Atlas' }

async function seed({ events }: TestEvents): Promise<void> {
  // Links and denials as whoever stitches would have them; reports know these two functions alone.
  const [from, to] = [Object.keys(LINKS), Object.values(LINKS)].map((ids) =>
    ids.map((id) => `toUInt64(${id})`).join(),
  )
  await events.command(
    `CREATE OR REPLACE FUNCTION foyer_person AS (subject) -> transform(subject, [${from}], [${to}], subject)`,
  )
  await events.command(
    `CREATE OR REPLACE FUNCTION foyer_visible AS (subject, mask, purpose) ->
       purpose != 0 AND bitAnd(mask, purpose) = purpose AND subject NOT IN (${DENIED.join()})`,
  )
  await events.insert('viewer', { ndjson: ndjson(VIEWERS.map(viewerRow)), token: 'viewers' })
  await events.insert('events', { ndjson: ndjson(FACTS.flatMap(eventRows)), token: 'events' })
  // What was first thought and what it turned out to be lie in parts of their own, as between two merges.
  for (const rollup of ['subject_day', 'subject_title_day'])
    await events.command(`SYSTEM STOP MERGES ${rollup}`)
  const revisions = FACTS.flatMap(viewRows)
  await events.insert('view_revision', {
    ndjson: ndjson(revisions.map(({ first }) => first)),
    token: 'first thought',
  })
  await events.insert('view_revision', {
    ndjson: ndjson(revisions.flatMap(({ later }) => later)),
    token: 'later',
  })
}

function viewerRow(viewer: Registered): Record<string, unknown> {
  return {
    vid: String(viewer.vid),
    version: '1',
    is_deleted: viewer.isDeleted ? 1 : 0,
    service: 'cine',
    registered_at: viewer.registeredAt.replace('T', ' ').replace('Z', ''),
    gender: viewer.gender,
    age_at_registration: viewer.age,
    country: viewer.country,
    region: viewer.region,
    city: viewer.city,
    consent_mask: UNMEASURED,
  }
}

function eventRows(fact: Fact, index: number): Record<string, unknown>[] {
  return Array.from({ length: fact.events }, (_, number) =>
    eventRow({
      event_id: `01890a5d-ac96-774b-bcce-${String(index * 100 + number).padStart(12, '0')}`,
      ts: `${fact.date} 12:00:00.000`,
      local_date: fact.date,
      subject: String(fact.subject),
      consent_mask: fact.mask,
      platform: fact.platform,
      country: fact.country,
      bytes: String(BYTES),
    }),
  )
}

type ViewRow = Record<string, unknown>

/**
 * A view as it is written: first thought longer, started, of another title and on a platform where it was not, then taken
 * back and written as it was.
 */
function viewRows(fact: Fact, index: number): { first: ViewRow; later: ViewRow[] }[] {
  if (!fact.view) return []
  const { contentId, contentKind, starts, streams, playedMs } = fact.view
  const view = {
    bucket: `${fact.date} 10:00:00`,
    local_date: fact.date,
    view_id: `v${index}`,
    subject: String(fact.subject),
    consent_mask: fact.mask,
    platform: fact.platform,
    country: fact.country,
    device_class: fact.platform === 'tizen' ? 'tv' : '',
    content_id: contentId,
    content_kind: contentKind,
    starts,
    streams,
    played_ms: String(playedMs),
    stalled_ms: String(Math.floor(playedMs / 10)),
    unknown_ms: String(Math.floor(playedMs / 100)),
  }
  const elsewhere = index % 2 === 0 ? { platform: 'roku', content_id: 't1' } : {}
  const thought = { ...view, ...elsewhere, starts: 1, played_ms: '777000' }
  return [
    {
      first: viewRevisionRow({ ...thought, sign: 1 }),
      later: [viewRevisionRow({ ...thought, sign: -1 }), viewRevisionRow({ ...view, sign: 1 })],
    },
  ]
}

function viewer(
  vid: number,
  registeredAt: string,
  gender: string,
  age: number | null,
  country: string,
  region: string,
  city: string,
  isDeleted = false,
): Registered {
  return { vid, registeredAt, gender, age, country, region, city, isDeleted }
}

/** Something that somebody did on one of fifteen days. */
function fact(): fc.Arbitrary<Fact> {
  return fc
    .record({
      subject: fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 901, 902, 903, 904, 905, 906),
      date: fc.constantFrom(...DAYS),
      platform: fc.constantFrom('web', 'tizen', 'android', ''),
      country: fc.constantFrom('ES', 'PT', ''),
      mask: fc.constantFrom(MEASURED, MEASURED, MEASURED, UNMEASURED),
      events: fc.nat(2),
      view: fc.option(
        fc.record({
          content: fc.constantFrom(
            ['t1', 'vod'] as const,
            ['t2', 'vod'] as const,
            ['c9', 'live'] as const,
            ['t1', 'live'] as const,
            ['ad1', 'ad'] as const,
          ),
          starts: fc.nat(1),
          streams: fc.nat(1),
          playedMs: fc.nat(9_000_000),
        }),
        { nil: undefined },
      ),
    })
    .map(({ view, ...rest }) => {
      if (!view) return rest
      const {
        content: [contentId, contentKind],
        starts,
        streams,
        playedMs,
      } = view
      return { ...rest, view: { contentId, contentKind, starts, streams, playedMs } }
    })
}
