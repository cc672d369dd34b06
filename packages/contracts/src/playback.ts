import { z } from 'zod'
import { identifier, timestamp } from './values.ts'

/**
 * The native wire of players: `POST /v1/playback`.
 *
 * One request carries one batch of one view (a playback). The body is JSON, sent as `application/json` or, so that a
 * beacon of a closing page needs no preflight, as `text/plain`. Times are epoch milliseconds of the device's clock,
 * durations and positions are milliseconds, rates are kbps (1 kbps = 1000 bit/s), volumes are bytes.
 *
 * Answer: 204 when every event was taken, 200 with `refused` when some were not.
 */

/** Limits of one batch. What is above them is refused by name. */
export const PLAYBACK_LIMITS = {
  /** Bytes of the body after decompression. */
  batchBytesMax: 1_000_000,
  /** Bytes of one event as JSON. */
  eventBytesMax: 32_768,
  /** Events in a batch. */
  eventsMax: 3_600,
} as const

/** What is drawn on the viewer's events chart under these names (R37): several native types may share one. */
export const PLAYER_EVENT_NAMES = {
  play: 'Play',
  resume: 'Play',
  playing: 'Playing',
  seek_end: 'Seek',
  pause: 'Pause',
  stall_start: 'Buffering',
  player_loaded: 'Player_loaded',
} as const

/** Types that Foyer gives a meaning to. Any other lower_snake_case type is stored and drawn under its own name. */
export const PLAYBACK_TYPES = [
  'player_loaded',
  'play',
  'first_frame',
  'resume',
  'playing',
  'pause',
  'stall_start',
  'stall_end',
  'seek_start',
  'seek_end',
  'heartbeat',
  'rendition',
  'request',
  'rate',
  'volume',
  'mode',
  'track',
  'ad_break_start',
  'ad_break_end',
  'ad_start',
  'ad_q1',
  'ad_q2',
  'ad_q3',
  'ad_end',
  'ad_skip',
  'ad_click',
  'ad_error',
  'error',
  'ended',
  'view_end',
  'custom',
] as const

/** What was played: a title (vod), a channel (live), or something else that has a position. */
export const contentKind = z.enum(['vod', 'live', 'ad', 'broadcast'])
export type ContentKind = z.infer<typeof contentKind>

/** Where an app runs. */
export const platformName = z.enum([
  'web',
  'ios',
  'android',
  'tizen',
  'webos',
  'hbbtv',
  'roku',
  'firetv',
  'console',
  'settop',
])
export type PlatformName = z.infer<typeof platformName>

/** The kind of device in the viewer's hand or room. */
export const deviceClass = z.enum([
  'desktop',
  'mobile',
  'tablet',
  'tv',
  'console',
  'settop',
  'other',
  'unknown',
])
export type DeviceClass = z.infer<typeof deviceClass>

const ms = z.number().finite().min(0).max(8_640_000_000_000)
const count = z.number().int().min(0).max(1e15)

/** One event of a player. Fields beyond these are kept as properties. */
export const playbackEvent = z.looseObject({
  /** What happened: one of `PLAYBACK_TYPES` or a type of your own. */
  type: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'lower_snake_case, at most 40 characters'),
  /** Number of the event within its view, from 0. With `viewId` it identifies the event: sent twice, it counts once. */
  seq: z.number().int().min(0).max(4_294_967_295),
  /** Device clock, epoch ms. */
  ts: timestamp,
  /** Monotonic clock, ms since the view began. Durations come from it alone. */
  monoMs: ms,
  /** Position in the content, ms; on live the PROGRAM-DATE-TIME at the playhead as epoch ms; null when unknown. */
  positionMs: ms.nullable().optional(),
  /** Playback rate; 1 is normal speed. */
  rate: z.number().finite().min(-64).max(64).optional(),
  /** Seconds behind the live edge, in ms. */
  liveLatencyMs: ms.optional(),
  /** `request`: bytes received. */
  bytes: count.optional(),
  /** `rendition`: bitrate of the rendition now shown. */
  bitrateKbps: z.number().finite().min(0).max(10_000_000).optional(),
  /** `error`: the player's code. */
  code: z.string().max(128).optional(),
  /** `error`: whether playback ended for it. */
  isFatal: z.boolean().optional(),
  /** `view_end`: pagehide, stop, next, error or timeout. */
  reason: z.string().max(64).optional(),
  /** `heartbeat`: ranges of the content that were played since the last one, [from, to] in ms. */
  ranges: z
    .array(z.tuple([ms, ms]))
    .max(200)
    .optional(),
  /** `custom`: its name. */
  name: z.string().max(128).optional(),
})
export type PlaybackEvent = z.infer<typeof playbackEvent>

