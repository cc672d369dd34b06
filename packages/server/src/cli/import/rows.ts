import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { identifier, timestamp } from '@foyer/contracts'
import { countryCodeOf, IMPORT_BATCH_MAX, type ImportedViewer } from '../../modules/accounts/index.ts'
import type { SourceRow } from '../../modules/catalogue/index.ts'
import { CsvError, detectEncoding, readCsv, readLines, type Encoding } from '../../platform/csv.ts'
import { StartupError } from '../../platform/errors.ts'
import {
  checkTarget,
  collectFaults,
  eventWriter,
  IMPORT_PURPOSES,
  IMPORT_ROWS_MAX,
  IMPORT_TS_MIN,
  noRows,
  phaseProgress,
  type Faults,
  type ImportDependencies,
  type ImportEvent,
  type ImportTarget,
  type RowCounts,
  type RowFault,
} from './import-run.ts'
import { columnsOf, mapRow, type Mapping } from './mapping.ts'

/** What an import of rows did. */
export interface RowsReport {
  readonly kind: Mapping['kind']
  /** Rows of the file, the header left aside. */
  readonly rows: number
  /** Viewers or titles; null for events. */
  readonly counts: RowCounts | null
  /** Events that went to the journal in this run, which drops what it has seen before. */
  readonly sent: number
  readonly refused: number
  readonly faults: readonly RowFault[]
}

/**
 * Imports a CSV or NDJSON file of viewers, titles or events by a mapping. Rows that are wrong are refused one by one.
 * Again, it adds nothing: viewers and titles go by their ids, events by `messageId`, or by all that is mapped of the row
 * where the file has no such id (rows that say the same are then one event).
 * Throws StartupError for a service or app that is not there, and for a file that lacks a mapped column.
 */
export async function importRows(
  deps: ImportDependencies,
  options: ImportTarget & { file: string; mapping: Mapping },
): Promise<RowsReport> {
  const { mapping, service, app } = options
  if (mapping.kind !== 'titles')
    await checkTarget(deps, mapping.kind === 'events' ? { service, app } : { service })
  const faults = collectFaults()
  if (mapping.kind === 'viewers') return importViewerRows(deps, options, faults)
  if (mapping.kind === 'titles') return importTitleRows(deps, options, faults)
  return importEventRows(deps, options, faults)
}

type RowsOptions = ImportTarget & { file: string; mapping: Mapping }

interface Row {
  readonly row: number
  readonly values: Readonly<Record<string, unknown>>
}

async function importViewerRows(
  deps: ImportDependencies,
  options: RowsOptions,
  faults: Faults,
): Promise<RowsReport> {
  const { service, file, mapping } = options
  const tell = phaseProgress(deps, 'viewers')
  const counts = noRows()
  const reading = readRows(options, faults)
  const firstOf = new Map<string, { row: number; digest: string }>()
  for await (const batch of batches(reading.rows, IMPORT_BATCH_MAX)) {
    deps.signal?.throwIfAborted()
    const viewers = batch.map(({ values }) => values as unknown as ImportedViewer)
    const results = await deps.accounts.importViewers({
      service,
      source: `import:${mapping.source}`,
      purposes: IMPORT_PURPOSES,
      viewers: viewers.map((viewer) => ({ ...viewer, externalId: textOf(viewer.externalId) ?? '' })),
    })
    for (const [index, result] of results.entries()) {
      counts[result.outcome] += 1
      const { row, values } = batch[index]!
      if (result.outcome === 'refused') {
        faults.add(file, row, result.reason)
        continue
      }
      for (const { field, message } of result.dropped) faults.add(file, row, `${field}: ${message}; left out`)
      // Of rows without a time of their own, the first of a viewer counts.
      const digest = digestOf(values)
      const first = firstOf.get(result.externalId)
      if (!first) firstOf.set(result.externalId, { row, digest })
      else if (values['updatedAt'] === undefined && first.digest !== digest)
        faults.add(
          file,
          row,
          `externalId: stands at row ${first.row} with other values, which count; give updatedAt to let a later row win`,
        )
    }
    tell(reading.count(), null)
  }
  counts.refused += reading.refused()
  return {
    kind: 'viewers',
    rows: reading.count(),
    counts,
    sent: 0,
    refused: counts.refused,
    faults: faults.told,
  }
}

