import { z } from 'zod'
import { LOYALTIES } from '@foyer/contracts'
import { defineReport } from '../../storage/index.ts'

/** What lists of viewers ask of EVENTS. Each row says how many there are; those that are listed are the page. */

/** What admits all where a filter is. No platform, country or gender has this name. */
export const ANY = 'any'

const count = z.coerce.number().int()
const day = z.iso.date()
const epochMs = z.number().int()
/** 64-bit numbers as decimal digits. */
const int64 = z.string().regex(/^-?\d{1,20}$/)
const file = (name: string) => new URL(`./reports/${name}.sql`, import.meta.url)

const page = {
  isDescending: z.boolean(),
  sort: z.string(),
  afterKey: int64,
  afterTie: int64,
  limit: z.number().int(),
}
const scope = { service: z.string(), purpose: z.number().int().min(1) }

const isListed = z.union([z.boolean(), z.number()]).transform(Boolean)
const ordered = { sort_key: z.string(), tie: z.string() }
const activeRow = z.object({
  is_listed: isListed,
  viewers: count,
  visitors: count,
  vid: z.string(),
  starts: count,
  streams: count,
  played_ms: count,
  last_day: z.string(),
  ...ordered,
})
export type ActiveRow = z.infer<typeof activeRow>

export const viewersActive = defineReport({
  file: file('viewers-active'),
  params: z.object({
    ...scope,
    ...page,
    previousFrom: day,
    from: day,
    to: day,
    fromMs: epochMs,
    toMs: epochMs,
    platform: z.string(),
    country: z.string(),
    loyalty: z.enum([ANY, ...LOYALTIES]),
  }),
  row: activeRow,
})

export const viewersOfTitle = defineReport({
  file: file('viewers-of-title'),
  params: z.object({
    ...scope,
    ...page,
    from: day,
    to: day,
    contentKind: z.string(),
    isAnyTitle: z.boolean(),
    contentId: z.string(),
  }),
  row: activeRow,
})

const registeredRow = z.object({
  is_listed: isListed,
  viewers: count,
  vid: z.string(),
  registered_ms: count,
  gender: z.string(),
  age: z.number().int(),
  country: z.string(),
  region: z.string(),
  city: z.string(),
  ...ordered,
})
export type RegisteredRow = z.infer<typeof registeredRow>

export const viewersRegistered = defineReport({
  file: file('viewers-registered'),
  params: z.object({
    ...scope,
    ...page,
    localCountry: z.string(),
    fromMs: epochMs,
    toMs: epochMs,
    gender: z.string(),
    ageFrom: z.number().int(),
    ageTo: z.number().int(),
    geography: z.string(),
    place: z.string(),
    code: z.string(),
    city: z.string(),
  }),
  row: registeredRow,
})