/** What holds for all events of a batch. */
export const playbackContext = z.looseObject({
  /** The playback, made by the client when the viewer asked for it. */
  viewId: identifier,
  /** The installation; a stable id of the app's own, only with the purpose deviceStorage. */
  deviceId: identifier,
  /** The id before sign-in, when it is not the device's. */
  anonymousId: identifier.optional(),
  /** Navigation session (30 minutes idle). */
  visitId: identifier.optional(),
  /** Signed token that says who is watching; see docs/guides/viewer-tokens.md. */
  viewerToken: z.string().max(4_096).optional(),
  content: z.looseObject({
    /** The id in the catalogue: a title's, or a channel's for live. */
    id: identifier,
    kind: contentKind,
    title: z.string().max(256).optional(),
    durationMs: ms.nullable().optional(),
  }),
  player: z
    .looseObject({ name: z.string().max(64), version: z.string().max(64) })
    .partial()
    .optional(),
  /** What the app knows of its device; it wins over the user agent. */
  device: z
    .looseObject({
      class: deviceClass,
      platform: platformName,
      vendor: z.string().max(64),
      model: z.string().max(64),
      os: z.string().max(64),
    })
    .partial()
    .optional(),
  app: z
    .looseObject({ version: z.string().max(64) })
    .partial()
    .optional(),
  cdn: z.string().max(64).optional(),
  page: z
    .looseObject({ url: z.string().max(2_048), referrer: z.string().max(2_048) })
    .partial()
    .optional(),
  /** Purposes that the client knows to be allowed; it can narrow what the server allows, never widen it. */
  consentMask: z.number().int().min(0).max(4_294_967_295).optional(),
})
export type PlaybackContext = z.infer<typeof playbackContext>

/** The request body of `POST /v1/playback`. */
export const playbackBatch = z.looseObject({
  v: z.literal(1),
  /** The app's write key; a Basic or Bearer Authorization header serves as well. */
  key: z.string().max(128).optional(),
  /** Device clock when the batch was sent, epoch ms: the server corrects the device's clock by it. */
  sentAt: timestamp,
  sdk: z.looseObject({ name: z.string().max(64), version: z.string().max(64) }).optional(),
  context: playbackContext,
  events: z.array(playbackEvent).min(1).max(PLAYBACK_LIMITS.eventsMax),
})
export type PlaybackBatch = z.infer<typeof playbackBatch>

/** One event that was not taken, and why. */
export const refusedEvent = z.object({
  /** Place in the batch, from 0. */
  index: z.number().int(),
  /** `messageId`, or `viewId:seq` of a native event, where it could be read. */
  messageId: z.string().optional(),
  /** A stable code of the problem catalogue. */
  code: z.string(),
  /** The field that is wrong, as a path. */
  field: z.string().optional(),
  /** What is wrong with it, for people. */
  message: z.string(),
})
export type RefusedEvent = z.infer<typeof refusedEvent>

/** Body of a 200: some events were refused, the others are durable. */
export const intakeReport = z.object({
  success: z.literal(true),
  accepted: z.number().int(),
  refused: z.array(refusedEvent),
})
export type IntakeReport = z.infer<typeof intakeReport>
