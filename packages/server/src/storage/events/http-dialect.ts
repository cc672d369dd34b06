import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { createGunzip, gzip } from 'node:zlib'
import { promisify } from 'node:util'
import type { Logger } from '../../platform/log.ts'
import type { ChdbEngine, EngineAnswer } from './chdb-engine.ts'
import { ENGINE_CODES, EngineError, exceptionOf } from './engine-error.ts'
import { LaneBroken } from './lanes.ts'
import { bindStatement, insertHeadOf } from './sql-text.ts'

/**
 * The ClickHouse HTTP interface (https://clickhouse.com/docs/interfaces/http) as far as the stock client and curl use
 * it: `/ping`; a statement in `query`, in the body or in both; `param_*` in the URL or in a form; every other name a
 * setting of this request alone; gzip both ways; errors as text with their number in `X-ClickHouse-Exception-Code`.
 *
 * Not here, and answered so: sessions, and formats of inserts other than JSONEachRow, JSONCompactEachRow, TSV and CSV.
 * Answers are whole or an error: nothing is sent before the engine is done.
 */
export function dialect(options: {
  engine: ChdbEngine
  log: Logger
  bodyBytesMax: number
  /** Called when the engine says something after which no insert will succeed any more. */
  onBroken(reason: string): void
}): { answer(request: IncomingMessage, response: ServerResponse): Promise<void> } {
  const { engine, log } = options

  async function run(message: IncomingMessage, url: URL, signal: AbortSignal): Promise<Answer> {
    const body = await readBody(message, options.bodyBytesMax)
    const request = requestOf(url, message.headers['content-type'], body)
    if (message.method === 'GET' || message.method === 'HEAD') refuseWrites(request)
    const common = { settings: request.settings, database: request.database, signal }
    const head = insertHeadOf(request.sql)
    if (head) {
      const inline = Buffer.from(request.sql.slice(head.dataFrom))
      const payload = inline.length === 0 ? request.data : Buffer.concat([inline, request.data])
      if (!INSERT_FORMATS.has(head.format)) {
        throw new EngineError(
          ENGINE_CODES.unknownFormat,
          `The embedded store takes inserts in ${[...INSERT_FORMATS].join(', ')}, not in ${head.format}`,
        )
      }
      // An insert that has begun is not ended with its connection, as on a server: its sender will ask again.
      const { rowsWritten } = await engine.insert(head, payload, common)
      return { bytes: new Uint8Array(), rowsRead: 0, bytesRead: 0, rowsWritten }
    }
    const text = request.data.length === 0 ? request.sql : `${request.sql}\n${request.data.toString()}`
    const statement = bindStatement(text, request.parameters)
    const answer = await engine[statement.kind](statement.sql, { ...common, format: request.format })
    return { ...answer, rowsWritten: 0 }
  }

  return {
    async answer(message, response) {
      const url = new URL(message.url ?? '/', 'http://events')
      if (url.pathname === '/ping') return void response.end('Ok.\n')
      if (url.pathname !== '/') {
        response.statusCode = 404
        return void response.end('There is no handle here; use / or /ping\n')
      }
      const gone = new AbortController()
      response.once('close', () => {
        if (!response.writableFinished) gone.abort()
      })
      response.setHeader('X-ClickHouse-Server-Display-Name', 'foyer')
      response.setHeader('X-ClickHouse-Timezone', 'UTC')
      const queryId = url.searchParams.get('query_id')
      if (queryId && /^[\w.-]{1,64}$/.test(queryId)) response.setHeader('X-ClickHouse-Query-Id', queryId)
      try {
        const answer = await run(message, url, gone.signal)
        if (!gone.signal.aborted) await send(message, url, response, answer)
      } catch (error) {
        const exception = exceptionOf(error)
        const isBroken =
          error instanceof LaneBroken || exception.text.includes('Cannot write to canceled buffer')
        if (!gone.signal.aborted) sendException(message, response, exception)
        log.debug({ code: exception.code, queryId }, 'a statement failed')
        if (isBroken) options.onBroken(exception.text.trim().slice(0, 200))
      }
    },
  }
}

interface Answer extends EngineAnswer {
  rowsWritten: number
}

const INSERT_FORMATS = new Set([
  'JSONEachRow',
  'JSONCompactEachRow',
  'CSV',
  'CSVWithNames',
  'TSV',
  'TabSeparated',
  'TSVWithNames',
  'TabSeparatedWithNames',
])

/** Names in the URL that are part of the protocol and no settings. */
const PROTOCOL_NAMES = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'user',
  'password',
  'quota_key',
  'role',
  'compress',
  'decompress',
  'enable_http_compression',
  'http_zlib_compression_level',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'http_write_exception_in_output_format',
  'cancel_http_readonly_queries_on_client_close',
  'wait_end_of_query',
  'buffer_size',
  'stacktrace',
  'client_protocol_version',
])

