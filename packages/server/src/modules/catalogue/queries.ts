import {
  and,
  arrayContains,
  asc,
  count,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  ilike,
  inArray,
  isNull,
  lt,
  notInArray,
  or,
  sql,
  type SQL,
} from 'drizzle-orm'
import type { Database } from '../../platform/data-map.ts'
import { emptyItem, type Item, type ItemKind } from './item.ts'
import { catalogueChange, catalogueCredit, catalogueItem, catalogueText, catalogueWindow } from './schema.ts'

/** What the catalogue asks of RECORDS. */

/** The entries with these ids, deleted ones too, in no order. */
export async function readItems(db: Database, ids: readonly string[]): Promise<Item[]> {
  if (ids.length === 0) return []
  return withDetails(
    db,
    await db
      .select()
      .from(catalogueItem)
      .where(inArray(catalogueItem.id, [...ids])),
  )
}

export interface ListFilter {
  readonly kinds: readonly ItemKind[]
  readonly category?: string | undefined
  readonly q?: string | undefined
  readonly parentId?: string | undefined
  readonly includeDeleted: boolean
  /** The last entry of the page before. */
  readonly after?: { readonly name: string; readonly id: string } | undefined
  readonly limit: number
}

/** A page of entries by name, then id. */
export async function listItems(db: Database, filter: ListFilter): Promise<Item[]> {
  const conditions: (SQL | undefined)[] = [inArray(catalogueItem.kind, [...filter.kinds])]
  if (!filter.includeDeleted) conditions.push(isNull(catalogueItem.deletedAt))
  if (filter.category !== undefined) {
    conditions.push(arrayContains(catalogueItem.categories, [filter.category]))
  }
  if (filter.parentId !== undefined) conditions.push(eq(catalogueItem.parentId, filter.parentId))
  if (filter.q !== undefined) {
    const pattern = `%${filter.q.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`
    conditions.push(or(ilike(catalogueItem.name, pattern), ilike(catalogueItem.originalName, pattern)))
  }
  if (filter.after) {
    conditions.push(
      sql`(${catalogueItem.name}, ${catalogueItem.id}) > (${filter.after.name}, ${filter.after.id})`,
    )
  }
  const rows = await db
    .select()
    .from(catalogueItem)
    .where(and(...conditions))
    .orderBy(asc(catalogueItem.name), asc(catalogueItem.id))
    .limit(filter.limit)
  const items = new Map((await withDetails(db, rows)).map((item) => [item.id, item]))
  return rows.map((row) => items.get(row.id)!)
}

export interface CatalogueSize {
  /** Movies, series, seasons, episodes and audio. */
  readonly titles: number
  readonly channels: number
}

export async function countItems(db: Database): Promise<CatalogueSize> {
  const isChannel = eq(catalogueItem.kind, 'channel')
  const [size] = await db
    .select({
      titles: sql<number>`(count(*) filter (where not ${isChannel}))::int`,
      channels: sql<number>`(count(*) filter (where ${isChannel}))::int`,
    })
    .from(catalogueItem)
    .where(isNull(catalogueItem.deletedAt))
  return size!
}

/** Entries that came into the catalogue within a time. */
export interface AddedItems {
  /** All of them. */
  readonly total: number
  /** The newest first, up to the limit. */
  readonly items: readonly {
    readonly id: string
    readonly kind: ItemKind
    readonly name: string
    /** Epoch ms. */
    readonly addedAt: number
  }[]
}

/** What can be played (series and seasons cannot) and was added from `start` on, before `end`; epoch ms. */
export async function itemsAdded(
  db: Database,
  time: { start: number; end: number },
  limit: number,
): Promise<AddedItems> {
  const wasAdded = and(
    gte(catalogueItem.createdAt, new Date(time.start)),
    lt(catalogueItem.createdAt, new Date(time.end)),
    notInArray(catalogueItem.kind, ['series', 'season']),
    isNull(catalogueItem.deletedAt),
  )
  const [counted] = await db.select({ total: count() }).from(catalogueItem).where(wasAdded)
  const rows = await db
    .select({
      id: catalogueItem.id,
      kind: catalogueItem.kind,
      name: catalogueItem.name,
      createdAt: catalogueItem.createdAt,
    })
    .from(catalogueItem)
    .where(wasAdded)
    .orderBy(desc(catalogueItem.createdAt), asc(catalogueItem.id))
    .limit(limit)
  return {
    total: counted?.total ?? 0,
    items: rows.map(({ id, kind, name, createdAt }) => ({
      id,
      kind: kind as ItemKind,
      name,
      addedAt: createdAt.getTime(),
    })),
  }
}

