import { pino, type Logger as PinoLogger } from 'pino'
import { maskPersonal } from './personal.ts'

/**
 * Structured logs: one JSON object a line on stderr, with `role`, `time` and `msg`.
 *
 * Neither secrets nor personal data go in. Callers pass fields that they know (ids of requests, counts, codes,
 * durations) and never whole requests, rows or bodies; what slips through under a telling name is cut here, however deep
 * it lies.
 */
export type Logger = PinoLogger

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export function createLogger(options: {
  role: string
  level: LogLevel
  /** Takes the lines instead of stderr. */
  destination?: { write(line: string): void }
}): Logger {
  const logger = pino(
    {
      level: options.level,
      base: { role: options.role },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { log: safeFields },
      hooks: {
        // Without a message the error's own would stand there, whole.
        logMethod([fields, message, ...rest], method) {
          const error = fields instanceof Error ? fields : (fields as { err?: unknown } | undefined)?.err
          const said = message ?? (error instanceof Error ? safeMessage(error) : undefined)
          method.apply(this, [fields, ...(said === undefined ? [] : [said]), ...rest] as Parameters<
            typeof method
          >)
        },
      },
      // Already done, in whatever field it is.
      serializers: { err: (fields: unknown) => fields },
    },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  )
  // What a child always says passes no formatter of its parent.
  const { child } = logger
  logger.child = function (this: PinoLogger, bindings: object, ...options: []) {
    return child.call(this, safeFields(bindings), ...options)
  } as typeof child
  return logger
}

/** Words, in the singular, that tell of a secret or a person when they are part of a field's name. */
const TELLING = new Set(
  'authorization cookie password secret token key credential mail email name phone address ip agent birth trait'.split(
    ' ',
  ),
)
const CUT = '[cut]'
const DEPTH_MAX = 6
/** Entries of a list or an object that are written. */
const ENTRIES_MAX = 50

/** `apiKey`, `api_key` and `X-Api-Keys` are the same words. */
function isTelling(name: string): boolean {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .some((word) => TELLING.has(word) || TELLING.has(word.replace(/s$/, '')))
}

function safeFields(fields: object): Record<string, unknown> {
  return safeObject(fields, 0)
}

function safeObject(object: object, depth: number): Record<string, unknown> {
  const names = Object.keys(object)
  const safe: Record<string, unknown> = {}
  for (const name of names.slice(0, ENTRIES_MAX)) {
    safe[name] = isTelling(name) ? CUT : safeValue(read(object, name), depth + 1)
  }
  return names.length > ENTRIES_MAX ? { ...safe, '…': names.length - ENTRIES_MAX } : safe
}

function safeValue(value: unknown, depth: number): unknown {
  if (value instanceof Error) return errorFields(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return value
  if (depth > DEPTH_MAX || ArrayBuffer.isView(value)) return '[…]'
  if (Array.isArray(value)) return value.slice(0, ENTRIES_MAX).map((entry) => safeValue(entry, depth + 1))
  return safeObject(value, depth)
}

function read(object: object, name: string): unknown {
  try {
    return (object as Record<string, unknown>)[name]
  } catch {
    return '[unreadable]'
  }
}

/**
 * What the log says of an error. Database errors carry the offending row in `detail` and parameters in the message's
 * tail, so only the class, the code, the message's first line and the stack's own frames are kept.
 */
function errorFields(error: Error, depth = 0): Record<string, unknown> {
  const code = (error as { code?: unknown }).code
  return {
    type: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    message: safeMessage(error),
    stack: (error.stack ?? '')
      .split('\n')
      .filter((line) => line.startsWith('    at '))
      .slice(0, 12)
      .map((line) => line.trim()),
    ...(error.cause instanceof Error && depth < DEPTH_MAX
      ? { cause: errorFields(error.cause, depth + 1) }
      : {}),
  }
}

function safeMessage(error: Error): string {
  return maskPersonal(error.message.split('\n', 1)[0]!.slice(0, 500))
}
