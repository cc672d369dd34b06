import { z } from 'zod'
import { contentKind, platformName } from './playback.ts'
import { AGE_RANGES, GENDERS, reportQuery } from './reports.ts'
import { countryCode, instant, localDate, pageQuery, timeZone } from './values.ts'

/**
 * Lists of viewers: who is behind a number of a report. A list takes the filters by which the report counted and has
 * exactly as many rows as it said. Every answer is recorded in the audit trail, with its filters and how many it held.
 */

/** Limits of a list. */
export const VIEWER_LIST_LIMITS = {
  /** Viewers in one answer; `next` leads to the following ones. */
  pageMax: 500,
} as const

/** What a filter is given where the report says Unknown. */
export const UNKNOWN = 'unknown'

const page = pageQuery.extend({
  /** Which way the sorted column runs. */
  order: z.enum(['desc', 'asc']).default('desc'),
})

/** Whether an active viewer was there before; see `loyalty` of the overview. */
export const LOYALTIES = ['new', 'returning', 'back', 'lost'] as const
export type Loyalty = (typeof LOYALTIES)[number]

/** Filters of `GET /v1/reports/viewers`. A title cannot be asked for together with a platform, country or loyalty. */
export const activeViewersQuery = reportQuery.extend({
  ...page.shape,
  /** Viewers with any start of this title or channel. */
  contentId: z.string().min(1).max(256).optional(),
  contentKind: contentKind.extract(['vod', 'live']).optional(),
  platform: z.union([platformName, z.literal(UNKNOWN)]).optional(),
  country: z.union([countryCode, z.literal(UNKNOWN)]).optional(),
  loyalty: z.enum(LOYALTIES).optional(),
  sort: z.enum(['minutes', 'streams', 'starts', 'lastActive']).default('minutes'),
})
export type ActiveViewersQuery = z.infer<typeof activeViewersQuery>

/** Filters of `GET /v1/reports/registrations/viewers`: a bar, slice or row of the registrations. */
export const registeredViewersQuery = reportQuery.extend({
  ...page.shape,
  /** With `end`: a bar shorter than a day. Included. */
  start: instant.optional(),
  /** Not included. */
  end: instant.optional(),
  gender: z.enum(GENDERS).optional(),
  ageRange: z.enum(AGE_RANGES.map(({ id }) => id)).optional(),
  /** A row of this geography table, named by `place`, and for a place by `code` and `city`. */
  geography: z.enum(['country', 'state', 'city']).optional(),
  place: z.enum(['place', 'other', UNKNOWN]).optional(),
  /** ISO 3166-1 of a country, ISO 3166-2 of a state or of a city's state; absent where the state is not known. */
  code: z.string().max(16).optional(),
  city: z.string().max(128).optional(),
  sort: z.enum(['registeredAt', 'age']).default('registeredAt'),
})
export type RegisteredViewersQuery = z.infer<typeof registeredViewersQuery>

const listed = {
  /** Null for a viewer who was erased while the list was made. */
  viewerId: z.uuid().nullable(),
  /** The name, where the right viewers.personal shows it; else `Viewer` and the end of the id. */
  label: z.string(),
}

const listScope = {
  service: z.string(),
  timeZone,
  from: localDate,
  to: localDate,
  /** Viewers in the whole list, on all of its pages. */
  total: z.number().int().min(0),
  /** Whether labels are names. Without the right they are not. */
  areNamesShown: z.boolean(),
  next: z.string().nullable(),
}

export const activeViewer = z.object({
  ...listed,
  /** Within the filters. */
  minutes: z.number().min(0),
  streams: z.number().int().min(0),
  starts: z.number().int().min(0),
  /** The last local day on which the viewer did anything within the filters. */
  lastActiveOn: localDate,
})
export type ActiveViewer = z.infer<typeof activeViewer>

/** `GET /v1/reports/viewers`: registered people behind a number of active viewers, and how many are not registered. */
export const activeViewersReport = z.object({
  ...listScope,
  /** People behind the same number who are not signed in and belong to no registered viewer. They have no rows. */
  visitors: z.number().int().min(0),
  /** What the catalogue calls the title that was asked for; null without one, or where it holds no such title. */
  contentName: z.string().nullable(),
  items: z.array(activeViewer),
})
export type ActiveViewersReport = z.infer<typeof activeViewersReport>

export const registeredViewer = z.object({
  ...listed,
  registeredAt: instant,
  gender: z.enum(GENDERS),
  /** Whole years at registration; null where not known. */
  age: z.number().int().nullable(),
  /** ISO 3166-1; null where not known. So are the following. */
  country: z.string().nullable(),
  /** ISO 3166-2. */
  region: z.string().nullable(),
  city: z.string().nullable(),
})
export type RegisteredViewer = z.infer<typeof registeredViewer>

/** `GET /v1/reports/registrations/viewers`: who is behind a number of registrations. */
export const registeredViewersReport = z.object({ ...listScope, items: z.array(registeredViewer) })
export type RegisteredViewersReport = z.infer<typeof registeredViewersReport>