/** Categories in use with the number of entries that carry them, the most used first. */
export async function countCategories(db: Database): Promise<{ category: string; titles: number }[]> {
  const result = await db.execute<{ category: string; titles: number }>(sql`
    select category, count(*)::int as titles
    from ${catalogueItem}, unnest(${catalogueItem.categories}) as category
    where ${catalogueItem.deletedAt} is null
    group by category
    order by titles desc, category`)
  return result.rows
}

/** What belongs to these entries and is not deleted, by parent. */
export async function readChildren(
  db: Database,
  parentIds: readonly string[],
): Promise<Map<string, Map<string, ItemKind>>> {
  const children = new Map<string, Map<string, ItemKind>>(parentIds.map((id) => [id, new Map()]))
  if (parentIds.length === 0) return children
  const rows = await db
    .select({ id: catalogueItem.id, kind: catalogueItem.kind, parentId: catalogueItem.parentId })
    .from(catalogueItem)
    .where(and(inArray(catalogueItem.parentId, [...parentIds]), isNull(catalogueItem.deletedAt)))
  for (const row of rows) children.get(row.parentId!)!.set(row.id, row.kind as ItemKind)
  return children
}

/** Waits until no other writer is at work, until this transaction ends. Returns the number of the last change. */
export async function lockForWriting(tx: Database): Promise<number> {
  await tx.insert(catalogueChange).values({ id: 1, counter: 0 }).onConflictDoNothing()
  const [row] = await tx.select().from(catalogueChange).for('update')
  return row!.counter
}

/** Writes entries whole, as change number `change`. The transaction holds the lock of `lockForWriting`. */
export async function writeItems(tx: Database, items: readonly Item[], change: number): Promise<void> {
  if (items.length === 0) return
  const rows = items.map((item) => rowOf(item, change))
  const everyColumn = Object.fromEntries(
    Object.entries(getTableColumns(catalogueItem)).map(([property, column]) => [
      property,
      sql.raw(`excluded."${column.name}"`),
    ]),
  )
  await tx
    .insert(catalogueItem)
    .values(rows)
    .onConflictDoUpdate({ target: catalogueItem.id, set: everyColumn })
  const ids = items.map((item) => item.id)
  for (const table of [catalogueCredit, catalogueWindow, catalogueText]) {
    await tx.delete(table).where(inArray(table.itemId, ids))
  }
  const credits = items.flatMap((item) =>
    item.people.map((credit, position) => ({ itemId: item.id, position, ...credit })),
  )
  const windows = items.flatMap((item) =>
    item.windows.map((window, position) => ({
      itemId: item.id,
      position,
      startsAt: dateOf(window.from),
      endsAt: dateOf(window.to),
      platform: window.platform,
    })),
  )
  const texts = items.flatMap((item) =>
    Object.entries(item.localised).map(([language, text]) => ({ itemId: item.id, language, ...text })),
  )
  for (const part of parts(credits)) await tx.insert(catalogueCredit).values(part)
  for (const part of parts(windows)) await tx.insert(catalogueWindow).values(part)
  for (const part of parts(texts)) await tx.insert(catalogueText).values(part)
  await tx.update(catalogueChange).set({ counter: change })
}

/** An entry as others need it. */
export interface ItemSummary {
  readonly id: string
  readonly kind: ItemKind
  readonly name: string
  readonly isDeleted: boolean
  readonly change: number
}

/** Entries written after a change, or after one entry of it, oldest first. */
export async function summariesSince(
  db: Database,
  after: { change: number; id: string | null },
  limit: number,
): Promise<ItemSummary[]> {
  const rows = await db
    .select(summaryColumns)
    .from(catalogueItem)
    .where(
      after.id === null
        ? gt(catalogueItem.change, after.change)
        : sql`(${catalogueItem.change}, ${catalogueItem.id}) > (${after.change}, ${after.id})`,
    )
    .orderBy(asc(catalogueItem.change), asc(catalogueItem.id))
    .limit(limit)
  return rows.map(summaryOf)
}

