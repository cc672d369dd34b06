import { ClickHouseError } from '@clickhouse/client'
import { Problem } from '../../platform/errors.ts'

/**
 * What went wrong with a request to EVENTS: `cut` the connection broke under it, `absent` nobody listens, `busy` the
 * engine refuses for now, `expensive` it needs more than allowed, `wrong` anything else (our mistake).
 */
export type Failure = 'cut' | 'absent' | 'busy' | 'expensive' | 'wrong'

/** Codes of ClickHouse: timeout, too slow, rows, bytes, memory, result size. */
const EXPENSIVE = new Set(['159', '160', '158', '307', '241', '396'])
/** Codes of ClickHouse: too many queries, too many parts, shut down, killed, network, read-only replica, no space. */
const BUSY = new Set(['202', '252', '236', '394', '210', '242', '243'])

/** What the system says where nobody is, or no way leads there. */
const ABSENT = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

export function failureOf(error: unknown): Failure {
  if (error instanceof ClickHouseError) {
    if (EXPENSIVE.has(error.code)) return 'expensive'
    return BUSY.has(error.code) || error.message.includes('canceled buffer') ? 'busy' : 'wrong'
  }
  const code = (error as { code?: unknown } | null)?.code
  if (ABSENT.has(String(code))) return 'absent'
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ETIMEDOUT') return 'cut'
  const message = error instanceof Error ? error.message : ''
  if (/socket hang up|aborted|Timeout error|other side closed/i.test(message)) return 'cut'
  return 'wrong'
}

/** The error that callers see. */
export function storeFailure(error: unknown): unknown {
  switch (failureOf(error)) {
    case 'expensive':
      return new Problem(
        'report.too_expensive',
        'The question needs more time or memory than allowed. Ask for a shorter range or fewer dimensions.',
        { cause: error },
      )
    case 'cut':
    case 'absent':
    case 'busy':
      return new Problem('store.unavailable', undefined, { cause: error, headers: { 'Retry-After': '1' } })
    case 'wrong':
      return withoutValues(error)
  }
}

/** ClickHouse repeats the statement in its message, with the values that were asked for; those are nobody's to log. */
function withoutValues(error: unknown): unknown {
  if (error instanceof ClickHouseError) {
    error.message = error.message.replace(/:? In scope .*$/s, '').slice(0, 1_000)
  }
  return error
}
