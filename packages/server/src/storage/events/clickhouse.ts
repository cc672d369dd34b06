import { Agent, type AgentOptions } from 'node:http'
import { Readable } from 'node:stream'
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client'
import type { z } from 'zod'
import { systemClock, type Clock } from '../../platform/clock.ts'
import { failureOf, storeFailure, type Failure } from './clickhouse-failure.ts'
import type { Events, QueryOptions, QueryParams } from './events.ts'

/** Where EVENTS is: the socket of the embedded process, or `http(s)://user:password@host:port/database`. */
export type EventsTarget = { socketPath: string; database?: string } | { url: string }

export interface EventsOptions {
  /** Wall time of a query unless it asks otherwise, ms. */
  queryMsMax?: number
  /** Memory of a query, bytes. */
  queryMemoryBytesMax?: number
  /** How long an insert is tried again while the engine restarts, ms. */
  retryMsMax?: number
  /** Requests under way at one time; further ones wait. */
  connectionsMax?: number
  clock?: Clock
}

/** Opens EVENTS; nothing is sent before the first call. The same client serves chDB and ClickHouse. */
export function openEvents(target: EventsTarget, options: EventsOptions = {}): Events {
  const {
    queryMsMax = 30_000,
    queryMemoryBytesMax = 1_000_000_000,
    retryMsMax = 20_000,
    clock = systemClock,
  } = options
  const client = clientFor(target, options.connectionsMax ?? 32)

  async function query<Row>(
    sql: string,
    { params, row, signal, msMax = queryMsMax }: QueryOptions & { row: z.ZodType<Row>; params?: QueryParams },
  ): Promise<Row[]> {
    signal?.throwIfAborted()
    // The engine keeps the time; this is for the case that it does not answer at all.
    const silence = AbortSignal.timeout(msMax + 10_000)
    const read = async () => {
      const answer = await client.query({
        query: sql,
        format: 'JSONEachRow',
        ...(params ? { query_params: readyParams(sql, params) } : {}),
        abort_signal: signal ? AbortSignal.any([signal, silence]) : silence,
        use_multipart_params_auto: true,
        clickhouse_settings: {
          ...READ_SETTINGS,
          max_execution_time: msMax / 1000,
          max_memory_usage: String(queryMemoryBytesMax),
        },
      })
      return await answer.json<unknown>()
    }
    const rows = await read()
      .catch((error: unknown) => {
        // A kept connection that the engine's end cut: nothing was read, so reading again is harmless.
        if (failureOf(error) === 'cut' && !signal?.aborted && !silence.aborted) return read()
        throw error
      })
      .catch((error: unknown) => {
        signal?.throwIfAborted()
        throw storeFailure(error)
      })
    return rows.map((raw) => row.parse(raw))
  }

  return {
    query,

    run: (report, params, runOptions = {}) =>
      query(report.sql, {
        ...(report.msMax === undefined ? {} : { msMax: report.msMax }),
        ...runOptions,
        params: report.params.parse(params) as QueryParams,
        row: report.row,
      }),

    async insert(table, { ndjson, columns, token }) {
      const payload = typeof ndjson === 'string' ? Buffer.from(ndjson) : ndjson
      if (payload.length > INSERT_BYTES_MAX) {
        throw new RangeError(`an insert has at most ${INSERT_BYTES_MAX} bytes, not ${payload.length}`)
      }
      if (token === '') throw new RangeError('an insert has a token')
      if (payload.length === 0) return
      const send = () =>
        finish(
          client.exec({
            query: columns
              ? `INSERT INTO ${table} (${columns.join(', ')}) FORMAT JSONCompactEachRow`
              : `INSERT INTO ${table} FORMAT JSONEachRow`,
            values: Readable.from([payload], { objectMode: false }),
            abort_signal: AbortSignal.timeout(INSERT_MS_MAX),
            clickhouse_settings: { ...INSERT_SETTINGS, insert_deduplication_token: token },
          }),
        )
      await again(send, { msMax: retryMsMax, clock, when: PASSING })
    },

    async command(sql, params) {
      await client
        .command({
          query: sql,
          ...(params ? { query_params: readyParams(sql, params) } : {}),
          clickhouse_settings: { session_timezone: 'UTC', wait_end_of_query: 1 },
        })
        .catch((error: unknown) => {
          throw storeFailure(error)
        })
    },

    async ping() {
      const answer = await client.ping({ select: true })
      if (!answer.success) throw storeFailure(answer.error)
    },

    close: () => client.close(),
  }
}