/** The number of the last change; 0 for a catalogue that nothing was written to. */
export async function lastChange(db: Database): Promise<number> {
  const [row] = await db.select().from(catalogueChange).where(gt(catalogueChange.counter, 0))
  return row?.counter ?? 0
}

export async function readSummaries(db: Database, ids: readonly string[]): Promise<ItemSummary[]> {
  if (ids.length === 0) return []
  const rows = await db
    .select(summaryColumns)
    .from(catalogueItem)
    .where(inArray(catalogueItem.id, [...ids]))
  return rows.map(summaryOf)
}

const summaryColumns = {
  id: catalogueItem.id,
  kind: catalogueItem.kind,
  name: catalogueItem.name,
  deletedAt: catalogueItem.deletedAt,
  change: catalogueItem.change,
}

function summaryOf(row: {
  id: string
  kind: string
  name: string
  deletedAt: Date | null
  change: number
}): ItemSummary {
  const { deletedAt, kind, ...rest } = row
  return { ...rest, kind: kind as ItemKind, isDeleted: deletedAt !== null }
}

type ItemRow = typeof catalogueItem.$inferSelect

async function withDetails(db: Database, rows: readonly ItemRow[]): Promise<Item[]> {
  if (rows.length === 0) return []
  const ids = rows.map((row) => row.id)
  const credits = await db
    .select()
    .from(catalogueCredit)
    .where(inArray(catalogueCredit.itemId, ids))
    .orderBy(asc(catalogueCredit.position))
  const windows = await db
    .select()
    .from(catalogueWindow)
    .where(inArray(catalogueWindow.itemId, ids))
    .orderBy(asc(catalogueWindow.position))
  const texts = await db.select().from(catalogueText).where(inArray(catalogueText.itemId, ids))
  const items = new Map(rows.map((row) => [row.id, itemOf(row)]))
  for (const { itemId, name, role, character } of credits) {
    items.get(itemId)!.people.push({ name, role, character })
  }
  for (const { itemId, startsAt, endsAt, platform } of windows) {
    items.get(itemId)!.windows.push({
      from: startsAt?.toISOString() ?? null,
      to: endsAt?.toISOString() ?? null,
      platform: platform as Item['windows'][number]['platform'],
    })
  }
  for (const { itemId, language, name, synopsis } of texts) {
    items.get(itemId)!.localised[language] = { name, synopsis }
  }
  return [...items.values()]
}

function itemOf(row: ItemRow): Item {
  const { ageScheme, ageValue, ageMinimum, rightsMode, rightsCountries, change: _change, ...same } = row
  return {
    ...emptyItem(row.id, ''),
    ...same,
    kind: row.kind as ItemKind,
    ageRating:
      ageScheme === null || ageValue === null || ageMinimum === null
        ? null
        : { scheme: ageScheme, value: ageValue, minimumAge: ageMinimum },
    rights: rightsMode === null ? null : { mode: rightsMode as 'allow' | 'deny', countries: rightsCountries },
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    deletedAt: row.deletedAt?.toISOString() ?? null,
  }
}

function rowOf(item: Item, change: number): typeof catalogueItem.$inferInsert {
  const { ageRating, rights, createdAt, updatedAt, deletedAt, ...same } = item
  return {
    ...same,
    ageScheme: ageRating?.scheme ?? null,
    ageValue: ageRating?.value ?? null,
    ageMinimum: ageRating?.minimumAge ?? null,
    rightsMode: rights?.mode ?? null,
    rightsCountries: rights?.countries ?? [],
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
    deletedAt: dateOf(deletedAt),
    change,
  }
}

const dateOf = (time: string | null) => (time === null ? null : new Date(time))

/** Rows in parts that stay below PostgreSQL's 65,535 parameters a statement. */
function* parts<Row>(rows: readonly Row[]): Generator<Row[]> {
  for (let start = 0; start < rows.length; start += 5_000) yield rows.slice(start, start + 5_000)
}
