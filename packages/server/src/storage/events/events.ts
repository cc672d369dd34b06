import type { z } from 'zod'

/**
 * EVENTS: what happened. ClickHouse 25.8 or later, reached by the stock `@clickhouse/client`.
 *
 * Embedded, it is chDB in a process of its own, which speaks the ClickHouse HTTP dialect on a Unix socket. 64-bit
 * integers cross as decimal strings, times as `YYYY-MM-DD hh:mm:ss.sss` in UTC.
 */
export interface Events {
  /**
   * Runs a query with named parameters (`{from:DateTime64(3)}`) and reads its rows through `row`, which coerces and
   * checks them. Throws Problem report.too_expensive when it needs more time or memory than allowed, and
   * store.unavailable while the engine restarts. Aborting the signal kills the query in the engine.
   */
  query<Row>(
    sql: string,
    options: {
      params?: Readonly<Record<string, unknown>>
      row: z.ZodType<Row>
      signal?: AbortSignal
      /** Wall time allowed, ms; 30,000 unless told. */
      msMax?: number
    },
  ): Promise<Row[]>

  /**
   * Inserts rows (JSON texts, one a line) once: a second insert with the same token into the same table adds nothing, in
   * the table and in every rollup that it feeds. Resolves when the rows are durable.
   */
  insert(table: string, rows: { ndjson: Uint8Array | string; token: string }): Promise<void>

  /** Runs DDL or a mutation. */
  command(sql: string, params?: Readonly<Record<string, unknown>>): Promise<void>

  /** Resolves when the engine answers; rejects with store.unavailable. */
  ping(): Promise<void>

  close(): Promise<void>
}
