import {
  CATALOGUE_IMPORT_LIMITS,
  channelPatch,
  identifier,
  titlePatch,
  type CatalogueFormat,
  type CatalogueImportAccount,
  type FieldError,
  type ImportedRow,
} from '@foyer/contracts'
import type { Clock } from '../../../platform/clock.ts'
import { decodeText, detectEncoding, type Encoding } from '../../../platform/csv.ts'
import type { Database } from '../../../platform/data-map.ts'
import { Problem } from '../../../platform/errors.ts'
import { applyChanges, CHANGES_AT_ONCE, learn } from '../changes.ts'
import { decideChanges, type Change, type Decision, type World } from '../decide.ts'
import { PARENT_KINDS } from '../rules.ts'
import { readCsvTitles } from './csv-titles.ts'
import { readJsonTitles } from './json-titles.ts'
import { readMrssTitles } from './mrss-titles.ts'
import type { SourceFile, SourceRow } from './source-row.ts'

export type { SourceRow } from './source-row.ts'

/** A file of titles and channels. */
export interface CatalogueImport {
  readonly format: CatalogueFormat
  /** Its bytes, not compressed. */
  readonly source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** Tells what would happen and changes nothing. */
  readonly isDryRun: boolean
}

interface ImportDeps {
  readonly db: Database
  readonly clock: Clock
}

/**
 * Reads a file and takes every row that is right, whatever becomes of the others. A field that the file does not have
 * keeps its value, an empty one is cleared; the same file again changes nothing.
 * Throws Problem import.unreadable for a file that is not of its format, request.too_large above a limit.
 */
export async function importCatalogue(
  deps: ImportDeps,
  { format, source, isDryRun }: CatalogueImport,
): Promise<CatalogueImportAccount> {
  const bytes = await collect(source)
  const encoding = await detectEncoding([bytes])
  const file = await readFile(format, bytes, encoding)
  const rows = await importRows(deps, file.rows, { isDryRun })
  return { format, encoding, isDryRun, ...count(rows), unknownColumns: [...file.unknownColumns], rows }
}

/** Takes rows in an order in which parents come before what belongs to them; answers in the order given. */
export async function importRows(
  deps: ImportDeps,
  rows: readonly SourceRow[],
  { isDryRun }: { isDryRun: boolean },
): Promise<ImportedRow[]> {
  const outcomes = new Map<SourceRow, ImportedRow>()
  const changes: { row: SourceRow; change: Change }[] = []
  const rowOfId = new Map<string, number>()
  for (const row of rows) {
    const read = readChange(row)
    const first = 'change' in read ? rowOfId.get(read.change.id) : undefined
    if (!('change' in read)) outcomes.set(row, refused(row, read.errors))
    else if (first !== undefined) {
      outcomes.set(row, refused(row, [{ field: 'id', message: `stands already at ${first} of this file` }]))
    } else {
      rowOfId.set(read.change.id, row.row)
      changes.push({ row, change: read.change })
    }
  }
  changes.sort((a, b) => depth(a.change) - depth(b.change))

  const imagined: World = { items: new Map(), children: new Map() }
  for (const part of parts(changes)) {
    const asked = part.map(({ change }) => change)
    const decisions = isDryRun
      ? await imagine(deps, imagined, asked)
      : await applyChanges(deps.db, deps.clock, asked)
    for (const [index, { row }] of part.entries()) outcomes.set(row, outcomeOf(row, decisions[index]!))
  }
  return rows.map((row) => outcomes.get(row)!)
}

/** Changes in parts that a transaction can write well within the life of a lease of RECORDS. */
function* parts<Each extends { readonly change: Change }>(changes: readonly Each[]): Generator<Each[]> {
  let part: Each[] = []
  let weight = 0
  for (const each of changes) {
    const { people, windows, localised } = each.change.fields
    const own = 1 + (people?.length ?? 0) + (windows?.length ?? 0) + Object.keys(localised ?? {}).length
    if (part.length === CHANGES_AT_ONCE || (part.length > 0 && weight + own > ROWS_AT_ONCE)) {
      yield part
      part = []
      weight = 0
    }
    part.push(each)
    weight += own
  }
  if (part.length > 0) yield part
}

/** Rows of all tables that a transaction writes: 1 s of the embedded RECORDS on a busy machine. */
const ROWS_AT_ONCE = 2_000