interface DialectRequest {
  sql: string
  /** What follows the statement: rows of an insert. */
  data: Buffer
  parameters: Map<string, string>
  settings: Record<string, string>
  database: string
  format: string
}

function requestOf(url: URL, contentType: string | undefined, body: Buffer): DialectRequest {
  const boundary = /^multipart\/form-data;\s*boundary="?([^";]+)"?/i.exec(contentType ?? '')?.[1]
  const fields = boundary === undefined ? [] : formFields(body, boundary)
  const request: DialectRequest = {
    sql: '',
    data: boundary === undefined ? body : Buffer.alloc(0),
    parameters: new Map(),
    settings: {},
    database: 'default',
    format: 'TabSeparated',
  }
  for (const [name, value] of [...url.searchParams, ...fields]) {
    if (name.startsWith('param_')) request.parameters.set(name.slice(6), value)
    else if (name === 'query') request.sql = value
    else if (name === 'database') request.database = value
    else if (name === 'default_format') request.format = value
    else if (name === 'session_id') {
      throw new EngineError(ENGINE_CODES.notImplemented, 'Sessions are not kept here; send no session_id')
    } else if (!PROTOCOL_NAMES.has(name)) request.settings[name] = value
  }
  if (request.sql === '') {
    // A statement with its rows in the body: the rows start where the insert's head ends, and may hold any bytes.
    const start = body.subarray(0, 65_536).toString('latin1')
    const head = insertHeadOf(start)
    const end = head ? head.dataFrom : body.length
    request.sql = body.subarray(0, end).toString()
    request.data = body.subarray(end)
  }
  return request
}

function refuseWrites(request: DialectRequest): void {
  if (insertHeadOf(request.sql) || bindStatement(request.sql, request.parameters).kind === 'write') {
    throw new EngineError(164, 'Cannot execute a write with GET: send it with POST')
  }
}

/** The text fields of a form (RFC 7578), as the client sends long parameters. */
function formFields(body: Buffer, boundary: string): [string, string][] {
  const fields: [string, string][] = []
  const delimiter = Buffer.from(`--${boundary}`)
  for (let at = body.indexOf(delimiter); at >= 0;) {
    const next = body.indexOf(delimiter, at + delimiter.length)
    if (next < 0) break
    const part = body.subarray(at + delimiter.length + 2, next - 2)
    const headEnd = part.indexOf('\r\n\r\n')
    const name = /name="([^"]*)"/.exec(part.subarray(0, headEnd).toString())?.[1]
    if (headEnd >= 0 && name !== undefined) fields.push([name, part.subarray(headEnd + 4).toString()])
    at = next
  }
  return fields
}

async function readBody(message: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  const collect = async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) {
      size += chunk.length
      if (size > bytesMax) {
        throw new EngineError(
          ENGINE_CODES.requestTooLarge,
          `The body is larger than ${bytesMax} bytes; send it in several inserts`,
        )
      }
      chunks.push(chunk)
    }
  }
  const encoding = message.headers['content-encoding'] ?? 'identity'
  if (encoding === 'gzip') await pipeline(message, createGunzip(), collect)
  else if (encoding === 'identity') await collect(message)
  else
    throw new EngineError(ENGINE_CODES.notImplemented, `Content-Encoding ${encoding} is not taken; use gzip`)
  return Buffer.concat(chunks, size)
}

const gzipped = promisify(gzip)

async function send(message: IncomingMessage, url: URL, response: ServerResponse, answer: Answer) {
  response.setHeader(
    'X-ClickHouse-Summary',
    JSON.stringify({
      read_rows: String(answer.rowsRead),
      read_bytes: String(answer.bytesRead),
      written_rows: String(answer.rowsWritten),
      result_bytes: String(answer.bytes.length),
    }),
  )
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8')
  const accepts = String(message.headers['accept-encoding'] ?? '')
  if (url.searchParams.get('enable_http_compression') === '1' && accepts.includes('gzip')) {
    response.setHeader('Content-Encoding', 'gzip')
    response.end(await gzipped(answer.bytes, { level: 1 }))
  } else response.end(answer.bytes)
}

function sendException(
  message: IncomingMessage,
  response: ServerResponse,
  exception: { code: number; status: number; text: string },
): void {
  response.statusCode = exception.status
  response.setHeader('X-ClickHouse-Exception-Code', String(exception.code))
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8')
  // What is left of a refused body is not read: the connection ends with the answer.
  if (!message.complete) response.setHeader('Connection', 'close')
  response.end(exception.text)
}
