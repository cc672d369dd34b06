import type { z } from 'zod'
import type { Report } from './report.ts'

/**
 * EVENTS: what happened. ClickHouse 25.8 or later, reached by the stock `@clickhouse/client`.
 *
 * Embedded, it is chDB in a process of its own, which speaks the ClickHouse HTTP dialect on a Unix socket. 64-bit
 * integers cross as decimal strings, times as `YYYY-MM-DD hh:mm:ss.sss` in UTC. An answer is whole or an error, and has
 * at most 64 MB: read more in slices (by day, by subject).
 */
export interface Events {
  /**
   * Runs a query with named parameters (`{from:DateTime64(3)}`) and reads its rows through `row`, which coerces and
   * checks them. A `Date` given as parameter becomes its UTC time in milliseconds. Throws Problem report.too_expensive
   * when it needs more time, memory or space for its answer than allowed, and store.unavailable while the engine
   * restarts. Aborting the signal kills the query in the engine and throws the signal's reason.
   */
  query<Row>(
    sql: string,
    options: QueryOptions & { row: z.ZodType<Row>; params?: QueryParams },
  ): Promise<Row[]>

  /** Runs a report of an `.sql` file (`defineReport`). Throws like `query`. */
  run<Params, Row>(report: Report<Params, Row>, params: Params, options?: QueryOptions): Promise<Row[]>

  /**
   * Inserts rows (JSON texts, one a line; at most 64 MB) once; a row is an object or, where `columns` are named, an array
   * of their values in that order, half as long. A second insert with the same token into the same table
   * adds nothing, in the table and in every rollup that it feeds. Resolves when the rows are durable. While the engine
   * restarts it is tried again for up to 20 s, then throws Problem store.unavailable: the rows may be there or not, and
   * the same insert may be sent again at any time.
   */
  insert(table: string, rows: InsertRows): Promise<void>

  /** Runs DDL or a mutation. Not tried again by itself. */
  command(sql: string, params?: QueryParams): Promise<void>

  /** Resolves when the engine answers; rejects with store.unavailable. */
  ping(): Promise<void>

  close(): Promise<void>
}

export interface InsertRows {
  readonly ndjson: Uint8Array | string
  readonly columns?: readonly string[] | undefined
  readonly token: string
}

export type QueryParams = Readonly<Record<string, unknown>>

export interface QueryOptions {
  signal?: AbortSignal
  /** Wall time allowed, ms; 30,000 unless told. */
  msMax?: number
}
