import type { AuditTrail } from '../../platform/audit.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import type { Routes } from '../../platform/http/index.ts'
import type { Logger } from '../../platform/log.ts'
import { catalogueImportRoutes } from './import/routes.ts'
import {
  importCatalogue,
  importRows,
  type CatalogueImport,
  type SourceRow,
} from './import/import-catalogue.ts'
import { startLookup, type Lookup } from './lookup.ts'
import {
  countItems,
  itemsAdded,
  readItems,
  readSummaries,
  type AddedItems,
  type CatalogueSize,
  type ItemSummary,
} from './queries.ts'
import { catalogueRoutes } from './routes.ts'
import { isAvailable, type Place } from './rules.ts'

/**
 * The catalogue: titles (movie, series, season, episode, audio) and channels, with their categories, people, ratings,
 * availability and rights. Others ask it what an id of an event names (`startLookup`: at once, from memory; `namesOf`: from
 * RECORDS, for reports) and whether a title may be played (`isAvailable`). Whatever writes, by API, file or importer,
 * goes through the same decisions (`decide.ts`). A deleted title leaves every list and keeps its name.
 */
export interface Catalogue {
  /** `/v1/titles`, `/v1/channels`, `/v1/categories` and `/v1/catalogue/import`. */
  readonly routes: Routes
  /** Reads the catalogue into memory and follows it, for callers that cannot wait. Stop it when done. */
  startLookup(): Promise<Lookup>
  /** What ids name, also when deleted; unknown ids are missing from the map. */
  namesOf(ids: readonly string[]): Promise<Map<string, CatalogueName>>
  /** How many titles of any kind, and how many channels; deleted ones do not count. */
  count(): Promise<CatalogueSize>
  /** What can be played and came into the catalogue from `start` on, before `end` (epoch ms); the newest first. */
  addedBetween(time: { start: number; end: number }, limit: number): Promise<AddedItems>
  /** Whether a title or channel, with all that it belongs to, may be played there and then; false for unknown ids. */
  isAvailable(id: string, place: Place): Promise<boolean>
  /** Reads a file of titles. Throws Problem import.unreadable and request.too_large. */
  importFile(file: CatalogueImport): ReturnType<typeof importCatalogue>
  /** Takes rows that another importer has read. */
  importRows(rows: readonly SourceRow[], options: { isDryRun: boolean }): ReturnType<typeof importRows>
}

export interface CatalogueName {
  readonly name: string
  readonly type: ItemSummary['kind']
  readonly isDeleted: boolean
}

export interface CatalogueDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: AuditTrail
  readonly log: Logger
}

export function createCatalogue(deps: CatalogueDeps): Catalogue {
  return {
    async routes(server) {
      await catalogueRoutes(deps)(server)
      await catalogueImportRoutes(deps)(server)
    },
    startLookup: () => startLookup(deps),
    async namesOf(ids) {
      const entries = await readSummaries(deps.db, ids)
      return new Map(entries.map(({ id, name, kind, isDeleted }) => [id, { name, type: kind, isDeleted }]))
    },
    count: () => countItems(deps.db),
    addedBetween: (time, limit) => itemsAdded(deps.db, time, limit),
    async isAvailable(id, place) {
      const lineage = []
      for (let at: string | null = id; at !== null;) {
        const [item] = await readItems(deps.db, [at])
        if (!item) return false
        lineage.push(item)
        at = item.parentId
      }
      return isAvailable(lineage, place)
    },
    importFile: (file) => importCatalogue(deps, file),
    importRows: (rows, options) => importRows(deps, rows, options),
  }
}

export type { CatalogueImport, SourceRow } from './import/import-catalogue.ts'
export type { Lookup, TitleInfo } from './lookup.ts'
export type { AddedItems, CatalogueSize } from './queries.ts'
export type { Place } from './rules.ts'
export { catalogueDataMap } from './schema.ts'
