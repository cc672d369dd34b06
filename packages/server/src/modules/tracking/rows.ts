import { PLAYBACK_LIMITS } from '@foyer/contracts'
import type { Subject } from '../../platform/ids.ts'
import type { Enrichment } from './enrich.ts'
import type { TrackedEvent } from './recorder-event.ts'
import type { BucketSums } from './view-fold.ts'

/**
 * Rows of EVENTS as JSON texts, one a line: arrays of values in the order of their columns, which are those of
 * migrations/events/0001_events.sql. As objects they were twice as long, and so was the time of an insert.
 */

/** What was found out about an event. */
export interface ResolvedEvent {
  readonly event: TrackedEvent
  readonly eventId: string
  readonly subject: Subject
  readonly isSignedIn: boolean
  /** Pseudonym of the installation; '0' unknown. */
  readonly device: string
  readonly localDate: string
  readonly enrichment: Enrichment
}

const EVENT_VALUES: Readonly<Record<string, (resolved: ResolvedEvent) => unknown>> = {
  event_id: ({ eventId }) => eventId,
  ts: ({ event }) => dateTime(event.ts),
  device_ts: ({ event }) => dateTime(event.deviceTs),
  received_at: ({ event }) => dateTime(event.receivedAt),
  local_date: ({ localDate }) => localDate,
  service: ({ event }) => event.service,
  app: ({ event }) => event.app,
  subject: ({ subject }) => subject,
  is_signed_in: ({ isSignedIn }) => isSignedIn,
  consent_mask: ({ event }) => event.consentMask,
  ledger_seq: () => 0,
  source: ({ event }) => event.source,
  party: ({ event }) => event.party,
  type: ({ event }) => event.type,
  name: ({ event }) => event.name,
  device: ({ device }) => device,
  platform: ({ enrichment }) => enrichment.platform,
  device_class: ({ enrichment }) => enrichment.deviceClass,
  os: ({ enrichment }) => enrichment.os,
  browser: ({ enrichment }) => enrichment.browser,
  vendor: ({ enrichment }) => enrichment.vendor,
  model: ({ enrichment }) => enrichment.model,
  app_version: ({ event }) => event.client.appVersion,
  country: ({ enrichment }) => enrichment.country,
  content_id: ({ event }) => event.contentId,
  content_kind: ({ enrichment }) => enrichment.contentKind,
  content_type: ({ enrichment }) => enrichment.contentType,
  view_id: ({ event }) => event.viewId,
  visit_id: ({ event }) => event.visitId,
  seq: ({ event }) => wholeWithin(event.seq, SEQ_MAX) ?? 0,
  position_ms: ({ event }) => wholeWithin(event.positionMs, POSITION_MS_MAX),
  rate: ({ event }) => (Math.abs(event.rate) <= RATE_MAX ? event.rate : 1),
  bytes: ({ event }) => wholeWithin(event.bytes, PLAYBACK_LIMITS.bytesMax) ?? 0,
  referrer_host: ({ enrichment }) => enrichment.referrerHost,
}

/** Columns of an event's row; the last one is written apart. */
export const EVENT_COLUMNS: readonly string[] = [...Object.keys(EVENT_VALUES), 'properties']
const valuesOfEvent = Object.values(EVENT_VALUES)

export function eventRow(resolved: ResolvedEvent): string {
  const values = toLine(valuesOfEvent.map((valueOf) => valueOf(resolved)))
  return `${values.slice(0, -1)},${propertiesText(resolved.event.properties)}]`
}

/** The bounds of contracts/playback.ts: not every wire has them. */
const SEQ_MAX = 4_294_967_295
const POSITION_MS_MAX = 8_640_000_000_000
const RATE_MAX = 64

/**
 * A whole number from 0, as its column takes it, or null. One that does not fit its column would make the engine refuse
 * the row: the event counts without it, and properties keep what was sent.
 */
function wholeWithin(value: number | null, max: number): number | null {
  return value !== null && value >= 0 && value <= max ? Math.round(value) : null
}

/** What all revisions of a view have in common. */
export interface ViewColumns {
  readonly service: string
  readonly app: string
  readonly viewId: string
  readonly subject: Subject
  readonly consentMask: number
  readonly device: string
  readonly platform: string
  readonly deviceClass: string
  readonly country: string
  readonly contentId: string
  readonly contentKind: string
  readonly contentType: string
}

export interface Revision {
  readonly sign: 1 | -1
  readonly view: ViewColumns
  /** Start of the quarter of an hour, epoch ms. */
  readonly bucket: number
  readonly localDate: string
  readonly sums: Readonly<BucketSums>
  readonly writtenAt: number
}

