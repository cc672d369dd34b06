import { z } from 'zod'
import { contentKind, deviceClass } from './playback.ts'
import { countryCode, instant, lineOfText, localDate, timeZone } from './values.ts'

/**
 * Reports: what the console draws and a program may fetch.
 *
 * Every report is about one service and counts in that service's time zone. A range is two local days, both included:
 * `from=2026-10-25&to=2026-10-25` is one day, of 25 hours in Madrid. Totals of a report's parts are equal, since one query
 * counts them all.
 */

/** Limits of a range. A request above them is refused with report.range_invalid. */
export const REPORT_LIMITS = {
  /** Local days from first to last. */
  daysMax: 3_660,
  /** Bars of a chart; a range with a finer granularity is refused, not cut. */
  periodsMax: 1_500,
  /** Rows of the city table. What is beyond is folded into one row, so that the total stays right. */
  placesMax: 1_000,
  /** Titles of a top list. */
  titlesMax: 10,
  /** Countries of an overview, those with the most people. */
  countriesMax: 250,
  /** Rows of a list of what changed most. */
  changesMax: 8,
  /** Events of a viewer in one answer; `next` leads to the following ones. */
  viewerEventsMax: 5_000,
} as const

/** Local days, both included, in the service's zone. */
const range = { from: localDate, to: localDate }

/** Which range of which service. */
export const reportQuery = z.object({ service: lineOfText.min(1).max(64), ...range })
export type ReportQuery = z.infer<typeof reportQuery>

/** What a report is about, as it was understood. */
const scope = {
  /** Id of the service. */
  service: z.string(),
  /** The zone in which days begin and end. */
  timeZone,
  ...range,
}

const total = z.number().int().min(0)
/** To one decimal. */
const minutes = z.number().min(0)

/** Length of a bar. Weeks begin on Monday (ISO 8601). The first and last week or month are cut at the range. */
export const granularity = z.enum(['hour', 'day', 'week', 'month'])
export type Granularity = z.infer<typeof granularity>

/** As viewers gave it; `unknown` where they did not. */
export const GENDERS = ['female', 'male', 'other', 'unknown'] as const
export type Gender = (typeof GENDERS)[number]

/** Age ranges, in whole years at registration: together they hold every age once; null stands for not known. */
export const AGE_RANGES = [
  { id: 'under-18', label: 'Under 18', from: 0, to: 17 },
  { id: '18-24', label: '18–24', from: 18, to: 24 },
  { id: '25-34', label: '25–34', from: 25, to: 34 },
  { id: '35-44', label: '35–44', from: 35, to: 44 },
  { id: '45-54', label: '45–54', from: 45, to: 54 },
  { id: '55-64', label: '55–64', from: 55, to: 64 },
  { id: '65-plus', label: '65+', from: 65, to: 255 },
  { id: 'unknown', label: 'Unknown', from: null, to: null },
] as const
export type AgeRangeId = (typeof AGE_RANGES)[number]['id']

export const registrationsQuery = reportQuery.extend({
  /** Chosen by the range when absent: to 2 days hour, to 92 day, to 2 years week, above month. */
  granularity: granularity.optional(),
})
export type RegistrationsQuery = z.infer<typeof registrationsQuery>

/** One bar: the registrations from `start` (included) to `end` (not included). */
export const registrationPeriod = z.object({
  start: instant,
  end: instant,
  female: total,
  male: total,
  other: total,
  unknown: total,
  total,
  /** Nobody registered more in any other period. Periods that tie are all marked; with no registration none is. */
  isPeak: z.boolean(),
})
export type RegistrationPeriod = z.infer<typeof registrationPeriod>

/** A row of a geography table. */
export const registrationPlace = z.object({
  /**
   * place: one country, state or city · unknown: not given · other: registrations from abroad (state and city only) ·
   * rest: cities beyond the limit of rows, in one.
   */
  kind: z.enum(['place', 'other', 'rest', 'unknown']),
  /** ISO 3166-1 of a country, ISO 3166-2 of a state or of a city's state; null otherwise. */
  code: z.string().nullable(),
  /** English name; the code where no name is known. */
  name: z.string(),
  total,
})
export type RegistrationPlace = z.infer<typeof registrationPlace>

/** `GET /v1/reports/registrations`: who registered, when, of which gender and age, and where. */
export const registrationsReport = z.object({
  ...scope,
  granularity,
  /** The country whose states and cities are shown; null shows none, everything known is Other. */
  localCountry: countryCode.nullable(),
  total,
  periods: z.array(registrationPeriod),
  /** Percentages have one decimal and sum to 100.0 (largest remainder); all 0 when nobody registered. */
  genders: z.array(z.object({ gender: z.enum(GENDERS), total, percent: z.number() })),
  ages: z.array(z.object({ range: z.enum(AGE_RANGES.map((band) => band.id)), total })),
  countries: z.array(registrationPlace),
  states: z.array(registrationPlace),
  cities: z.array(registrationPlace),
})
export type RegistrationsReport = z.infer<typeof registrationsReport>

/** A number and the same number over as many days before. */
export const compared = z.object({ value: z.number(), previous: z.number() })
export type Compared = z.infer<typeof compared>

/** People over the range: `viewers` are registered, `visitors` are not signed in and belong to no registered viewer. */
const people = { viewers: total, visitors: total }

/** A platform or country, over the range and over as many days before. Somebody who uses two counts in both. */
const usage = z.object({
  ...people,
  starts: total,
  streams: total,
  minutes,
  previous: z.object({ ...people, minutes }),
})