async function imagine(deps: ImportDeps, world: World, changes: readonly Change[]): Promise<Decision[]> {
  await learn(deps.db, world, changes)
  return decideChanges(changes, world, new Date(deps.clock.now()).toISOString())
}

/** Steps below the top that a kind can lie: what others belong to comes first. */
function depth({ fields }: Change): number {
  if (fields.kind === undefined || PARENT_KINDS[fields.kind].length === 0) return 0
  return fields.kind === 'season' ? 1 : 2
}

function readChange(row: SourceRow): { change: Change } | { errors: readonly FieldError[] } {
  if (row.faults.length > 0) return { errors: row.faults }
  const { id, kind, ...given } = row.fields
  const isChannel = kind === 'channel'
  const parsedId = identifier.safeParse(id)
  if (!parsedId.success) {
    return { errors: [{ field: nameOf(row, 'id'), message: parsedId.error.issues[0]!.message }] }
  }
  const ofTitles = isChannel ? TITLE_FIELDS.filter((field) => given[field] !== undefined) : []
  const filled = ofTitles.filter((field) => !isEmpty(given[field]))
  if (filled.length > 0) {
    return {
      errors: filled.map((field) => ({
        field: nameOf(row, field),
        message: 'is of titles; a channel has none, so leave it empty',
      })),
    }
  }
  const rest = Object.fromEntries(Object.entries(given).filter(([field]) => !ofTitles.includes(field)))
  const parsed = isChannel
    ? channelPatch.safeParse(rest)
    : titlePatch.safeParse(kind === undefined ? rest : { ...rest, kind })
  if (!parsed.success) {
    const errors = parsed.error.issues.map((issue) => ({
      field: nameOf(row, issue.path.join('.')),
      message: issue.message,
    }))
    return { errors }
  }
  const fields = isChannel ? { ...parsed.data, kind: 'channel' as const } : parsed.data
  return {
    change: { id: parsedId.data, mode: 'merge', family: isChannel ? 'channel' : 'title', fields },
  }
}

/** What titles have and channels do not: a file of both has a column for it, which is empty in a channel's row. */
const TITLE_FIELDS = Object.keys(titlePatch.shape).filter(
  (field) => field !== 'kind' && !Object.hasOwn(channelPatch.shape, field),
)

function isEmpty(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0)
}

function outcomeOf(row: SourceRow, decision: Decision): ImportedRow {
  if (decision.outcome === 'refused') {
    return refused(
      row,
      decision.errors.map(({ field, message }) => ({ field: nameOf(row, field), message })),
    )
  }
  const { outcome } = decision
  if (outcome === 'deleted') throw new TypeError('an import deletes nothing')
  return { row: row.row, id: decision.item.id, outcome }
}

function refused(row: SourceRow, errors: readonly FieldError[]): ImportedRow {
  const id = typeof row.fields['id'] === 'string' ? row.fields['id'] : null
  return { row: row.row, id, outcome: 'refused', errors: [...errors] }
}

function nameOf(row: SourceRow, path: string): string {
  return row.nameOf?.(path) ?? path
}

function count(rows: readonly ImportedRow[]): Record<ImportedRow['outcome'], number> {
  const counts = { created: 0, updated: 0, unchanged: 0, refused: 0 }
  for (const { outcome } of rows) counts[outcome] += 1
  return counts
}

async function collect(source: CatalogueImport['source']): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of source) {
    size += chunk.length
    if (size > CATALOGUE_IMPORT_LIMITS.bytesMax) {
      throw new Problem(
        'request.too_large',
        `A file of titles may have ${CATALOGUE_IMPORT_LIMITS.bytesMax} bytes. Split it; nothing was changed.`,
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function readFile(format: CatalogueFormat, bytes: Uint8Array, encoding: Encoding): Promise<SourceFile> {
  const file =
    format === 'csv'
      ? await readCsvTitles(bytes, encoding)
      : format === 'json'
        ? readJsonTitles(decodeText(bytes, encoding))
        : readMrssTitles(decodeText(bytes, encoding))
  if (file.rows.length > CATALOGUE_IMPORT_LIMITS.rowsMax) {
    throw new Problem(
      'request.too_large',
      `A file of titles may have ${CATALOGUE_IMPORT_LIMITS.rowsMax} rows. Split it; nothing was changed.`,
    )
  }
  return file
}
