/**
 * An exception in the words of a ClickHouse server, so that the stock client reads it: number, text, upper-case name.
 * Numbers are those of ClickHouse's own `ErrorCodes`.
 */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly code: number

  constructor(code: number, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** The codes that Foyer itself raises or reads. */
export const ENGINE_CODES = {
  notImplemented: 48,
  unknownFormat: 73,
  syntax: 62,
  notANumber: 72,
  unknownSetting: 115,
  tooManyRows: 158,
  timeout: 159,
  tooManyQueries: 202,
  networkError: 210,
  memoryLimit: 241,
  aborted: 236,
  cancelled: 394,
  tooLargeResult: 396,
  parameterMissing: 456,
  parameterBad: 457,
  requestTooLarge: 536,
} as const

const NAMES: Readonly<Record<number, string>> = {
  48: 'NOT_IMPLEMENTED',
  62: 'SYNTAX_ERROR',
  72: 'CANNOT_PARSE_NUMBER',
  73: 'UNKNOWN_FORMAT',
  115: 'UNKNOWN_SETTING',
  202: 'TOO_MANY_SIMULTANEOUS_QUERIES',
  236: 'ABORTED',
  394: 'QUERY_WAS_CANCELLED',
  396: 'TOO_MANY_ROWS_OR_BYTES',
  456: 'UNKNOWN_QUERY_PARAMETER',
  457: 'BAD_QUERY_PARAMETER',
  536: 'INCORRECT_QUERY',
}

/** Codes that a ClickHouse server answers with something else than 500. */
const STATUS: Readonly<Record<number, number>> = {
  46: 404,
  47: 400,
  48: 501,
  53: 400,
  60: 404,
  62: 400,
  72: 400,
  73: 404,
  81: 404,
  115: 404,
  202: 503,
  456: 400,
  457: 400,
  536: 413,
}

export function exceptionOf(error: unknown): { code: number; status: number; text: string } {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof EngineError) {
    const name = NAMES[error.code] ?? 'LOGICAL_ERROR'
    return {
      code: error.code,
      status: STATUS[error.code] ?? 500,
      text: `Code: ${error.code}. DB::Exception: ${message}. (${name})\n`,
    }
  }
  const code = Number(/Code: (\d+)/.exec(message)?.[1] ?? 0)
  if (code > 0) return { code, status: STATUS[code] ?? 500, text: `${message}\n` }
  return { code: 49, status: 500, text: `Code: 49. DB::Exception: ${message}. (LOGICAL_ERROR)\n` }
}