const REVISION_VALUES: Readonly<Record<string, (revision: Revision) => unknown>> = {
  sign: ({ sign }) => sign,
  bucket: ({ bucket }) => dateTime(bucket).slice(0, 19),
  local_date: ({ localDate }) => localDate,
  service: ({ view }) => view.service,
  app: ({ view }) => view.app,
  view_id: ({ view }) => view.viewId,
  subject: ({ view }) => view.subject,
  consent_mask: ({ view }) => view.consentMask,
  ledger_seq: () => 0,
  device: ({ view }) => view.device,
  platform: ({ view }) => view.platform,
  device_class: ({ view }) => view.deviceClass,
  country: ({ view }) => view.country,
  content_id: ({ view }) => view.contentId,
  content_kind: ({ view }) => view.contentKind,
  content_type: ({ view }) => view.contentType,
  starts: ({ sums }) => sums.starts,
  streams: ({ sums }) => sums.streams,
  played_ms: ({ sums }) => sums.playedMs,
  stalled_ms: ({ sums }) => sums.stalledMs,
  unknown_ms: ({ sums }) => sums.unknownMs,
  written_at: ({ writtenAt }) => dateTime(writtenAt),
}

export const REVISION_COLUMNS: readonly string[] = Object.keys(REVISION_VALUES)
const valuesOfRevision = Object.values(REVISION_VALUES)

export function revisionRow(revision: Revision): string {
  return toLine(valuesOfRevision.map((valueOf) => valueOf(revision)))
}

const DAY_MS = 86_400_000
const padded = (digits: number) => (_: unknown, n: number) => String(n).padStart(digits, '0')
const TWO = Array.from({ length: 60 }, padded(2))
const THREE = Array.from({ length: 1_000 }, padded(3))
/** Days of late: an event's and its receipt's, which differ where a history is loaded. */
const dayTexts = new Map<number, string>()
const DAY_TEXTS_MAX = 1_000

/**
 * Epoch ms as the engine reads it: `YYYY-MM-DD hh:mm:ss.sss`, UTC. Put together by hand: `toISOString` for three columns
 * was a tenth of the recorder's time, and most events are of one day.
 */
export function dateTime(ms: number): string {
  const whole = Math.floor(ms)
  const day = Math.floor(whole / DAY_MS)
  let dayText = dayTexts.get(day)
  if (dayText === undefined) {
    if (dayTexts.size >= DAY_TEXTS_MAX) dayTexts.clear()
    dayText = new Date(day * DAY_MS).toISOString().slice(0, 10)
    dayTexts.set(day, dayText)
  }
  const inDay = whole - day * DAY_MS
  const seconds = Math.floor(inDay / 1_000)
  const minutes = Math.floor(seconds / 60)
  const time = `${TWO[Math.floor(minutes / 60)]}:${TWO[minutes % 60]}:${TWO[seconds % 60]}`
  return `${dayText} ${time}.${THREE[inDay % 1_000]}`
}

/** JSON of one line. Half of a surrogate pair, which JSON can say and the engine refuses, becomes U+FFFD. */
function toLine(row: object): string {
  const json = JSON.stringify(row)
  return json.includes('\\ud') ? json.replace(LONE_SURROGATE, '$1\ufffd') : json
}

/** `JSON.stringify` escapes lone surrogates and writes pairs as they are. An escaped backslash before is not part of it. */
const LONE_SURROGATE = /((?<!\\)(?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g

/**
 * Properties as the engine's JSON type takes them: whole numbers beyond its 64 bits are kept as texts, and keys are told
 * apart. Neither is looked for value by value before the text says that there may be one.
 */
function propertiesText(properties: Readonly<Record<string, unknown>>): string {
  const text = toLine(properties)
  if (!/\d{19}/.test(text) && !/%(?:25)*2E/.test(text)) return text
  return JSON.stringify(JSON.parse(text), (_, value: unknown) => {
    if (typeof value === 'number') return Math.abs(value) >= 2 ** 63 ? String(value) : value
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [toldApart(key), inner]))
  })
}

/**
 * The engine writes the dots of a key as `%2E`, so `a.b` and `a%2Eb` would be one property, and the second was read back
 * as the first. Of a key that has `%2E` itself the percent sign is written as `%25`, and so on: whoever reads keys for
 * what was sent replaces `/%25(?=(?:25)*2E)/g` by `%`. All other keys stay as they are.
 */
function toldApart(key: string): string {
  return key.replace(/%(?=(?:25)*2E)/g, '%25')
}
