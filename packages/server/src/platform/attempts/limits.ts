/**
 * How many attempts to sign in are let through. A few are free, for who mistypes; each further one has to wait twice as
 * long as the one before. The wait is counted from the last attempt that was let through: knocking in between neither
 * shortens nor lengthens it, so that a stranger who keeps guessing can slow the rightful owner down but never shut them
 * out. Pure.
 */
export interface SignInLimit {
  /** Attempts before the first wait. */
  readonly freeAttempts: number
  /** The first wait, ms. */
  readonly waitMs: number
  /** No wait is longer, ms. */
  readonly waitMsMax: number
  /** After so long without an attempt all is forgotten, ms. */
  readonly forgetMs: number
}

/** By e-mail, whether or not there is such an operator: guessing one password. */
export const ACCOUNT_LIMIT: SignInLimit = {
  freeAttempts: 5,
  waitMs: 30_000,
  waitMsMax: 900_000,
  forgetMs: 86_400_000,
}

/** By network address: trying one password on many accounts. Wide, as an office may share one. */
export const ADDRESS_LIMIT: SignInLimit = {
  freeAttempts: 30,
  waitMs: 10_000,
  waitMsMax: 900_000,
  forgetMs: 3_600_000,
}

/** What is remembered of a subject's attempts. */
export interface Attempts {
  /** Attempts that were let through and did not succeed. */
  readonly attempts: number
  /** Time of the last of them, epoch ms. */
  readonly lastAt: number
}

export type AttemptVerdict =
  | { readonly isAllowed: true; readonly next: Attempts }
  | { readonly isAllowed: false; readonly waitMs: number }

/** Judges an attempt. When it is allowed, `next` must be remembered before the password is looked at. */
export function judgeAttempt(limit: SignInLimit, before: Attempts | null, now: number): AttemptVerdict {
  // A clock that was set back must not lock anybody out.
  const isForgotten = !before || now - before.lastAt >= limit.forgetMs || now < before.lastAt
  const attempts = isForgotten ? 0 : before.attempts
  const waitMs = attempts === 0 ? 0 : before!.lastAt + waitAfter(limit, attempts) - now
  if (waitMs > 0) return { isAllowed: false, waitMs }
  return { isAllowed: true, next: { attempts: attempts + 1, lastAt: now } }
}

function waitAfter(limit: SignInLimit, attempts: number): number {
  const beyond = attempts - limit.freeAttempts
  return beyond < 0 ? 0 : Math.min(limit.waitMsMax, limit.waitMs * 2 ** Math.min(beyond, 30))
}

/** The part of an address that one household or office holds: all of IPv4, the first 64 bits of IPv6. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped) return mapped[1]!
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('%')[0]!.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros =
    tail === undefined ? [] : Array.from<string>({ length: 8 - left.length - right.length }).fill('0')
  const groups = [...left, ...zeros, ...right].slice(0, 4)
  return `${groups.map((group) => (Number.parseInt(group, 16) || 0).toString(16)).join(':')}::/64`
}
