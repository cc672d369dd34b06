/**
 * The secrets that live outside RECORDS and its backups: key-encryption keys, one an epoch; peppers of look-ups, one a
 * version; and the secret of pseudonyms.
 *
 * Every method answers from memory, at once: an implementation over a network holds a copy and refreshes it. What one
 * process makes, the others find when they meet its name (`epochKey` of an unknown epoch re-reads) or within a minute.
 */
export interface KeyRing {
  /** The epoch that seals now: the clock's month in UTC, or a later one that exists already. Made when first needed. */
  currentEpoch(): Epoch
  /** The key of an epoch; null when it was destroyed or never was. */
  epochKey(epoch: Epoch): Uint8Array | null
  /** Every epoch that still has a key, oldest first. */
  epochs(): readonly EpochState[]
  /** Notes that no live key is wrapped under an epoch any more. The first time noted stays. */
  retire(epoch: Epoch): void
  /** Destroys the key of an epoch for ever. Throws when the epoch is the current one. */
  destroy(epoch: Epoch): void
  /** Peppers that look-ups are read by, the writing one first. */
  peppers(): readonly [Pepper, ...Pepper[]]
  /**
   * Adds a pepper that writes from ten minutes on, when every process has read it. Until old rows are written anew,
   * both versions are read.
   */
  addPepper(): void
  /** The secret of pseudonyms, and of what else must stay the same: never rotated, since EVENTS holds what it made. */
  pseudonymSecret(): Uint8Array
}

/** A calendar month in UTC, `2026-11`. Sorts as text. */
export type Epoch = string & { readonly __brand: 'Epoch' }

export interface EpochState {
  readonly epoch: Epoch
  /** When its last key was wrapped anew, epoch ms; null while it may be in use. */
  readonly retiredAt: number | null
}

export interface Pepper {
  /** 1, 2, … */
  readonly version: number
  readonly secret: Uint8Array
}

/** Between a pepper's making and its first use in writing; processes re-read the ring within a minute. */
export const PEPPER_NOTICE_MS = 600_000

export function epochOf(now: number): Epoch {
  return new Date(now).toISOString().slice(0, 7) as Epoch
}
