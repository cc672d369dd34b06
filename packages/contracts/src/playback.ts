import { z } from 'zod'
import { identifier, timestamp } from './values.ts'

/**
 * The native wire of players: `POST /v1/playback`.
 *
 * One request carries one batch of one view (a playback). The body is JSON, sent as `application/json` or, so that a
 * beacon of a closing page needs no preflight, as `text/plain`; gzip is taken. Fields are camelCase with their unit at
 * the end: times are epoch milliseconds of the device's clock (`ts`, `sentAt`), durations and positions milliseconds
 * (`Ms`), rates kbps (`Kbps`, 1 kbps = 1000 bit/s), volumes bytes. Booleans read as claims (`isFatal`).
 *
 * Answer: 204 when every event was taken; 200 with `refused` when some were not or there is something to say; the
 * others are durable. `(viewId, seq)` identifies an event: sent again, in any order, it counts once.
 * `docs/reference/playback-wire.md` is the reference for people.
 */

/** Limits of one batch. What is above them is refused by name. */
export const PLAYBACK_LIMITS = {
  /** Bytes of the body after decompression: 1 MB. */
  batchBytesMax: 1_048_576,
  /** Bytes of one event as JSON: 32 KB. */
  eventBytesMax: 32_768,
  /** Events in a batch: what a player keeps while it is offline. */
  eventsMax: 3_600,
  /**
   * Bytes that one event counts: 1 TB, a day at 90 Mbit/s. The sums of invoices are of 64 bits, and whoever reads a browser
   * key may send: it takes nine million such events to overflow a sum, where ten thousand of 1e15 did.
   */
  bytesMax: 1_000_000_000_000,
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

/** Types that Foyer gives a meaning to. Any other type is stored and drawn under its own name. */
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

/** The kind of device in the viewer's hand or room; `bot` where no person is behind it. */
export const deviceClass = z.enum([
  'desktop',
  'mobile',
  'tablet',
  'tv',
  'console',
  'settop',
  'bot',
  'other',
  'unknown',
])
export type DeviceClass = z.infer<typeof deviceClass>

const ms = z.number().min(0).max(8_640_000_000_000)
const count = z.number().int().min(0).max(1e15)
const kbps = z.number().min(0).max(10_000_000)
const pixels = z.number().min(0).max(65_536)
const word = z.string().max(64)
const code = z.string().max(128)

/** One event of a player. What stands for one type only is named with it. Other fields are kept as properties. */
export const playbackEvent = z.looseObject({
  /** What happened: one of `PLAYBACK_TYPES` or a type of your own. */
  type: z
    .string()
    .regex(/^[A-Za-z][\w.:-]{0,63}$/, 'a letter, then letters, digits, _ . : or -, at most 64 characters'),
  /** Number of the event within its view, from 0. With `viewId` it identifies the event: sent twice, it counts once. */
  seq: z.number().int().min(0).max(4_294_967_295),
  /** Device clock, epoch ms. */
  ts: timestamp,
  /** Monotonic clock, ms since the view began. Durations come from it alone. */
  monoMs: ms,
  /** Position in the content, ms; on live the PROGRAM-DATE-TIME at the playhead as epoch ms; null when unknown. */
  positionMs: ms.nullable().optional(),
  /** Playback rate; 1 is normal speed. */
  rate: z.number().min(-64).max(64).optional(),
  /** How far behind the live edge the playhead is. */
  liveLatencyMs: ms.optional(),

  /** `player_loaded`: from the page's beginning until the player was ready. */
  loadMs: ms.optional(),
  /** `play`: nobody pressed play. */
  isAutoplay: z.boolean().optional(),
  /** `play`, `volume`, `heartbeat`. */
  isMuted: z.boolean().optional(),
  /** `first_frame`: from `play` until the first frame moved, advertising included. */
  startupMs: ms.optional(),
  /** `first_frame`: it was an advertisement's. */
  isAd: z.boolean().optional(),
  /** `stall_end`, `seek_end`, `request`: how long it took. */
  durationMs: ms.optional(),
  /** `seek_end`: position before and after. */
  fromMs: ms.optional(),
  toMs: ms.optional(),
  /** `seek_end`: user gestures that were joined into this seek. */
  gestures: count.optional(),

  /** `heartbeat`: ranges of the content that were played since the last one, [from, to] in ms. */
  ranges: z
    .array(z.tuple([ms, ms]))
    .max(200)
    .optional(),
  /** `heartbeat`: wall time in the playing state since the last one. */
  playedMs: ms.optional(),
  /** `heartbeat`: wall time stalled since the last one. */
  stalledMs: ms.optional(),
  /** `heartbeat`: content buffered ahead of the playhead. */
  bufferMs: ms.optional(),
  /** `heartbeat`: frames since the last one. */
  framesDecoded: count.optional(),
  framesDropped: count.optional(),
  /** `heartbeat`: what the player believes the network gives. */
  bandwidthKbps: kbps.optional(),
  /** `heartbeat`: the page or app is in front. */
  isVisible: z.boolean().optional(),
  /** `heartbeat`, `volume`: 0 to 1. */
  volume: z.number().min(0).max(1).optional(),

  /** `rendition`: bitrate of the rendition now shown. */
  bitrateKbps: kbps.optional(),
  /** `rendition`: decoded size. */
  widthPx: pixels.optional(),
  heightPx: pixels.optional(),
  /** `heartbeat`, `mode`: size of the player on the screen. */
  playerWidthPx: pixels.optional(),
  playerHeightPx: pixels.optional(),
  /** `rendition`. */
  framesPerSecond: z.number().min(0).max(1_000).optional(),
  /** `rendition`: RFC 6381, such as avc1.4d401f. */
  codec: word.optional(),

  /** `request`: bytes received. */
  bytes: count.max(PLAYBACK_LIMITS.bytesMax).optional(),
  /** `request`: how many are summed up in this event; 1 when absent. */
  requests: count.optional(),
  /** `request`: of those, how many failed. */
  failures: count.optional(),
  /** `request`: time to the first byte, mean and longest. */
  ttfbMs: ms.optional(),
  ttfbMsMax: ms.optional(),
  /** `request`: host that served it. */
  host: z.string().max(253).optional(),

  /** `mode`: fullscreen, inline, pip, background, cast. `track`: audio or text. */
  mode: word.optional(),
  /** `track`: BCP 47 tag of the language chosen; empty for none. */
  language: z.string().max(35).optional(),

  /** `ad_*`. */
  adId: identifier.optional(),
  creativeId: identifier.optional(),
  /** `ad_*`: pre, mid or post. */
  adBreak: word.optional(),
  /** `ad_*`: place in its break, from 0. */
  adIndex: count.optional(),
  /** `ad_*`: stitched into the stream by the server. */
  isServerSide: z.boolean().optional(),

  /** `error`: the player's code. */
  code: code.optional(),
  /** `error`: the player's words, at most 256 characters. */
  message: z.string().max(256).optional(),
  /** `error`: whether playback ended for it. */
  isFatal: z.boolean().optional(),
  /** `error`: player, network, drm, or business (a refusal by the operator's own rules, such as a country). */
  kind: word.optional(),
  /** `error`: HTTP status, when there was one. */
  httpStatus: z.number().int().min(0).max(999).optional(),
  /** `view_end`: pagehide, stop, next, error or timeout. `rendition`: why it changed. */
  reason: word.optional(),

  /** `custom`: its name, and what it says. */
  name: code.optional(),
  data: z.record(z.string(), z.unknown()).optional(),
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
  /** Signed token that says who is watching; see docs/guides/viewer-tokens.md. One that is not valid leaves the events anonymous. */
  viewerToken: z.string().max(4_096).nullable().optional(),
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

/** What is checked before its events are looked at one by one: a batch that fails it is refused as a whole. */
export const playbackEnvelope = playbackBatch.extend({ events: z.array(z.unknown()).min(1) })

/** One event that was not taken, and why. */
export const refusedEvent = z.object({
  /** Place in the batch, from 0. */
  index: z.number().int(),
  /** `messageId`, or `viewId:seq` of a native event, where it could be read. */
  messageId: z.string().optional(),
  /** A stable code of the problem catalogue: event.invalid, event.too_large, event.too_old or event.in_future. */
  code: z.string(),
  /** The field that is wrong, as a path such as `context.content.id`. */
  field: z.string().optional(),
  /** What is wrong with it, for people. */
  message: z.string(),
})
export type RefusedEvent = z.infer<typeof refusedEvent>

/** Something that the sender should know although its events were taken. */
export const intakeDiagnostic = z.object({ code: z.string(), message: z.string() })
export type IntakeDiagnostic = z.infer<typeof intakeDiagnostic>

/** Body of a 200: some events were refused or there is something to say; what was accepted is durable. */
export const intakeReport = z.object({
  success: z.literal(true),
  /** Events that were taken. */
  accepted: z.number().int(),
  refused: z.array(refusedEvent),
  /** Absent when there are none. */
  diagnostics: z.array(intakeDiagnostic).optional(),
})
export type IntakeReport = z.infer<typeof intakeReport>
