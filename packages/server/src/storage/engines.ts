/** The engines of the embedded stores, each for a process of its own, which loads nothing else. */
export { runRecordsProcess } from './records/pglite-process.ts'
export { runEventsProcess } from './events/chdb-process.ts'
