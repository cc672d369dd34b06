import { Readable, pipeline } from 'node:stream'
import { parse } from 'csv-parse'

/**
 * Reading text and CSV that others made: byte order marks, UTF-8 or the encodings of spreadsheets, any of the usual
 * delimiters and line ends, quotes as in RFC 4180 and as people write them. Streams; what it holds is one row.
 */
export type Encoding = 'utf-8' | 'utf-16le' | 'windows-1252'

export interface CsvRow {
  /** The line where the row begins, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/** A file that cannot be read to its end as CSV. */
export class CsvError extends Error {
  override readonly name = 'CsvError'
  /** The line from which on nothing could be read. */
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

/** Characters of one row; a longer one is a file of another kind, or a quote that was never closed. */
const ROW_LENGTH_MAX = 1_048_576

/**
 * The rows of a CSV file, empty ones left out, the header being the first.
 * Throws CsvError where an opening quote is never closed or a row is longer than 1 MB.
 *
 * The delimiter is the one of `, ; tab |` that the first line has most of, unless it is given.
 */
export async function* readCsv(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: { encoding: Encoding; delimiter?: string },
): AsyncGenerator<CsvRow> {
  const text = unixLines(decode(source, options.encoding))
  const { head, rest } = await peek(text)
  let line = 1
  let failure: string | undefined
  const parser = parse({
    delimiter: options.delimiter ?? likelyDelimiter(head),
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: ROW_LENGTH_MAX,
    // An error event would overtake rows that are parsed and not yet read: what fails is kept for after them.
    skip_records_with_error: true,
    on_skip: (error) => {
      failure ??= error?.code ?? 'unknown'
      return undefined
    },
  })
  // The reader below sees what fails; the pipeline only ties the ends together.
  pipeline(Readable.from(rest), parser, () => {})
  for await (const { record, info } of parser as AsyncIterable<ParsedRecord>) {
    const height = record.reduce((sum, cell) => sum + lineEnds(cell), 0)
    yield { line: info.lines - height, cells: record }
    line = info.lines + 1
  }
  if (failure === 'CSV_QUOTE_NOT_CLOSED') throw new CsvError(line, 'a quote is opened here and never closed')
  if (failure === 'CSV_MAX_RECORD_SIZE') {
    throw new CsvError(line, `a row is longer than ${ROW_LENGTH_MAX} characters; is a quote not closed?`)
  }
  if (failure !== undefined) throw new CsvError(line, `the row cannot be read (${failure})`)
}

interface ParsedRecord {
  readonly record: string[]
  readonly info: { readonly lines: number }
}

/**
 * How bytes are written: by the byte order mark, else UTF-8 where all of it is, else Windows-1252, the superset of
 * Latin-1 that spreadsheets write. Reads to the end.
 */
export async function detectEncoding(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Encoding> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let isFirst = true
  try {
    for await (const chunk of source) {
      if (isFirst && chunk[0] === 0xff && chunk[1] === 0xfe) return 'utf-16le'
      isFirst = false
      decoder.decode(chunk, { stream: true })
    }
    decoder.decode()
    return 'utf-8'
  } catch {
    return 'windows-1252'
  }
}

/** Text of bytes, without a byte order mark. */
export function decodeText(bytes: Uint8Array, encoding: Encoding): string {
  return new TextDecoder(encoding).decode(bytes)
}

/** The lines of a text file one by one, with their numbers from 1; empty ones left out. */
export async function* readLines(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  encoding: Encoding,
): AsyncGenerator<{ line: number; text: string }> {
  let rest = ''
  let line = 0
  for await (const chunk of unixLines(decode(source, encoding))) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    if (rest.length > ROW_LENGTH_MAX)
      throw new CsvError(line + lines.length + 1, `a line is longer than ${ROW_LENGTH_MAX} characters`)
    for (const text of lines) {
      line += 1
      if (text !== '') yield { line, text }
    }
  }
  if (rest !== '') yield { line: line + 1, text: rest }
}

async function* decode(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  encoding: Encoding,
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding)
  for await (const chunk of source) yield decoder.decode(chunk, { stream: true })
  yield decoder.decode()
}

/** CR LF and lone CR become LF, so that lines are counted alike in and out of quotes. */
async function* unixLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let held = ''
  for await (const chunk of chunks) {
    const text = held + chunk
    held = text.endsWith('\r') ? '\r' : ''
    yield (held === '' ? text : text.slice(0, -1)).replaceAll(/\r\n?/g, '\n')
  }
  if (held !== '') yield '\n'
}

/** The beginning, with at least the first line, and all of it again. */
async function peek(text: AsyncGenerator<string>): Promise<{ head: string; rest: AsyncGenerator<string> }> {
  let head = ''
  while (!head.includes('\n') && head.length < ROW_LENGTH_MAX) {
    const next = await text.next()
    if (next.done) break
    head += next.value
  }
  async function* all(): AsyncGenerator<string> {
    if (head !== '') yield head
    yield* text
  }
  return { head, rest: all() }
}

const DELIMITERS = [',', ';', '\t', '|'] as const

function likelyDelimiter(head: string): string {
  const line = head.slice(0, head.indexOf('\n') + 1 || head.length).replaceAll(/"[^"]*"/g, '')
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!
}

function lineEnds(cell: string): number {
  let count = 0
  for (let at = cell.indexOf('\n'); at !== -1; at = cell.indexOf('\n', at + 1)) count += 1
  return count
}
