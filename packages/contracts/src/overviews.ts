import { z } from 'zod'
import { contentKind, deviceClass } from './playback.ts'
import { compared, reportQuery } from './reports.ts'
import { localDate, timeZone } from './values.ts'

/**
 * Overviews beside the general one: what an editor and what an engineer want to know first. Like every report they count
 * local days of the service's zone, both included, and compare them with as many days before.
 */
export const overviewQuery = reportQuery
export type OverviewQuery = z.infer<typeof overviewQuery>

const scope = {
  service: z.string(),
  timeZone,
  from: localDate,
  to: localDate,
  /** The range compared with. */
  previous: z.object({ from: localDate, to: localDate }),
}

const total = z.number().int().min(0)
const titleUse = z.object({
  contentId: z.string(),
  contentKind,
  /** From the catalogue; null when it holds no such title. */
  name: z.string().nullable(),
  /** Registered viewers with any start of it. */
  viewers: total,
  /** The same, of people who are not signed in. */
  visitors: total,
  starts: total,
  streams: total,
  minutes: compared,
})
export type TitleUse = z.infer<typeof titleUse>

/** `GET /v1/reports/overview/content`: what was watched, and what is watched more or less than before. */
export const contentOverview = z.object({
  ...scope,
  /** Titles and channels with any start. */
  titlesWatched: compared,
  starts: compared,
  /** Starts that reached 5 s of continuous play. */
  streams: compared,
  minutes: compared,
  /** Of channels alone. */
  liveMinutes: compared,
  /** The most minutes first. */
  titles: z.array(titleUse),
  /** Whose minutes moved most, up and down: by minutes, never by percent. */
  movers: z.object({ up: z.array(titleUse), down: z.array(titleUse) }),
  /** Titles and channels that the catalogue got within the range, the most minutes first. */
  added: z.object({ total, titles: z.array(titleUse.extend({ addedOn: localDate })) }),
})
export type ContentOverview = z.infer<typeof contentOverview>

/** What was played, how well, and for how long nothing vouches. All ms are sums; ratios are for the reader, of sums. */
const quality = z.object({
  /** Requests to play. */
  starts: total,
  streams: total,
  /** Wall time in the playing state, ms. */
  playedMs: total,
  /** Wall time stalled after the first frame, seeks apart, ms. */
  stalledMs: total,
  /** Wall time that nothing vouches for: sleep, freeze, a player that fell silent, ms. */
  unknownMs: total,
})
export type Quality = z.infer<typeof quality>
const qualities = { value: quality, previous: quality }

/** `GET /v1/reports/overview/quality`: how well it played, on what, and what it weighed. */
export const qualityOverview = z.object({
  ...scope,
  total: z.object(qualities),
  days: z.array(quality.extend({ date: localDate, bytes: total })),
  /** The most starts first; an empty name stands for platforms that are not known. */
  platforms: z.array(z.object({ platform: z.string(), ...qualities })),
  /** By class of device, the most starts first. */
  devices: z.array(z.object({ deviceClass, ...qualities })),
  /** Bytes that players reported, for invoices. */
  bytes: compared,
  /** Platforms that moved the stalled time most, up or down, by that move. */
  changes: z.array(z.object({ platform: z.string(), stalledMs: compared })),
})
export type QualityOverview = z.infer<typeof qualityOverview>
