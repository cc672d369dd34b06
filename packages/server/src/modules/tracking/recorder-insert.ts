import { setTimeout as delay } from 'node:timers/promises'
import { Problem } from '../../platform/errors.ts'
import type { Logger } from '../../platform/log.ts'
import type { Events, SealedBatch } from '../../storage/index.ts'
import type { SetAside } from './recorder-set-aside.ts'

export interface InsertDependencies {
  readonly events: Pick<Events, 'insert'>
  readonly setAside: SetAside
  readonly log: Logger
}

type Insert = SealedBatch['inserts'][number]

const BACK_OFF_MS_MIN = 100
const BACK_OFF_MS_MAX = 10_000

/**
 * Brings an insert into EVENTS, however long that takes: while the engine restarts, has no memory or no disk, it is tried
 * again under its token. Rows that the engine cannot read are looked for by halves, under tokens derived from the
 * insert's, so that a crash in between repeats nothing; they are set aside and the others go in.
 * Returns how many rows were set aside. Throws the signal's reason when it is aborted.
 */
export async function insertUntilDone(
  insert: Insert,
  signal: AbortSignal,
  deps: InsertDependencies,
): Promise<number> {
  for (let waitMs = BACK_OFF_MS_MIN; ; waitMs = Math.min(2 * waitMs, BACK_OFF_MS_MAX)) {
    signal.throwIfAborted()
    try {
      await deps.events.insert(insert.table, insert)
      return 0
    } catch (error) {
      if (isAboutRows(error)) return insertByHalves(insert, error, signal, deps)
      const isExpected = error instanceof Problem && error.code === 'store.unavailable'
      deps.log[isExpected ? 'warn' : 'error'](
        { err: error, table: insert.table, waitMs },
        'insert failed; trying again',
      )
      await delay(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }
}

async function insertByHalves(
  insert: Insert,
  error: RowError,
  signal: AbortSignal,
  deps: InsertDependencies,
): Promise<number> {
  const lines = Buffer.from(insert.ndjson)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
  if (lines.length === 1) {
    const isKept = deps.setAside.put(`row-${insert.token.replaceAll(/[^\w-]/g, '_')}`, readable(insert))
    // Of the error its number and name alone: its message quotes the row.
    const { code, type } = error
    deps.log.error(
      { table: insert.table, app: appOf(lines[0]!, insert.columns), code, type, isKept },
      'a row cannot be read by EVENTS; it was set aside',
    )
    return 1
  }
  const middle = Math.ceil(lines.length / 2)
  let aside = 0
  for (const [half, part] of [lines.slice(0, middle), lines.slice(middle)].entries()) {
    const ndjson = Buffer.from(`${part.join('\n')}\n`)
    aside += await insertUntilDone({ ...insert, token: `${insert.token}/${half}`, ndjson }, signal, deps)
  }
  return aside
}

/**
 * Codes of ClickHouse that speak of the rows and not of the state of the engine: what cannot be parsed or does not fit
 * its type. Anything else is not the rows' fault, and nothing may be set aside for it.
 */
const ABOUT_ROWS = new Set([
  '6',
  '25',
  '26',
  '27',
  '33',
  '38',
  '41',
  '53',
  '69',
  '70',
  '72',
  '117',
  '321',
  '376',
  '691',
])

/** The engine's: a number, and its name, such as CANNOT_PARSE_NUMBER. */
interface RowError {
  readonly code: string
  readonly type?: string | undefined
}

function isAboutRows(error: unknown): error is RowError {
  const code = (error as { code?: unknown } | null)?.code
  return !(error instanceof Problem) && typeof code === 'string' && ABOUT_ROWS.has(code)
}

/** A row with the names of its columns, as text: numbers stay as they were written. */
function readable({ columns, ndjson }: Insert): Uint8Array {
  if (!columns) return ndjson
  return Buffer.concat([
    Buffer.from(`{"columns":${JSON.stringify(columns)},"row":`),
    ndjson,
    Buffer.from('}\n'),
  ])
}

function appOf(line: string, columns: Insert['columns']): unknown {
  try {
    const row: unknown = JSON.parse(line)
    return columns ? (row as unknown[])[columns.indexOf('app')] : (row as { app?: unknown }).app
  } catch {
    return undefined
  }
}
