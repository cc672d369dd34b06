import {
  PLAYER_EVENT_NAMES,
  type ViewerEvent,
  type ViewerEventsReport,
  type ViewerOverviewReport,
} from '@foyer/contracts'
import { Problem } from '../../platform/errors.ts'
import type { Subject } from '../../platform/ids.ts'
import type { Events } from '../../storage/index.ts'
import { boundsOf, checkRange, toInstant, type LocalRange } from './calendar.ts'
import { minutesOf } from './overview.ts'
import { ANALYTICS_PURPOSE, viewerEvents, viewerEventTypes, viewerOverview } from './queries.ts'

/** A viewer as reports need one. */
export interface ReportedViewer {
  readonly viewerId: string
  /** The vid that stands for the person in EVENTS. */
  readonly vid: Subject
  /** All subjects that belong to the person, the vid among them. */
  readonly subjects: readonly Subject[]
}

/** Which viewer, where, when. */
export interface ViewerScope {
  readonly viewer: ReportedViewer
  readonly service: string
  readonly range: LocalRange
  readonly signal: AbortSignal
}

/** Streams, playback starts and minutes of one viewer (R36); all 0 where nothing was played. */
export async function viewerOverviewOf(events: Events, scope: ViewerScope): Promise<ViewerOverviewReport> {
  checkRange(scope.range)
  const { from, to } = scope.range
  const [row] = await events.run(viewerOverview, { ...personOf(scope), from, to }, { signal: scope.signal })
  return {
    ...headOf(scope),
    starts: row?.starts ?? 0,
    streams: row?.streams ?? 0,
    minutes: minutesOf(row?.played_ms ?? 0),
  }
}

/** The player events of one viewer in order of time, a page of them (R37–R39). */
export async function viewerEventsOf(
  deps: { events: Events; titleNames(ids: readonly string[]): Promise<ReadonlyMap<string, string>> },
  scope: ViewerScope,
  page: { limit: number; cursor?: string | undefined },
): Promise<ViewerEventsReport> {
  checkRange(scope.range)
  const after = page.cursor === undefined ? BEFORE_ALL : readCursor(page.cursor)
  const { start: from, end: to } = boundsOf(scope.range)
  const params = { ...personOf(scope), from, to }
  const { signal } = scope
  const [types, rows] = await Promise.all([
    deps.events.run(viewerEventTypes, params, { signal }),
    deps.events.run(
      viewerEvents,
      // One more than asked for tells whether there are further ones.
      { ...params, afterAt: after.at, afterId: after.id, limit: page.limit + 1 },
      { signal },
    ),
  ])
  const shown = rows.slice(0, page.limit)
  const last = shown.at(-1)
  const names = await deps.titleNames([...new Set(shown.map((row) => row.content_id))])
  return {
    ...headOf(scope),
    types: types.map(({ type, total }) => ({ type, name: eventNameOf(type), total })),
    items: shown.map((row) => ({
      eventId: row.id,
      at: toInstant(row.at, scope.range.timeZone),
      date: row.date,
      type: row.type,
      name: eventNameOf(row.type),
      contentId: row.content_id,
      contentKind: row.content_kind as ViewerEvent['contentKind'],
      contentName: names.get(row.content_id) ?? null,
      position: positionOf(row),
      device: {
        class: row.device_class as ViewerEvent['device']['class'],
        platform: row.platform,
        vendor: row.vendor,
        model: row.model,
        os: row.os,
        browser: row.browser,
      },
      viewId: row.view_id,
    })),
    next: rows.length > page.limit && last ? writeCursor({ at: last.at, id: last.id }) : null,
  }
}

/** The name under which a type is drawn (R37): Play is play and resume, Buffering is stall_start; any other keeps its own. */
export function eventNameOf(type: string): string {
  return Object.hasOwn(PLAYER_EVENT_NAMES, type)
    ? PLAYER_EVENT_NAMES[type as keyof typeof PLAYER_EVENT_NAMES]
    : type
}

/**
 * Where in the content: into a title, or on live how far the playhead, whose position is a time of day, was behind the
 * moment of the event.
 */
export function positionOf(event: {
  at: number
  content_kind: string
  position_ms: number | null
}): ViewerEvent['position'] {
  if (event.position_ms === null) return null
  if (event.content_kind !== 'live') return { kind: 'content', ms: event.position_ms }
  return { kind: 'behindLive', ms: event.at - event.position_ms }
}

interface Cursor {
  readonly at: number
  readonly id: string
}

const BEFORE_ALL: Cursor = { at: -8_000_000_000_000, id: '00000000-0000-0000-0000-000000000000' }

function writeCursor(cursor: Cursor): string {
  return Buffer.from(`${cursor.at} ${cursor.id}`).toString('base64url')
}

function readCursor(text: string): Cursor {
  const [, at, id] = /^(-?\d{1,14}) ([0-9a-f-]{36})$/.exec(Buffer.from(text, 'base64url').toString()) ?? []
  if (at === undefined || id === undefined)
    throw new Problem('request.invalid', 'The cursor is not one that this list gave.', {
      errors: [{ field: 'querystring.cursor', message: 'not a cursor of this list' }],
    })
  return { at: Number(at), id }
}

function headOf({ viewer, service, range }: ViewerScope) {
  return { service, timeZone: range.timeZone, from: range.from, to: range.to, viewerId: viewer.viewerId }
}

function personOf({ viewer, service }: ViewerScope) {
  return { service, subjects: [...viewer.subjects], person: viewer.vid, purpose: ANALYTICS_PURPOSE }
}
