import type { FieldError } from '@foyer/contracts'
import { CsvError, readCsv, type CsvRow, type Encoding } from '../../../platform/csv.ts'
import { Problem } from '../../../platform/errors.ts'
import type { SourceFile, SourceRow } from './source-row.ts'

/**
 * Titles as CSV: a header, then one title or channel a row. Columns are named as the fields of the API, in any case and
 * with any of space, dash and underscore between the words; docs/guides/catalogue-import.md lists them.
 */
export async function readCsvTitles(bytes: Uint8Array, encoding: Encoding): Promise<SourceFile> {
  let columns: Column[] | undefined
  const unknownColumns: string[] = []
  const rows: SourceRow[] = []
  try {
    for await (const row of readCsv([bytes], { encoding })) {
      if (columns) rows.push(readRow(row, columns))
      else columns = readHeader(row, unknownColumns)
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    // What stands before the fault was read; what follows cannot be told from it.
    if (!columns) throw new Problem('import.unreadable', `Line ${error.line}: ${error.message}.`)
    rows.push({ row: error.line, fields: {}, faults: [{ field: 'row', message: error.message }] })
  }
  if (!columns) throw new Problem('import.unreadable', 'The file is empty; its first line names the columns.')
  return { rows, unknownColumns }
}

interface Column {
  /** As it stands in the file. */
  readonly header: string
  /** What it fills; null for a column that means nothing here. */
  readonly target: Target | null
}

type Target = { readonly name: ColumnName; readonly key?: string }
type ColumnName = keyof typeof READERS

function readHeader({ cells }: CsvRow, unknownColumns: string[]): Column[] {
  const seen = new Map<string, string>()
  const columns = cells.map((cell): Column => {
    const header = cell.trim()
    const target = targetOf(header)
    if (!target) {
      if (header !== '' && !unknownColumns.includes(header)) unknownColumns.push(header)
      return { header, target }
    }
    const place = `${target.name}:${target.key ?? ''}`
    const twin = seen.get(place)
    if (twin !== undefined) {
      throw new Problem('import.unreadable', `The columns "${twin}" and "${header}" mean the same.`)
    }
    seen.set(place, header)
    return { header, target }
  })
  if (!columns.some(({ target }) => target?.name === 'id')) {
    throw new Problem('import.unreadable', 'The first line names the columns, and one of them must be id.')
  }
  return columns
}

function targetOf(header: string): Target | null {
  const [first = '', ...more] = header.split(':')
  const word = first.toLowerCase().replaceAll(/[\s_-]/g, '')
  const key = more.join(':').trim()
  const name = key === '' ? COLUMNS.get(word) : KEYED_COLUMNS.get(word)
  return name === undefined ? null : { name, ...(key === '' ? {} : { key }) }
}

function readRow({ line, cells }: CsvRow, columns: readonly Column[]): SourceRow {
  const fields: Record<string, unknown> = {}
  const faults: FieldError[] = []
  const headers = new Map<string, string>()
  if (cells.length !== columns.length) {
    faults.push({ field: 'row', message: `has ${cells.length} cells, and the header ${columns.length}` })
  }
  for (const [index, { header, target }] of columns.entries()) {
    const cell = cells[index]
    if (!target || cell === undefined) continue
    const fault = READERS[target.name](fields, cell.trim(), target.key ?? '')
    if (fault !== undefined) faults.push({ field: header, message: fault })
    const path = PATHS[target.name] ?? (target.key ? `${MAPS[target.name]}.${target.key}` : target.name)
    // Where several columns make up a field, what is wrong with it is in one that says something.
    if (cell.trim() !== '' || !headers.has(path)) headers.set(path, header)
  }
  finish(fields)
  if (fields['id'] === null) delete fields['id']
  return {
    row: line,
    fields,
    faults,
    nameOf: (path) => headers.get(path) ?? headers.get(path.split('.')[0]!) ?? path,
  }
}

/** Puts a cell into the fields; answers what is wrong with it. An empty cell is null: the field is cleared. */
type Reader = (fields: Record<string, unknown>, cell: string, key: string) => string | undefined

const text =
  (field: string): Reader =>
  (fields, cell) => {
    fields[field] = cell === '' ? null : cell
    return undefined
  }

const number =
  (field: string): Reader =>
  (fields, cell) => {
    if (cell !== '' && !/^-?\d+$/.test(cell)) return 'is not a whole number'
    if (cell === '') fields[field] ??= null
    else fields[field] = Number(cell)
    return undefined
  }

/** `1:02:03`, `62:03` or seconds with a fraction, read as ms. */
const duration =
  (field: string): Reader =>
  (fields, cell) => {
    if (cell === '') {
      fields[field] ??= null
      return undefined
    }
    if (!/^\d+(:[0-5]?\d){0,2}([.,]\d{1,3})?$/.test(cell)) return 'is not hours:minutes:seconds'
    const seconds = cell
      .replace(',', '.')
      .split(':')
      .reduce((sum, part) => sum * 60 + Number(part), 0)
    fields[field] = Math.round(seconds * 1000)
    return undefined
  }

const list =
  (field: string): Reader =>
  (fields, cell) => {
    fields[field] = wordsOf(cell)
    return undefined
  }

const wordsOf = (cell: string) =>
  cell
    .split('|')
    .map((word) => word.trim())
    .filter((word) => word !== '')

/** Sets a part of an object that several columns make up; `finish` clears it when all of them are empty. */
const part =
  (field: string, name: string, read: (cell: string) => unknown = (cell) => cell): Reader =>
  (fields, cell) => {
    const object = (fields[field] ??= {}) as Record<string, unknown>
    if (cell === '') return undefined
    const value = read(cell)
    if (value === undefined) return 'is not a whole number'
    object[name] = value
    return undefined
  }

const wholeNumber = (cell: string) => (/^\d+$/.test(cell) ? Number(cell) : undefined)

const countriesAs =
  (mode: 'allow' | 'deny'): Reader =>
  (fields, cell) => {
    const countries = wordsOf(cell).map((word) => word.toUpperCase())
    const other = fields['rights'] as { mode: string } | null | undefined
    if (countries.length > 0 && other) return 'give countries that are allowed, or countries that are denied'
    if (countries.length > 0) fields['rights'] = { mode, countries }
    else fields['rights'] ??= null
    return undefined
  }

/** A day alone begins at midnight UTC. */
const windowTime = (cell: string) => (/^\d{4}-\d\d-\d\d$/.test(cell) ? `${cell}T00:00:00Z` : cell)

/** Name, role and character at their longest. */
const CREDIT_LENGTH_MAX = 330

const people: Reader = (fields, cell) => {
  const credits = []
  for (const word of wordsOf(cell)) {
    if (word.length > CREDIT_LENGTH_MAX)
      return `a name and role are longer than ${CREDIT_LENGTH_MAX} characters`
    const [, name, role, character] = /^(.+?)\s*\(([^():]+)(?::\s*([^()]+))?\)$/.exec(word) ?? []
    if (name === undefined || role === undefined)
      return `write ${word} as Name (role) or Name (role: character)`
    credits.push({ name, role: role.trim(), character: character?.trim() ?? null })
  }
  fields['people'] = credits
  return undefined
}

const entry =
  (field: string, name?: string): Reader =>
  (fields, cell, key) => {
    const map = (fields[field] ??= {}) as Record<string, unknown>
    if (cell === '') return undefined
    if (name === undefined) map[key] = cell
    else map[key] = { ...(map[key] as object | undefined), [name]: cell }
    return undefined
  }

const READERS = {
  id: text('id'),
  kind: (fields, cell) => {
    if (cell !== '') fields['kind'] = cell.toLowerCase()
    return undefined
  },
  name: text('name'),
  parentId: text('parentId'),
  number: number('number'),
  originalName: text('originalName'),
  synopsis: text('synopsis'),
  language: text('language'),
  releaseDate: text('releaseDate'),
  releaseYear: number('releaseYear'),
  durationMs: number('durationMs'),
  duration: duration('durationMs'),
  creditsStartMs: number('creditsStartMs'),
  creditsStart: duration('creditsStartMs'),
  ageScheme: part('ageRating', 'scheme'),
  ageValue: part('ageRating', 'value'),
  ageMinimum: part('ageRating', 'minimumAge', wholeNumber),
  categories: list('categories'),
  keywords: list('keywords'),
  people,
  countriesAllowed: countriesAs('allow'),
  countriesDenied: countriesAs('deny'),
  availableFrom: part('window', 'from', windowTime),
  availableTo: part('window', 'to', windowTime),
  availablePlatform: part('window', 'platform'),
  localisedName: entry('localised', 'name'),
  localisedSynopsis: entry('localised', 'synopsis'),
  images: entry('images'),
  externalIds: entry('externalIds'),
} satisfies Record<string, Reader>

const KEYED_COLUMNS = new Map<string, ColumnName>([
  ['name', 'localisedName'],
  ['synopsis', 'localisedSynopsis'],
  ['images', 'images'],
  ['externalids', 'externalIds'],
])
const KEYED_ONLY = new Set<string>(KEYED_COLUMNS.values())

const COLUMNS = new Map(
  (Object.keys(READERS) as ColumnName[])
    .filter((name) => !KEYED_ONLY.has(name))
    .map((name) => [name.toLowerCase(), name]),
)

/** Where in the entry a column lies, when it is not the field of its own name. */
const PATHS: Partial<Record<ColumnName, string>> = {
  duration: 'durationMs',
  creditsStart: 'creditsStartMs',
  ageScheme: 'ageRating.scheme',
  ageValue: 'ageRating.value',
  ageMinimum: 'ageRating.minimumAge',
  countriesAllowed: 'rights',
  countriesDenied: 'rights',
  availableFrom: 'windows.0.from',
  availableTo: 'windows.0.to',
  availablePlatform: 'windows.0.platform',
}
const MAPS: Partial<Record<ColumnName, string>> = {
  localisedName: 'localised',
  localisedSynopsis: 'localised',
  images: 'images',
  externalIds: 'externalIds',
}

/** Makes whole objects of their parts; empty ones clear the field. */
function finish(fields: Record<string, unknown>): void {
  const { window, ageRating } = fields
  if (ageRating !== undefined && Object.keys(ageRating as object).length === 0) fields['ageRating'] = null
  if (window === undefined) return
  delete fields['window']
  fields['windows'] = Object.keys(window as object).length === 0 ? [] : [{ from: null, to: null, ...window }]
}
