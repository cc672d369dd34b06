/**
 * Attempts to sign in, counted in RECORDS before anything is looked at: by account, whether or not there is such a one, and
 * by network address. A few are free, each further one waits twice as long; a stranger who keeps guessing slows the owner
 * down and never shuts them out. Each module that signs people in has a table of its own (`attemptTable`).
 */
export { createAttemptCounter, type AttemptCounter } from './attempt-counter.ts'
export { networkOf } from './limits.ts'
export { attemptTable } from './table.ts'
