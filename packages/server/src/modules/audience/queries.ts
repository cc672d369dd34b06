import { z } from 'zod'
import { GENDERS, PURPOSE_BITS } from '@foyer/contracts'
import { defineReport } from '../../storage/index.ts'

/** What the module asks of EVENTS: each `.sql` file says what is counted and for which purpose. */

/** Accounts are counted as the service's own; what was watched needs the consent to be measured. */
export const SERVICE_PURPOSE = 2 ** PURPOSE_BITS.service
export const SECURITY_PURPOSE = 2 ** PURPOSE_BITS.security
export const ANALYTICS_PURPOSE = 2 ** PURPOSE_BITS.analytics
export const BILLING_PURPOSE = 2 ** PURPOSE_BITS.billing

const count = z.coerce.number().int()
const epochMs = z.number().int()
const day = z.iso.date()
const purpose = z.number().int().min(1)
const service = z.string()
const file = (name: string) => new URL(`./reports/${name}.sql`, import.meta.url)

export const registrations = defineReport({
  file: file('registrations'),
  params: z.object({
    service,
    localCountry: z.string(),
    from: epochMs,
    to: epochMs,
    starts: z.array(epochMs).min(1),
    purpose,
  }),
  row: z.object({
    part: z.enum(['period', 'age', 'country', 'region', 'city']),
    start: z.coerce.number(),
    gender: z.enum([...GENDERS, '']),
    age: z.number().int(),
    country: z.string(),
    region: z.string(),
    city: z.string(),
    total: count,
  }),
})

export const registrationsVersion = defineReport({
  file: file('registrations-version'),
  params: z.object({ service }),
  row: z.object({ version: z.string(), rows: count }),
  msMax: 5_000,
})

const watched = { starts: count, streams: count, played_ms: count }

/** A range and as many days before it, which begin at `previousFrom`. */
const compared = { service, previousFrom: day, from: day, to: day, purpose }

export const overviewUse = defineReport({
  file: file('overview-use'),
  params: z.object(compared),
  row: z.object({
    part: z.enum(['platform', 'country', 'day']),
    platform: z.string(),
    country: z.string(),
    date: day,
    viewers: count,
    visitors: count,
    events: count,
    ...watched,
    previous_viewers: count,
    previous_visitors: count,
    previous_events: count,
    previous_starts: count,
    previous_streams: count,
    previous_played_ms: count,
  }),
})

export const overviewPeople = defineReport({
  file: file('overview-people'),
  params: z.object({ ...compared, beforeFrom: day, fromMs: epochMs, toMs: epochMs, previousFromMs: epochMs }),
  row: z.object({
    viewers: count,
    visitors: count,
    previous_viewers: count,
    previous_visitors: count,
    new: count,
    returning: count,
    back: count,
    lost: count,
    previous_new: count,
    previous_returning: count,
    previous_back: count,
    previous_lost: count,
  }),
})

export const overviewTitles = defineReport({
  file: file('overview-titles'),
  params: z.object({ service, from: day, to: day, purpose, limit: z.number().int() }),
  row: z.object({
    content_id: z.string(),
    content_kind: z.enum(['vod', 'live']),
    viewers: count,
    visitors: count,
    ...watched,
  }),
})

export const contentTitles = defineReport({
  file: file('content-titles'),
  params: z.object({ ...compared, limit: z.number().int(), ids: z.array(z.string()) }),
  row: z.object({
    content_id: z.string(),
    content_kind: z.enum(['vod', 'live']),
    viewers: count,
    visitors: count,
    ...watched,
    previous_played_ms: count,
    rank_by_minutes: count,
    rank_up: count,
    rank_down: count,
    all_titles: count,
    all_starts: count,
    all_streams: count,
    all_played_ms: count,
    all_live_ms: count,
    previous_all_titles: count,
    previous_all_starts: count,
    previous_all_streams: count,
    previous_all_played_ms: count,
    previous_all_live_ms: count,
  }),
})

export const qualityParts = defineReport({
  file: file('quality'),
  params: z.object({ service, previousFrom: day, from: day, to: day }),
  row: z.object({
    part: z.enum(['platform', 'device', 'day']),
    is_current: z.coerce.number(),
    platform: z.string(),
    device_class: z.string(),
    date: day,
    ...watched,
    stalled_ms: count,
    unknown_ms: count,
  }),
})

export const qualityBytes = defineReport({
  file: file('quality-bytes'),
  params: z.object({ service, previousFrom: day, to: day, purpose }),
  row: z.object({ date: day, bytes: count }),
})

export const overviewRegistrations = defineReport({
  file: file('overview-registrations'),
  params: z.object({ service, previousFrom: epochMs, from: epochMs, to: epochMs, purpose }),
  row: z.object({ value: count, previous: count }),
})

export const bots = defineReport({
  file: file('bots'),
  params: z.object({ service, from: day, to: day, purpose }),
  row: z.object({ date: day, bot: z.string(), events: count, views: count }),
})

/** Decimal digits: 64-bit numbers do not fit JavaScript's. */
const subject = z.string().regex(/^\d{1,20}$/)
const person = { service, subjects: z.array(subject).min(1), person: subject, purpose }

export const viewerOverview = defineReport({
  file: file('viewer-overview'),
  params: z.object({ ...person, from: day, to: day }),
  row: z.object(watched),
})

export const viewerEvents = defineReport({
  file: file('viewer-events'),
  params: z.object({
    ...person,
    from: epochMs,
    to: epochMs,
    afterAt: epochMs,
    afterId: z.uuid(),
    limit: z.number().int(),
  }),
  row: z.object({
    id: z.string(),
    at: z.coerce.number(),
    date: day,
    type: z.string(),
    content_id: z.string(),
    content_kind: z.string(),
    position_ms: z.coerce.number().nullable(),
    device_class: z.string(),
    platform: z.string(),
    vendor: z.string(),
    model: z.string(),
    os: z.string(),
    browser: z.string(),
    view_id: z.string(),
  }),
})

export const viewerEventTypes = defineReport({
  file: file('viewer-event-types'),
  params: z.object({ ...person, from: epochMs, to: epochMs }),
  row: z.object({ type: z.string(), total: count }),
})
