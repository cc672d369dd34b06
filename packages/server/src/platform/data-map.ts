import type { PgTable, PgTableWithColumns, TableConfig } from 'drizzle-orm/pg-core'
import { customType, getTableConfig } from 'drizzle-orm/pg-core'
import type { NodePgQueryResultHKT } from 'drizzle-orm/node-postgres'
import type { PgDatabase } from 'drizzle-orm/pg-core'
import type { Purpose } from '@foyer/contracts'

/**
 * The data map: what each column of every store is, why it is kept, how long, and what happens to it when its viewer asks
 * for a copy or for erasure. Annotations stand beside the columns; a table that lacks one does not type-check, and a test
 * compares the map with the stores as they are. Export, erasure, retention and the Art. 30 register are generated from it.
 */
export interface ColumnAnnotation {
  /**
   * identifier: names or joins one person · personal: says something of a person · behaviour: what a person did ·
   * content: about titles, not people · operational: how the system runs · secret: opens something.
   */
  readonly category: 'identifier' | 'personal' | 'behaviour' | 'content' | 'operational' | 'secret'
  /** Why it is kept; null where no person is concerned. */
  readonly purpose: Purpose | null
  /** How long: `forever`, with its viewer or device (`account`), or a number of days from receipt. */
  readonly retention: 'forever' | 'account' | `${number}d`
  /** Whether a viewer's copy of the data contains it. */
  readonly isExported: boolean
  /** What erasure does: nothing, deletes the row, destroys the key that opens it, or clears the value. */
  readonly erasure: 'keep' | 'delete' | 'shred' | 'clear'
}

/** A table or collection of any store with its columns' annotations. */
export interface AnnotatedTable {
  readonly store: 'records' | 'events' | 'journal'
  readonly table: string
  readonly columns: Readonly<Record<string, ColumnAnnotation>>
}

/** Usual annotations, to be used by name. */
export const operational: ColumnAnnotation = {
  category: 'operational',
  purpose: null,
  retention: 'forever',
  isExported: false,
  erasure: 'keep',
}
export const content: ColumnAnnotation = { ...operational, category: 'content' }
export const secret: ColumnAnnotation = { ...operational, category: 'secret' }
/** Joins a person; goes with the account. */
export const identifier: ColumnAnnotation = {
  category: 'identifier',
  purpose: 'service',
  retention: 'account',
  isExported: true,
  erasure: 'delete',
}
/** Readable and coarse: a country, a year band. */
export const personal: ColumnAnnotation = { ...identifier, category: 'personal' }
/** Sealed under the viewer's key: erasure destroys the key. */
export const sealedPersonal: ColumnAnnotation = { ...personal, erasure: 'shred' }
/** What was done; kept 13 months. */
export const behaviour: ColumnAnnotation = {
  category: 'behaviour',
  purpose: 'analytics',
  retention: '396d',
  isExported: true,
  erasure: 'delete',
}

type Columns<T extends TableConfig> = { readonly [K in keyof T['columns']]: ColumnAnnotation }

/** Annotates a table of RECORDS. Missing or extra columns do not type-check. */
export function annotate<T extends TableConfig>(
  table: PgTableWithColumns<T>,
  columns: Columns<T>,
): AnnotatedTable {
  const config = getTableConfig(table as PgTable)
  const byProperty = columns as Record<string, ColumnAnnotation>
  const byColumn: Record<string, ColumnAnnotation> = {}
  for (const [property, annotation] of Object.entries(byProperty)) {
    const column = (table as unknown as Record<string, { name: string }>)[property]
    if (column) byColumn[column.name] = annotation
  }
  return { store: 'records', table: config.name, columns: byColumn }
}

/** A value sealed by the vault (`v1.<epoch>.<base64url>`). Plain text does not fit the type. */
export type Sealed = string & { readonly __brand: 'Sealed' }

/** Column type for sealed values: a write of anything unsealed throws, in whatever way it came past the compiler. */
export const sealed = customType<{ data: Sealed; driverData: string }>({
  dataType: () => 'text',
  toDriver(value) {
    if (!/^v1\.[\w-]+\.[\w-]+$/.test(value))
      throw new TypeError('a plain value was written to a sealed column')
    return value
  },
})

/** The records database or an open transaction of it: what queries take. */
export type Database = PgDatabase<NodePgQueryResultHKT>
