import { z } from 'zod'
import { contentKind } from './playback.ts'
import { instant } from './values.ts'

/**
 * Live: who is there and what plays at this moment, counted in memory as events are recorded. It holds no person: only
 * sums. Words and windows are explained in docs/guides/live.md.
 */

/** Windows and limits of the live picture. */
export const LIVE = {
  /** Somebody is there, and a play is under way, until so long after the last event, ms. Players report every 10 s. */
  presentMs: 30_000,
  /** A stalled play, ms: players report at least every 30 s. */
  stalledMs: 45_000,
  /** A paused play, ms: players report at least every 60 s. */
  pausedMs: 150_000,
  /** Events per second are a mean over so many whole seconds, ms. */
  rateMs: 10_000,
  /** One point of the history, ms. */
  stepMs: 5_000,
  /** Points of the history: five minutes. */
  stepsMax: 60,
  /** Titles and channels in the list; the others are in the sums alone. */
  titlesMax: 20,
  /** Plays and people that are followed at once. Above, newcomers are not counted and the picture says so. */
  playsMax: 100_000,
  peopleMax: 200_000,
  /** Without news from the recorder for so long the picture counts as lost, ms. */
  lostMs: 5_000,
} as const

export const liveQuery = z.object({ service: z.string().min(1).max(64) })
export type LiveQuery = z.infer<typeof liveQuery>

const total = z.number().int().min(0)
/** Events per second, to one decimal. */
const eventsPerSecond = z.number().min(0)
/** Distinct people, and plays under way (playing, stalled or in an ad). */
const counted = { viewers: total, plays: total }

/** What one service looks like at one moment. */
export const livePicture = z.object({
  /**
   * Distinct people with a play, under way or paused, or with any event within the window. Who signed in counts as one
   * person on all devices; who did not, as one for each device and sign-out.
   */
  viewers: z.object({ signedIn: total, anonymous: total }),
  /** Plays by what the viewer sees. Under way are playing, stalled and ad; a seek counts as what it interrupts. */
  plays: z.object({
    playing: total,
    stalled: total,
    ad: total,
    paused: total,
    /** Asked for, without a picture yet. */
    starting: total,
  }),
  eventsPerSecond,
  /** Five minutes up to now, oldest first; the last point is not over. */
  history: z.array(
    z.object({
      at: instant,
      /** The most at a time within the point; null where nobody counted, as before a restart. */
      viewers: total.nullable(),
      plays: total.nullable(),
      /** Events received. */
      events: total,
    }),
  ),
  /** Somebody with two platforms counts on both. Most plays first. */
  platforms: z.array(z.object({ platform: z.string(), ...counted })),
  /** ISO 3166-1 alpha-2; empty unknown. Most viewers first. */
  countries: z.array(z.object({ country: z.string(), ...counted })),
  /** What is played most at this moment, at most `LIVE.titlesMax`. */
  titles: z.array(
    z.object({
      contentId: z.string(),
      contentKind: z.union([contentKind, z.literal('')]),
      /** From the catalogue; null when it holds no such title. */
      name: z.string().nullable(),
      ...counted,
    }),
  ),
  /** Titles and channels that are played, listed or not. */
  titlesTotal: total,
})
export type LivePicture = z.infer<typeof livePicture>

/** `GET /v1/reports/live`, and each `live` event of its stream. */
export const liveReport = livePicture.extend({
  /** Id of the service. */
  service: z.string(),
  /** The moment that is shown. */
  at: instant,
  /** How far recording lies behind that moment's clock, ms; 0 while it keeps up. */
  behindMs: total,
  /** More people or plays than are followed: all numbers are at least so high. */
  isPartial: z.boolean(),
  /** Every service where something happens, this one among them, most viewers first. */
  services: z.array(z.object({ service: z.string(), ...counted, eventsPerSecond })),
})
export type LiveReport = z.infer<typeof liveReport>