/** One block whatever the engine's limits of blocks are: a token stands for a block, and two would be told apart. */
const INSERT_BYTES_MAX = 64_000_000

/** How long one attempt may take; a busy engine needs 1 s for the largest insert. */
const INSERT_MS_MAX = 120_000

/** What every read asks for, on every back end, so that answers look the same. */
const READ_SETTINGS = {
  output_format_json_quote_64bit_integers: 1,
  json_type_escape_dots_in_keys: 1,
  session_timezone: 'UTC',
  max_result_bytes: '64000000',
  result_overflow_mode: 'throw',
  wait_end_of_query: 1,
  cancel_http_readonly_queries_on_client_close: 1,
} as const

const INSERT_SETTINGS = {
  deduplicate_blocks_in_dependent_materialized_views: 1,
  insert_deduplicate: 1,
  async_insert: 0,
  input_format_skip_unknown_fields: 0,
  // A key with a dot is a key, and no path: `{"a.b":1,"a":{"b":2}}` stays both (ClickHouse 25.8).
  json_type_escape_dots_in_keys: 1,
  // Of a key that stands there twice the first value counts.
  type_json_skip_duplicated_paths: 1,
  // Properties stay what they were: the engine took "2024-02-30" for the first of March, "12" for a day too, and the
  // `false` of `["0",false]` for a text.
  input_format_try_infer_dates: 0,
  input_format_try_infer_datetimes: 0,
  input_format_json_read_bools_as_strings: 0,
  input_format_json_read_bools_as_numbers: 0,
  input_format_json_read_numbers_as_strings: 0,
  input_format_json_read_objects_as_strings: 0,
  input_format_json_read_arrays_as_strings: 0,
  // A repeated insert must make the same blocks in the same order.
  input_format_parallel_parsing: 0,
  max_insert_block_size: '10000000',
  min_insert_block_size_rows: '10000000',
  min_insert_block_size_bytes: '1000000000',
  session_timezone: 'UTC',
  wait_end_of_query: 1,
} as const

function clientFor(target: EventsTarget, connectionsMax: number): ClickHouseClient {
  const common = {
    // The engine's own limits end a query long before this one does.
    request_timeout: 3_600_000,
    max_open_connections: connectionsMax,
    log: { level: ClickHouseLogLevel.OFF },
    application: 'foyer',
  } as const
  if ('url' in target) return createClient({ ...common, url: target.url })
  // An agent takes the options of its connections too; its type does not say so.
  const overSocket: AgentOptions & { socketPath: string } = {
    socketPath: target.socketPath,
    keepAlive: true,
    maxSockets: connectionsMax,
  }
  return createClient({
    ...common,
    url: 'http://events.localhost',
    database: target.database ?? 'foyer',
    http_agent: new Agent(overSocket),
  })
}

/**
 * Values as the engine reads them. Dates: exactly over its whole range (its own form, Unix time, starts at 1970). Large
 * integers in arrays: as numbers, since it reads no quoted ones there, and subjects are decimal strings here.
 */
function readyParams(sql: string, params: QueryParams): Record<string, unknown> {
  const integers = new Set([...sql.matchAll(INTEGER_ARRAY)].map((match) => match[1]!))
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, readyParam(value, integers.has(name))]),
  )
}

const INTEGER_ARRAY = /\{\s*(\w+)\s*:\s*Array\(\s*(?:Nullable\(\s*)?U?Int\d+\s*\)+\s*\}/g

function readyParam(value: unknown, areIntegers: boolean): unknown {
  if (value instanceof Date) return value.toISOString().replace('T', ' ').replace('Z', '')
  if (!Array.isArray(value)) return value
  return value.map((item: unknown) =>
    areIntegers && typeof item === 'string' ? BigInt(item) : readyParam(item, false),
  )
}

async function finish(answer: Promise<{ stream: Readable }>): Promise<void> {
  const { stream } = await answer
  for await (const _ of stream.resume());
}

const PASSING: ReadonlySet<Failure> = new Set<Failure>(['cut', 'absent', 'busy'])

async function again(
  attempt: () => Promise<void>,
  { msMax, clock, when }: { msMax: number; clock: Clock; when: ReadonlySet<Failure> },
): Promise<void> {
  const end = clock.now() + msMax
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
    try {
      return await attempt()
    } catch (error) {
      if (!when.has(failureOf(error)) || clock.now() + pauseMs > end) throw storeFailure(error)
      await new Promise<void>((resolve) => clock.after(pauseMs, resolve))
    }
  }
}