async function importTitleRows(
  deps: ImportDependencies,
  options: RowsOptions,
  faults: Faults,
): Promise<RowsReport> {
  const tell = phaseProgress(deps, 'titles')
  const counts = noRows()
  const reading = readRows(options, faults)
  // All at once, since a series may stand after its episodes.
  const rows: SourceRow[] = []
  for await (const { row, values } of reading.rows) {
    if (rows.length === TITLES_MAX)
      throw new StartupError(`A file of titles may have ${TITLES_MAX} rows. Split it.`)
    rows.push({ row, fields: values, faults: [] })
  }
  for (const result of await deps.catalogue.importRows(rows, { isDryRun: false })) {
    counts[result.outcome] += 1
    for (const { field, message } of result.errors ?? [])
      faults.add(options.file, result.row, `${field}: ${message}`)
  }
  tell(reading.count(), reading.count())
  counts.refused += reading.refused()
  return {
    kind: 'titles',
    rows: reading.count(),
    counts,
    sent: 0,
    refused: counts.refused,
    faults: faults.told,
  }
}

const TITLES_MAX = 200_000

async function importEventRows(
  deps: ImportDependencies,
  options: RowsOptions,
  faults: Faults,
): Promise<RowsReport> {
  const { service, app, file, mapping } = options
  const tell = phaseProgress(deps, 'events')
  const reading = readRows(options, faults)
  const writer = eventWriter(deps, {
    head: { source: `import:${mapping.source}`, party: mapping.party, service, app },
    key: `${service} ${app} ${await checksumOf(file, mapping)}`,
    onSent: (_events, isWaiting) => tell(reading.count(), null, isWaiting),
  })
  await writer.resume()
  let refused = 0
  for await (const batch of batches(reading.rows, IMPORT_ROWS_MAX)) {
    const events: { externalId: string; event: Omit<ImportEvent, 'vid'> }[] = []
    for (const row of batch) {
      const read = eventOf(row, mapping, deps.clock.now())
      if ('fault' in read) {
        refused += 1
        faults.add(file, row.row, read.fault)
      } else events.push(read)
    }
    const vids = await deps.accounts.resolveExternalIds(
      service,
      events.map(({ externalId }) => externalId),
    )
    for (const { externalId, event } of events) await writer.add({ ...event, vid: vids.get(externalId)! })
  }
  await writer.finish()
  refused += reading.refused()
  return {
    kind: 'events',
    rows: reading.count(),
    counts: null,
    sent: writer.sentNow,
    refused,
    faults: faults.told,
  }
}

/** A text or a number as text; nothing else is an id or a name: of objects all would be `[object Object]`. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

function eventOf(
  { values }: Row,
  mapping: Mapping,
  now: number,
): { externalId: string; event: Omit<ImportEvent, 'vid'> } | { fault: string } {
  const text = (field: string) => textOf(values[field])
  const externalId = text('externalId')
  const type = text('type')
  const contentId = text('contentId')
  const name = text('name')
  const country = text('country')
  const messageId = text('messageId')
  const ts = timestamp.safeParse(values['ts'])
  if (!identifier.safeParse(externalId).success) return { fault: 'externalId: is missing or too long' }
  if (!ts.success) return { fault: 'ts: is missing, or not between 1900 and 2300' }
  if (ts.data < IMPORT_TS_MIN) return { fault: 'ts: lies before 1970-01-02, the first day that is kept' }
  if (ts.data > now) return { fault: 'ts: lies in the future' }
  if (type === undefined || !EVENT_TYPE.test(type)) return { fault: 'type: is not lower_snake_case' }
  for (const [field, value] of Object.entries({ contentId, messageId, name })) {
    if (value !== undefined && !identifier.safeParse(value).success)
      return { fault: `${field}: is empty or too long` }
  }
  if (country !== undefined && countryCodeOf(country) !== country) {
    return { fault: 'country: is not an ISO 3166-1 alpha-2 code, upper case' }
  }
  const properties = values['properties'] as Record<string, unknown> | undefined
  return {
    externalId: externalId!,
    event: {
      messageId: `${mapping.source}-${messageId ?? digestOf(values)}`,
      ts: ts.data,
      type,
      ...(name === undefined ? {} : { name }),
      ...(contentId === undefined ? {} : { contentId }),
      ...(country === undefined ? {} : { country }),
      ...(properties === undefined ? {} : { properties }),
    },
  }
}

const EVENT_TYPE = /^[a-z][a-z0-9_]{0,39}$/

function digestOf(values: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('base64url')
}

interface Reading {
  /** Rows that the mapping could read. */
  readonly rows: AsyncGenerator<Row>
  /** Rows so far, read or not. */
  count(): number
  /** Rows so far that the mapping could not read. */
  refused(): number
}

