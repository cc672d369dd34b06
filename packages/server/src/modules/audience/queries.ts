import { z } from 'zod'
import { GENDERS, PURPOSE_BITS } from '@foyer/contracts'
import { defineReport } from '../../storage/index.ts'

/** What the module asks of EVENTS: each `.sql` file says what is counted and for which purpose. */

/** Accounts are counted as the service's own; what was watched needs the consent to be measured. */
export const SERVICE_PURPOSE = 2 ** PURPOSE_BITS.service
export const SECURITY_PURPOSE = 2 ** PURPOSE_BITS.security
export const ANALYTICS_PURPOSE = 2 ** PURPOSE_BITS.analytics

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

export const overviewTotals = defineReport({
  file: file('overview-totals'),
  params: z.object({ service, previousFrom: day, from: day, to: day, purpose }),
  row: z.object({
    is_current: z.coerce.number(),
    viewers: count,
    visitors: count,
    events: count,
    ...watched,
  }),
})

export const overviewDays = defineReport({
  file: file('overview-days'),
  params: z.object({ service, from: day, to: day, purpose }),
  row: z.object({ date: day, viewers: count, events: count, ...watched }),
})

export const overviewPlatforms = defineReport({
  file: file('overview-platforms'),
  params: z.object({ service, from: day, to: day, purpose }),
  row: z.object({ platform: z.string(), viewers: count, ...watched }),
})

export const overviewTitles = defineReport({
  file: file('overview-titles'),
  params: z.object({ service, from: day, to: day, purpose, limit: z.number().int() }),
  row: z.object({
    content_id: z.string(),
    content_kind: z.enum(['vod', 'live']),
    viewers: count,
    ...watched,
  }),
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
