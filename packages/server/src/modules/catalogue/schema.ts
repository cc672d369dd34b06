import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  date,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
} from 'drizzle-orm/pg-core'
import { annotate, content, operational } from '../../platform/data-map.ts'

/**
 * The catalogue in RECORDS. Titles and channels share one table, so that an id names one thing only; what repeats and is
 * asked for by itself (people, windows, languages) has tables of its own, lists of plain words are arrays.
 */
const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 })

export const catalogueItem = pgTable(
  'catalogue_item',
  {
    id: text('id').primaryKey(),
    /** movie, series, season, episode, audio or channel. */
    kind: text('kind').notNull(),
    parentId: text('parent_id'),
    number: integer('number'),
    name: text('name').notNull(),
    originalName: text('original_name'),
    synopsis: text('synopsis'),
    language: text('language'),
    releaseDate: date('release_date', { mode: 'string' }),
    releaseYear: smallint('release_year'),
    durationMs: bigint('duration_ms', { mode: 'number' }),
    creditsStartMs: bigint('credits_start_ms', { mode: 'number' }),
    ageScheme: text('age_scheme'),
    ageValue: text('age_value'),
    ageMinimum: smallint('age_minimum'),
    categories: text('categories').array().notNull(),
    keywords: text('keywords').array().notNull(),
    /** allow or deny; null is everywhere. */
    rightsMode: text('rights_mode'),
    rightsCountries: text('rights_countries').array().notNull(),
    images: jsonb('images').$type<Record<string, string>>().notNull(),
    externalIds: jsonb('external_ids').$type<Record<string, string>>().notNull(),
    createdAt: at('created_at').notNull(),
    updatedAt: at('updated_at').notNull(),
    deletedAt: at('deleted_at'),
    /** The catalogue's change counter when this row was last written: readers ask for what is above theirs. */
    change: bigint('change', { mode: 'number' }).notNull(),
  },
  (table) => [
    foreignKey({ columns: [table.parentId], foreignColumns: [table.id], name: 'catalogue_item_parent' }),
    check(
      'catalogue_item_kind',
      sql`${table.kind} in ('movie', 'series', 'season', 'episode', 'audio', 'channel')`,
    ),
    check(
      'catalogue_item_parent_kind',
      sql`${table.parentId} is null or ${table.kind} in ('season', 'episode')`,
    ),
    index('catalogue_item_by_name').on(table.name, table.id),
    index('catalogue_item_by_parent').on(table.parentId, table.number),
    index('catalogue_item_by_change').on(table.change),
    index('catalogue_item_by_category').using('gin', table.categories),
  ],
)

/** Who did what in a title, in the order of the credits. */
export const catalogueCredit = pgTable(
  'catalogue_credit',
  {
    itemId: text('item_id')
      .notNull()
      .references(() => catalogueItem.id, { onDelete: 'cascade' }),
    position: smallint('position').notNull(),
    name: text('name').notNull(),
    role: text('role').notNull(),
    character: text('character'),
  },
  (table) => [
    primaryKey({ columns: [table.itemId, table.position] }),
    index('catalogue_credit_by_name').on(table.name, table.itemId),
  ],
)

/** When a title may be played. */
export const catalogueWindow = pgTable(
  'catalogue_window',
  {
    itemId: text('item_id')
      .notNull()
      .references(() => catalogueItem.id, { onDelete: 'cascade' }),
    position: smallint('position').notNull(),
    startsAt: at('starts_at'),
    endsAt: at('ends_at'),
    platform: text('platform'),
  },
  (table) => [
    primaryKey({ columns: [table.itemId, table.position] }),
    check(
      'catalogue_window_order',
      sql`${table.startsAt} is null or ${table.endsAt} is null or ${table.startsAt} < ${table.endsAt}`,
    ),
  ],
)

/** Names and texts in further languages. */
export const catalogueText = pgTable(
  'catalogue_text',
  {
    itemId: text('item_id')
      .notNull()
      .references(() => catalogueItem.id, { onDelete: 'cascade' }),
    language: text('language').notNull(),
    name: text('name'),
    synopsis: text('synopsis'),
  },
  (table) => [primaryKey({ columns: [table.itemId, table.language] })],
)

/** One row: the number of the last change. Whoever writes holds its lock, so numbers become visible in order. */
export const catalogueChange = pgTable(
  'catalogue_change',
  {
    id: smallint('id').primaryKey(),
    counter: bigint('counter', { mode: 'number' }).notNull(),
  },
  (table) => [check('catalogue_change_is_one_row', sql`${table.id} = 1`)],
)

/** The data map of this module: all of it is about titles, none of it about viewers. */
export const catalogueDataMap = [
  annotate(catalogueItem, {
    id: content,
    kind: content,
    parentId: content,
    number: content,
    name: content,
    originalName: content,
    synopsis: content,
    language: content,
    releaseDate: content,
    releaseYear: content,
    durationMs: content,
    creditsStartMs: content,
    ageScheme: content,
    ageValue: content,
    ageMinimum: content,
    categories: content,
    keywords: content,
    rightsMode: content,
    rightsCountries: content,
    images: content,
    externalIds: content,
    createdAt: operational,
    updatedAt: operational,
    deletedAt: operational,
    change: operational,
  }),
  annotate(catalogueCredit, {
    itemId: content,
    position: content,
    name: content,
    role: content,
    character: content,
  }),
  annotate(catalogueWindow, {
    itemId: content,
    position: content,
    startsAt: content,
    endsAt: content,
    platform: content,
  }),
  annotate(catalogueText, { itemId: content, language: content, name: content, synopsis: content }),
  annotate(catalogueChange, { id: operational, counter: operational }),
] as const