function readRows({ file, mapping }: RowsOptions, faults: Faults): Reading {
  let count = 0
  let refused = 0
  const refuse = (row: number, reason: string) => {
    refused += 1
    faults.add(file, row, reason)
  }
  async function* rows(): AsyncGenerator<Row> {
    const encoding = mapping.encoding ?? (await detectEncoding(createReadStream(file)))
    const isCsv = (mapping.format ?? (/\.(ndjson|jsonl)$/i.test(file) ? 'ndjson' : 'csv')) === 'csv'
    try {
      for await (const { row, valueOf, fault } of isCsv
        ? csvRows(file, mapping, encoding)
        : jsonRows(file, encoding)) {
        count += 1
        const mapped = fault === undefined ? mapRow(mapping, valueOf) : { fault }
        if ('fault' in mapped) refuse(row, mapped.fault)
        else yield { row, values: mapped.values }
      }
    } catch (error) {
      if (!(error instanceof CsvError)) throw error
      count += 1
      refuse(error.line, `${error.message}; nothing after it was read`)
    }
  }
  return { rows: rows(), count: () => count, refused: () => refused }
}

interface RawRow {
  readonly row: number
  readonly valueOf: (column: string) => unknown
  readonly fault?: string
}

async function* csvRows(file: string, mapping: Mapping, encoding: Encoding): AsyncGenerator<RawRow> {
  const { delimiter } = mapping
  let places: Map<string, number> | undefined
  let width = 0
  for await (const { line, cells } of readCsv(createReadStream(file), {
    encoding,
    ...(delimiter === undefined ? {} : { delimiter }),
  })) {
    if (!places) {
      places = new Map(cells.map((cell, index) => [cell.trim(), index]))
      width = cells.length
      const missing = columnsOf(mapping).filter((column) => !places!.has(column))
      if (missing.length > 0) {
        throw new StartupError(
          `${file} has no column ${missing.join(', ')}. Its columns are: ${cells.join(', ')}.`,
        )
      }
      continue
    }
    const at = places
    yield {
      row: line,
      valueOf: (column) => cells[at.get(column)!],
      ...(cells.length === width ? {} : { fault: `has ${cells.length} cells, and the header ${width}` }),
    }
  }
}

async function* jsonRows(file: string, encoding: Encoding): AsyncGenerator<RawRow> {
  for await (const { line: row, text } of readLines(createReadStream(file), encoding)) {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      yield { row, valueOf: () => undefined, fault: 'is not JSON' }
      continue
    }
    yield { row, valueOf: (column) => valueAt(value, column) }
  }
}

/** The value at a path such as `user.id`; a name that has dots itself comes first. */
function valueAt(value: unknown, path: string): unknown {
  const own = (object: unknown, name: string): unknown =>
    typeof object === 'object' && object !== null && Object.hasOwn(object, name)
      ? (object as Record<string, unknown>)[name]
      : undefined
  return own(value, path) ?? path.split('.').reduce(own, value)
}

async function* batches<Value>(values: AsyncIterable<Value>, size: number): AsyncGenerator<Value[]> {
  let batch: Value[] = []
  for await (const value of values) {
    batch.push(value)
    if (batch.length === size) {
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

async function checksumOf(file: string, mapping: Mapping): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(mapping))
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}
