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

export const ANALYTICS = purposeMask(['service', 'analytics'])
export const SERVICE_ONLY = purposeMask(['service'])

/** Whom a subject belongs to, where that is somebody else. */
export const LINKS: Readonly<Record<number, number>> = { 901: 1, 902: 2, 903: 2, 12: 11 }
/** Subjects that a restriction hides. */
export const DENIED: readonly number[] = [10, 906]

export const personOf = (subject: number): number => LINKS[subject] ?? subject
export const viewerIdOf = (vid: number): string => `01890a5d-ac96-774b-bcce-${String(vid).padStart(12, '0')}`
/** A viewer of EVENTS whom RECORDS no longer holds. */
export const ERASED = 5

export interface ListsFixture {
  readonly store: TestEvents
  /** What was recorded since the test began. */
  readonly audited: { action: string; object: string; details?: object | undefined }[]
  setRights(rights: readonly Right[]): void
  get(path: string): Promise<{ status: number; body: Record<string, unknown> }>
  close(): Promise<void>
}

export async function openLists(
  facts: readonly Fact[],
  viewers: readonly Registered[],
): Promise<ListsFixture> {
  const store = await openTestEvents()
  await seed(store, facts, viewers)
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
        id === 'cine' ? { id, timeZone: 'Europe/Madrid', localCountry: 'ES', language: 'es' } : null,
      findViewer: async () => null,
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

async function seed(
  { events }: TestEvents,
  facts: readonly Fact[],
  viewers: readonly Registered[],
): Promise<void> {
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
  await events.insert('viewer', { ndjson: ndjson(viewers.map(viewerRow)), token: 'viewers' })
  await events.insert('events', { ndjson: ndjson(facts.flatMap(eventRows)), token: 'events' })
  await events.insert('view_revision', { ndjson: ndjson(facts.flatMap(viewRows)), token: 'views' })
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
    consent_mask: SERVICE_ONLY,
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
    }),
  )
}

/** A view as it is written: first thought otherwise, then taken back and written as it was. */
function viewRows(fact: Fact, index: number): Record<string, unknown>[] {
  if (!fact.view) return []
  const { contentId, contentKind, starts, streams, playedMs } = fact.view
  const row = (playedMs: number, starts: number, sign: number) =>
    viewRevisionRow({
      sign,
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
    })
  return [row(777_000, 1, 1), row(777_000, 1, -1), row(playedMs, starts, 1)]
}
