/**
 * The three stores: RECORDS (people, consent, catalogue, rules), EVENTS (what happened) and JOURNAL (what is in flight).
 * Each is a small interface with an embedded and a distributed implementation, held to one contract test; callers never
 * learn which they hold.
 */
export type { Records } from './records/records.ts'
export { openRecords, type OpenRecordsOptions, type RecordsAddress } from './records/open-records.ts'
export { migrateRecords } from './records/migrate-records.ts'
export { holdRecords } from './records/hold-records.ts'
export { sqlState } from './records/record-errors.ts'
export type { Events, InsertRows, QueryOptions, QueryParams } from './events/events.ts'
export { openEvents, type EventsOptions, type EventsTarget } from './events/clickhouse.ts'
export { migrateEvents } from './events/migrate.ts'
export { reachEvents } from './events/reach-events.ts'
export { defineReport, type Report } from './events/report.ts'
export { forgetFrozen, freezeEvents, isBesideParts, type FrozenEvents } from './events/freeze-events.ts'
export type { Journal, JournalEntry, Position } from './journal/journal.ts'
export type {
  RecorderState,
  RememberedKind,
  SealedBatch,
  StateChanges,
  SubjectLink,
} from './journal/recorder-state.ts'
export { copyJournal, holdRecorder, type HeldRecorder } from './journal/journal-snapshot.ts'
export { openLmdbJournal, renewJournalId } from './journal/lmdb-journal.ts'
export { openLmdbRecorderState } from './journal/lmdb-recorder-state.ts'
export { pendingMigrations, readMigrations, type AppliedMigration } from './migrations.ts'
