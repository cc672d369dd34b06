import { pino, type Logger as PinoLogger } from 'pino'
import { maskPersonal } from './personal.ts'

/**
 * Structured logs: one JSON object a line on stderr, with `role`, `time` and `msg`.
 *
 * Neither secrets nor personal data go in. Callers pass fields that they know (ids of requests, counts, codes,
 * durations) and never whole requests, rows or bodies; what slips through under a telling name is cut here.
 */
export type Logger = PinoLogger

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'writeKey',
  'key',
  'email',
  'name',
  'phone',
  'address',
  'ip',
  'userAgent',
  'birthDate',
  'traits',
]

export function createLogger(options: { role: string; level: LogLevel; toStdout?: boolean }): Logger {
  return pino(
    {
      level: options.level,
      base: { role: options.role },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: [...SECRET_FIELDS, ...SECRET_FIELDS.map((field) => `*.${field}`)], censor: '[cut]' },
      serializers: { err: errorFields, error: errorFields },
    },
    pino.destination({ dest: options.toStdout ? 1 : 2, sync: true }),
  )
}

/**
 * What the log says of an error. Database errors carry the offending row in `detail` and parameters in the message's
 * tail, so only the class, the code, the message's first line and the stack's own frames are kept.
 */
function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: typeof error }
  const code = (error as { code?: unknown }).code
  return {
    type: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    message: maskPersonal(firstLine(error.message)),
    stack: (error.stack ?? '')
      .split('\n')
      .filter((line) => line.startsWith('    at '))
      .slice(0, 12)
      .map((line) => line.trim()),
    ...(error.cause instanceof Error ? { cause: errorFields(error.cause) } : {}),
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!.slice(0, 500)
}
