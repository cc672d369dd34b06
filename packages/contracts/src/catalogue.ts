import { z } from 'zod'
import { platformName } from './playback.ts'
import { fieldError } from './problems.ts'
import {
  WELL_FORMED,
  WELL_FORMED_RULE,
  WITHOUT_CONTROLS,
  countryCode,
  identifier,
  instant,
  languageTag,
  localDate,
  pageOf,
  pageQuery,
} from './values.ts'

/**
 * The catalogue: what can be watched or heard. Titles (`/v1/titles`) and channels (`/v1/channels`) share one space of
 * ids, chosen by the client: an id names one thing, whatever wire an event came by.
 *
 * In a write, a field that is left out of a PATCH or of an imported file keeps its value; null clears it.
 */

/** Limits of what one entry holds. What is above them is refused by field. */
export const CATALOGUE_LIMITS = {
  nameLengthMax: 256,
  synopsisLengthMax: 8_192,
  categoriesMax: 50,
  keywordsMax: 200,
  peopleMax: 300,
  windowsMax: 100,
  /** Languages, images and external ids of one entry, each. */
  mapEntriesMax: 100,
} as const

export const titleKind = z.enum(['movie', 'series', 'season', 'episode', 'audio'])
export type TitleKind = z.infer<typeof titleKind>

// oxlint-disable-next-line no-control-regex -- The rule is about control characters; tabs and line ends are text here.
const WITHOUT_ODD_CONTROLS = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$/

