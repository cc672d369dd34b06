/**
 * What an error of the records says. Drizzle wraps errors and keeps the first one as `cause`; these look there too.
 */

/** SQLSTATE of a database error, https://www.postgresql.org/docs/current/errcodes-appendix.html. */
export function sqlState(error: unknown): string | undefined {
  return find(error, ({ code }) => typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code))?.code
}

/** A row with this key exists (23505). With `constraint`, only of that constraint or unique index. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return (
    find(error, (part) => part.code === '23505' && (!constraint || part.constraint === constraint)) !==
    undefined
  )
}

/** A row refers to one that does not exist, or is referred to (23503). */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  return (
    find(error, (part) => part.code === '23503' && (!constraint || part.constraint === constraint)) !==
    undefined
  )
}

/** The store could not be reached, went away, or is not ready. Trying again later is sensible. */
export function isUnavailable(error: unknown): boolean {
  return find(error, ({ code, message }) => isUnavailableCode(code) || LOST.test(message ?? '')) !== undefined
}

/** The store has no room to write (53100, or what its machine says). Trying again helps once somebody made room. */
export function isFull(error: unknown): boolean {
  return find(error, ({ code }) => code === '53100' || code === 'ENOSPC' || code === 'EDQUOT') !== undefined
}

const LOST = /^(Connection terminated|Client has encountered a connection error|Client was closed)/
const NETWORK_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH'])

function isUnavailableCode(code: string | undefined): boolean {
  if (code === undefined) return false
  // Connection exceptions, out of memory, too many connections, the server is stopping or starting.
  return NETWORK_CODES.has(code) || code.startsWith('08') || /^(53[23]00|57P0[123])$/.test(code)
}

interface ErrorPart {
  readonly code?: string
  readonly constraint?: string
  readonly message?: string
  readonly cause?: unknown
}

const DEPTH_MAX = 5

function find(error: unknown, matches: (part: ErrorPart) => boolean): ErrorPart | undefined {
  let part = error
  for (let depth = 0; depth < DEPTH_MAX && typeof part === 'object' && part !== null; depth += 1) {
    if (matches(part)) return part
    part = (part as ErrorPart).cause
  }
  return undefined
}