/** `GET /v1/reports/overview`: how the service does. */
export const overviewReport = z.object({
  ...scope,
  /** The range compared with: as many days, ending the day before `from`. */
  previous: z.object(range),
  registrations: compared,
  /** Registered people with at least one event, each counted once over the whole range. */
  activeViewers: compared,
  /** People who are not signed in with at least one event, one for each device and sign-out. */
  anonymousVisitors: compared,
  /** Everything that was recorded of those people: what they played, visited, rated or did otherwise. */
  events: compared,
  starts: compared,
  streams: compared,
  minutes: compared,
  /** What the catalogue, which all services share, holds at this moment, whatever the range; deleted entries do not count. */
  catalogue: z.object({ titles: total, channels: total }),
  days: z.array(
    z.object({
      date: localDate,
      activeViewers: total,
      events: total,
      starts: total,
      streams: total,
      minutes,
    }),
  ),
  /** By minutes, then by streams. */
  titles: z.array(
    z.object({
      contentId: z.string(),
      contentKind,
      /** From the catalogue; null when it holds no such title. */
      name: z.string().nullable(),
      ...people,
      starts: total,
      streams: total,
      minutes,
    }),
  ),
  /** By minutes; an empty name stands for platforms that are not known. What was used before and not any more is there too. */
  platforms: z.array(usage.extend({ platform: z.string() })),
  /** By where the devices were, ISO 3166-1; empty unknown. By people. */
  countries: z.array(usage.extend({ country: z.string() })),
  /** Active viewers by whether they were there before. `new`, `returning` and `back` sum to the active viewers. */
  loyalty: z.object({
    /** Registered within the range. */
    new: compared,
    /** Registered earlier, and active in the range before too. */
    returning: compared,
    /** Registered earlier, and not active in the range before. */
    back: compared,
    /** Active in the range before, and not in this one. */
    lost: compared,
  }),
  /** Platforms and countries that moved the number of active viewers most, up or down; by that move. */
  changes: z.array(
    z.object({ dimension: z.enum(['platform', 'country']), key: z.string(), viewers: compared }),
  ),
})
export type OverviewReport = z.infer<typeof overviewReport>

const machines = {
  /** Everything that was recorded of them. */
  events: total,
  /** Requests to play. */
  views: total,
}

/** `GET /v1/reports/bots`: what machines did, whom the recorder tells by their user agent. No other report counts them. */
export const botsReport = z.object({
  ...scope,
  ...machines,
  days: z.array(z.object({ date: localDate, ...machines })),
  /** By events. `name` is the word of the user agent that gave them away; empty where they only said that they are bots. */
  bots: z.array(z.object({ name: z.string(), ...machines })),
})
export type BotsReport = z.infer<typeof botsReport>

/** Range of a viewer's report; without `service`, that of the service where the viewer registered. */
export const viewerReportQuery = z.object({ service: lineOfText.min(1).max(64).optional(), ...range })
export type ViewerReportQuery = z.infer<typeof viewerReportQuery>

/** `GET /v1/viewers/:id/report/overview`: what one viewer played (R36). */
export const viewerOverviewReport = z.object({
  ...scope,
  viewerId: z.string(),
  /** Requests to play. */
  starts: total,
  /** Starts that reached 5 s of continuous play. */
  streams: total,
  /** Wall time in the playing state: neither pauses nor buffering. */
  minutes,
})
export type ViewerOverviewReport = z.infer<typeof viewerOverviewReport>

export const viewerEventsQuery = viewerReportQuery.extend({
  cursor: lineOfText.max(512).optional(),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(REPORT_LIMITS.viewerEventsMax)
    .default(REPORT_LIMITS.viewerEventsMax),
})
export type ViewerEventsQuery = z.infer<typeof viewerEventsQuery>

/** One event of a player, one point of the chart. */
export const viewerEvent = z.object({
  eventId: z.string(),
  /** When it happened, to the millisecond, with the zone's offset. */
  at: instant,
  /** Its local day: the X axis. */
  date: localDate,
  /** Native type. */
  type: z.string(),
  /** What the chart calls it (R37); a type without such a name keeps its own. */
  name: z.string(),
  contentId: z.string(),
  contentKind: z.union([contentKind, z.literal('')]),
  contentName: z.string().nullable(),
  /**
   * The Y axis, in ms. content: into the title · behindLive: how far the playhead was behind the moment of the event, on
   * live. Null when the player did not know.
   */
  position: z.object({ kind: z.enum(['content', 'behindLive']), ms: z.number().int() }).nullable(),
  device: z.object({
    class: z.union([deviceClass, z.literal('')]),
    platform: z.string(),
    vendor: z.string(),
    model: z.string(),
    os: z.string(),
    browser: z.string(),
  }),
  viewId: z.string(),
})
export type ViewerEvent = z.infer<typeof viewerEvent>

/** `GET /v1/viewers/:id/report/events`: a viewer's player events in order of time (R37–R39). */
export const viewerEventsReport = z.object({
  ...scope,
  viewerId: z.string(),
  /** All events of the range by native type, whatever part of them this answer holds. */
  types: z.array(z.object({ type: z.string(), name: z.string(), total })),
  items: z.array(viewerEvent),
  /** Cursor of the following events; null when these are the last. */
  next: z.string().nullable(),
})
export type ViewerEventsReport = z.infer<typeof viewerEventsReport>