const line = (lengthMax: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(lengthMax)
    .regex(WITHOUT_CONTROLS, 'no control characters')
    .regex(WELL_FORMED, WELL_FORMED_RULE)
const prose = z
  .string()
  .trim()
  .min(1)
  .max(CATALOGUE_LIMITS.synopsisLengthMax)
  .regex(WITHOUT_ODD_CONTROLS, 'no control characters')
  .regex(WELL_FORMED, WELL_FORMED_RULE)
const name = line(CATALOGUE_LIMITS.nameLengthMax)
const label = line(64)
const number = z.number().int().min(0).max(1_000_000)
/** A place in a title, or its length: whole ms, at most 100 days. */
const lengthMs = z.number().int().min(0).max(8_640_000_000)
/** The URL parser forgives controls and halves of surrogate pairs, and RECORDS does not. */
const imageAddress = z
  .url({ protocol: /^https?$/ })
  .max(2_048)
  .regex(WITHOUT_CONTROLS, 'no control characters')
  .regex(WELL_FORMED, WELL_FORMED_RULE)
const mapKey = z
  .string()
  .regex(/^[A-Za-z][\w.-]{0,39}$/, 'a letter, then letters, digits, dot, dash, underscore')

/** A rating as it is shown, and the youngest age, in whole years, that may see the title. */
export const ageRating = z.strictObject({
  /** Who rates: FSK, MPAA, PEGI, … */
  scheme: label,
  /** The mark: 12, PG-13, TV-MA, … */
  value: line(32),
  minimumAge: z.number().int().min(0).max(21),
})
export type AgeRating = z.infer<typeof ageRating>

/** When a title may be played: from `from` until just before `to`. Null is open; a platform narrows it to that one. */
export const availabilityWindow = z
  .strictObject({
    from: instant.nullable(),
    to: instant.nullable(),
    platform: platformName.nullable().optional(),
  })
  .refine(({ from, to }) => from === null || to === null || Date.parse(from) < Date.parse(to), {
    error: 'from must lie before to',
    path: ['to'],
  })

/** Countries where a title may be played: only in these (`allow`) or anywhere but in these (`deny`). */
export const countryRights = z.strictObject({
  mode: z.enum(['allow', 'deny']),
  countries: z.array(countryCode).min(1).max(250),
})
export type CountryRights = z.infer<typeof countryRights>

/** Somebody's part in a title. */
export const credit = z.strictObject({
  name: line(128),
  /** actor, director, writer, composer, … */
  role: label,
  character: line(128).nullable().optional(),
})

/** Names and texts in a further language. */
export const localisedText = z.strictObject({
  name: name.nullable().optional(),
  synopsis: prose.nullable().optional(),
})

const mapOf = <Value extends z.ZodType>(key: z.ZodString, value: Value) =>
  z.record(key, value).refine((map) => Object.keys(map).length <= CATALOGUE_LIMITS.mapEntriesMax, {
    error: `at most ${CATALOGUE_LIMITS.mapEntriesMax} entries`,
  })

const sharedFields = {
  /** Place in its parent: the season's or episode's number; a channel's number on the remote control. */
  number: number.nullable().optional(),
  synopsis: prose.nullable().optional(),
  /** Language of `name` and `synopsis`. */
  language: languageTag.nullable().optional(),
  ageRating: ageRating.nullable().optional(),
  categories: z.array(label).max(CATALOGUE_LIMITS.categoriesMax).nullable().optional(),
  keywords: z.array(label).max(CATALOGUE_LIMITS.keywordsMax).nullable().optional(),
  /** None: at any time. Several: while any of them is open. */
  windows: z.array(availabilityWindow).max(CATALOGUE_LIMITS.windowsMax).nullable().optional(),
  /** Null: everywhere. */
  rights: countryRights.nullable().optional(),
  /** By language tag. */
  localised: mapOf(languageTag, localisedText).nullable().optional(),
  /** Addresses by use: poster, backdrop, logo, … */
  images: mapOf(mapKey, imageAddress).nullable().optional(),
  /** Ids in other systems, by the system's name. */
  externalIds: mapOf(mapKey, identifier).nullable().optional(),
}

/** What can be written of a title. `name` and `kind` are what a new title needs. */
export const titleFields = z.strictObject({
  kind: titleKind,
  name,
  /** A season's series; an episode's season or series. */
  parentId: identifier.nullable().optional(),
  /** The name in the language it was made in. */
  originalName: name.nullable().optional(),
  releaseDate: localDate.nullable().optional(),
  /** Year of the work; taken from `releaseDate` where it is left out. */
  releaseYear: z.number().int().min(1870).max(2200).nullable().optional(),
  durationMs: lengthMs.min(1).nullable().optional(),
  /** Where the closing credits begin: who came so far has seen it all. */
  creditsStartMs: lengthMs.nullable().optional(),
  people: z.array(credit).max(CATALOGUE_LIMITS.peopleMax).nullable().optional(),
  ...sharedFields,
})
export type TitleFields = z.infer<typeof titleFields>
export const titlePatch = titleFields.partial()
export const newTitle = titleFields.extend({ id: identifier })

/** What can be written of a channel. */
export const channelFields = z.strictObject({ name, ...sharedFields })
export type ChannelFields = z.infer<typeof channelFields>
export const channelPatch = channelFields.partial()
export const newChannel = channelFields.extend({ id: identifier })

const sharedAnswer = {
  id: z.string(),
  name: z.string(),
  number: z.number().nullable(),
  synopsis: z.string().nullable(),
  language: z.string().nullable(),
  ageRating: ageRating.nullable(),
  categories: z.array(z.string()),
  keywords: z.array(z.string()),
  windows: z.array(
    z.object({ from: z.string().nullable(), to: z.string().nullable(), platform: platformName.nullable() }),
  ),
  rights: countryRights.nullable(),
  localised: z.record(z.string(), z.object({ name: z.string().nullable(), synopsis: z.string().nullable() })),
  images: z.record(z.string(), z.string()),
  externalIds: z.record(z.string(), z.string()),
  createdAt: z.string(),
  updatedAt: z.string(),
  /** When it left the catalogue; reports still name it. */
  deletedAt: z.string().nullable(),
}

/** A title as it is answered: every field is there. */
export const title = z.object({
  ...sharedAnswer,
  kind: titleKind,
  parentId: z.string().nullable(),
  originalName: z.string().nullable(),
  releaseDate: z.string().nullable(),
  releaseYear: z.number().nullable(),
  durationMs: z.number().nullable(),
  creditsStartMs: z.number().nullable(),
  people: z.array(z.object({ name: z.string(), role: z.string(), character: z.string().nullable() })),
})
export type Title = z.infer<typeof title>

/** A channel as it is answered. */
export const channel = z.object(sharedAnswer)
export type Channel = z.infer<typeof channel>

const yes = z.stringbool({ truthy: ['true'], falsy: ['false'] })

/** Query of `GET /v1/channels`. */
export const channelQuery = pageQuery.extend({
  category: label.optional(),
  /** Part of the name, in any case. */
  q: line(128).optional(),
  includeDeleted: yes.default(false),
})
/** Query of `GET /v1/titles`. */
export const titleQuery = channelQuery.extend({ kind: titleKind.optional(), parentId: identifier.optional() })

export const titlePage = pageOf(title)
export const channelPage = pageOf(channel)

/** A category and how many titles and channels carry it. */
export const categoryList = z.object({
  items: z.array(z.object({ category: z.string(), titles: z.number().int() })),
})

/** Limits of one imported file. */
export const CATALOGUE_IMPORT_LIMITS = {
  /** Bytes after decompression. */
  bytesMax: 16_777_216,
  rowsMax: 50_000,
} as const

export const catalogueFormat = z.enum(['csv', 'json', 'mrss'])
export type CatalogueFormat = z.infer<typeof catalogueFormat>

/** Query of `POST /v1/catalogue/import`. */
export const catalogueImportQuery = z.object({
  format: catalogueFormat,
  /** Tells what would happen and changes nothing. */
  dryRun: yes.default(false),
})

export type CatalogueImportQuery = z.infer<typeof catalogueImportQuery>

/** What became of one row. */
export const importedRow = z.object({
  /** The line of a CSV file where the row begins, else the item's number; both from 1. */
  row: z.number().int(),
  /** The entry's id, where it could be read. */
  id: z.string().nullable(),
  outcome: z.enum(['created', 'updated', 'unchanged', 'refused']),
  /** Why it was refused: the column or field, and what is wrong with it. */
  errors: z.array(fieldError).optional(),
})
export type ImportedRow = z.infer<typeof importedRow>

/** The account of an import, row by row. Rows that are right were taken whatever became of the others. */
export const catalogueImportAccount = z.object({
  format: catalogueFormat,
  /** How the file's bytes were read. */
  encoding: z.enum(['utf-8', 'utf-16le', 'windows-1252']),
  isDryRun: z.boolean(),
  created: z.number().int(),
  updated: z.number().int(),
  unchanged: z.number().int(),
  refused: z.number().int(),
  /** Columns or fields of the file that mean nothing here and were left aside, each once. */
  unknownColumns: z.array(z.string()),
  rows: z.array(importedRow),
})
export type CatalogueImportAccount = z.infer<typeof catalogueImportAccount>
