import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { z } from 'zod'

/** A question to EVENTS: an `.sql` file with named parameters, what they may be, and what a row of the answer is. */
export interface Report<Params, Row> {
  /** The file's name without ending. */
  readonly name: string
  readonly sql: string
  readonly params: z.ZodType<Params>
  readonly row: z.ZodType<Row>
  /** Wall time allowed, ms; the store's own unless told. */
  readonly msMax?: number
}

/**
 * Reads a report's file and checks that its parameters and the schema name the same things, so that a typing error stops
 * the start and not a reader.
 *
 * ```ts
 * const minutesByTitle = defineReport({
 *   file: new URL('./reports/minutes-by-title.sql', import.meta.url),
 *   params: z.object({ service: z.string(), from: z.iso.date(), to: z.iso.date() }),
 *   row: z.object({ contentId: z.string(), playedMs: z.coerce.number() }),
 * })
 * const rows = await events.run(minutesByTitle, { service: 'cine', from: '2026-01-01', to: '2026-02-01' })
 * ```
 */
export function defineReport<Params extends z.ZodObject, Row>(definition: {
  file: URL
  params: Params
  row: z.ZodType<Row>
  msMax?: number
}): Report<z.infer<Params>, Row> {
  const path = fileURLToPath(definition.file)
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.sql$/, '')
  const sql = readFileSync(path, 'utf8')
  const used = new Set([...sql.matchAll(/\{\s*(\w+)\s*:[^{}]+\}/g)].map((match) => match[1]!))
  const declared = new Set(Object.keys(definition.params.shape))
  for (const parameter of used) {
    if (!declared.has(parameter))
      throw new TypeError(`Report ${name} uses {${parameter}}, which its schema lacks`)
  }
  for (const parameter of declared) {
    if (!used.has(parameter))
      throw new TypeError(`Report ${name} declares ${parameter}, which its SQL does not use`)
  }
  return {
    name,
    sql,
    params: definition.params as unknown as z.ZodType<z.infer<Params>>,
    row: definition.row,
    ...(definition.msMax === undefined ? {} : { msMax: definition.msMax }),
  }
}
