import type { FieldError } from '@foyer/contracts'

/** A row of a file as its format was read, before the catalogue's own schema and rules have seen it. */
export interface SourceRow {
  /** The line of a CSV file, else the item's number; from 1. */
  readonly row: number
  /** Fields of a title or channel by their names in the API, with `id`. A field that the file does not have is missing. */
  readonly fields: Readonly<Record<string, unknown>>
  /** What already could not be read. */
  readonly faults: readonly FieldError[]
  /** What a field is called in the file, for its errors; the field's own name where it is missing. */
  readonly nameOf?: (path: string) => string
}

/** A file, read. */
export interface SourceFile {
  readonly rows: readonly SourceRow[]
  /** What the file has and the catalogue does not know, each once. */
  readonly unknownColumns: readonly string[]
}
