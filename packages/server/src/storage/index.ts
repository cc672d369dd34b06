/**
 * The three stores: RECORDS (people, consent, catalogue, rules), EVENTS (what happened) and JOURNAL (what is in flight).
 * Each is a small interface with an embedded and a distributed implementation, held to one contract test; callers never
 * learn which they hold.
 */
export type { Records } from './records/records.ts'
export type { Events } from './events/events.ts'
export type { Journal, JournalEntry, Position } from './journal/journal.ts'
export type { RecorderState, RememberedKind, SealedBatch, StateChanges } from './journal/recorder-state.ts'
