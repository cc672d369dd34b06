import { z } from 'zod'

/**
 * What is true of a simulated world, by construction: counted from what was planned and played, never from what players
 * reported. Reports are held against it.
 *
 * *Counted* is what the purpose analytics may see: people, visitors and homes that did not refuse it, until they withdrew
 * it, and no machines. Durations are ms of wall time in the playing state; a day is a local day of the service.
 */

const total = z.number().int().min(0)
const ms = z.number().int().min(0)
const localDate = z.iso.date()
const instant = z.iso.datetime()
const externalId = z.string()

const watched = { starts: total, streams: total, playedMs: ms }
/** Sums over one title, platform or country. */
export const watchedSums = z.object(watched)
export type WatchedSums = z.infer<typeof watchedSums>

const startsAndTime = z.object({ starts: total, playedMs: ms })

/** People who own accounts, as they registered; everybody at the end of the history. */
const registered = z.object({
  total,
  byGender: z.record(z.string(), total),
  /** ISO 3166-1. */
  byCountry: z.record(z.string(), total),
  /** By the age ranges of `contracts/reports.ts`, in whole years at registration; `unknown` without a birth date. */
  byAge: z.record(z.string(), total),
  /** Local day of registration; days before the history are left out. */
  byDay: z.record(localDate, total),
})

const counted = z.object({
  ...watched,
  events: total,
  /** Registered people with any event, what was linked to them included. */
  activeViewers: total,
  /** Anonymous people with any event: what was never linked to anybody. */
  anonymousVisitors: total,
  byDay: z.record(
    localDate,
    z.object({ ...watched, events: total, activeViewers: total, signedInViewers: total }),
  ),
  byTitle: z.record(z.string(), watchedSums),
  byPlatform: z.record(z.string(), watchedSums),
  byCountry: z.record(z.string(), watchedSums),
  /** The same people as they are seen before any device is linked with anybody. */
  unlinked: z.object({
    activeViewers: total,
    /** Stretches of anonymous use, each a person of its own. */
    anonymousVisitors: total,
  }),
})

const serviceTruth = z.object({
  timeZone: z.string(),
  registered,
  counted,
  /** What happened and may not be counted, machines apart. */
  refused: z.object({ ...watched, events: total }),
  /** The local day with most playing; null when nothing was played. */
  peakDay: localDate.nullable(),
})

/** Somebody with an account who did anything. What may not be counted is in neither sum. */
const person = z.object({
  externalId,
  service: z.string(),
  /** While signed in. */
  ...watched,
  events: total,
  /**
   * What nobody was signed in for and is this person's all the same: on a device where this person was the next to sign
   * in, with nobody signed in between.
   */
  linked: z.object({ ...watched, events: total }),
  /** Local day of the last of all that. */
  lastActiveOn: localDate,
})

export const truthSchema = z.object({
  version: z.literal(1),
  seed: z.number().int(),
  viewers: total,
  days: total,
  from: instant,
  until: instant,
  services: z.record(z.string(), serviceTruth),
  /** The scene that is watched again: how often it was played from beginning to end, and in how many views. */
  scene: z.object({ contentId: z.string(), fromMs: ms, toMs: ms, passes: total, views: total }),
  /** The series that one age bracket loves, beside everything. */
  lovedSeries: z.object({
    id: z.string(),
    bracket: z.string(),
    plantedLift: z.number(),
    /** Starts by signed-in people in and out of the bracket, whether or not they told their age. */
    inBracket: z.object({ series: total, all: total }),
    others: z.object({ series: total, all: total }),
    /** What is counted of registered people, `linked` included, by their age range at registration: what reports can see. */
    byAge: z.record(z.string(), z.object({ series: startsAndTime, all: startsAndTime })),
  }),
  /** Delivery networks: the bad one stalls. People only. */
  cdns: z.record(
    z.string(),
    z.object({ isBad: z.boolean(), views: total, stalls: total, stalledMs: ms, playedMs: ms }),
  ),
  /** Who stopped watching for good within the history. */
  churners: z.array(
    z.object({
      externalId,
      service: z.string(),
      leftAt: instant,
      cause: z.enum(['rebuffering', 'price', 'series_finished']),
    }),
  ),
  /** Accounts whose token others use. */
  fraud: z.array(
    z.object({
      externalId,
      service: z.string(),
      since: instant,
      /** Devices in other hands. */
      deviceIds: z.array(z.string()),
    }),
  ),
  bots: z.object({
    events: total,
    /** Requests to play. */
    views: total,
    /** All of them come to the first service; its local days. */
    byDay: z.record(localDate, z.object({ events: total, views: total })),
    userAgents: z.array(z.string()),
  }),
  consent: z.object({
    /** Registered people who never agreed to be counted. */
    refused: z.array(externalId),
    /** Who agreed and took it back. What came before is counted until reports learn of it. */
    withdrawn: z.array(z.object({ externalId, at: instant })),
    /** Views of visitors who refused. */
    anonymousRefusals: total,
  }),
  /** In order of registration number. */
  persons: z.array(person),
})
export type Truth = z.infer<typeof truthSchema>
export type ServiceTruth = z.infer<typeof serviceTruth>
export type PersonTruth = z.infer<typeof person>
