/**
 * JOURNAL: what is in flight between the api, which appends, and the worker, which reads in order.
 *
 * An entry is the bytes of one accepted request. Embedded it is LMDB, shared by the processes of one machine. The place
 * for Kafka is beside it: partitions are why a position is opaque.
 */
export interface Journal {
  /** Identity of this journal. A restored backup is another journal: tokens made of it never meet old ones. */
  readonly id: string
  /** Resolves with the entry's position once it is on disk. Throws Problem journal.full at the high-water mark, journal.write_failed when the disk refuses. */
  append(entry: Uint8Array): Promise<Position>
  /** Entries after a position (null: from the oldest), in order, until a limit is reached; at least one when there is one. */
  read(after: Position | null, limit: { entries: number; bytes: number }): JournalEntry[]
  /** Position of the newest entry, recorded or not; null while none was ever appended. */
  last(): Position | null
  /** Everything up to and with this position has been recorded and may be trimmed. */
  commit(position: Position): Promise<void>
  /** Deletes what is committed. Never what is not. */
  trim(): Promise<void>
  /** What waits to be recorded. */
  backlog(): { entries: number; bytes: number }
  /** Calls back soon after an append by any process of this machine (a doorbell; may ring for nothing). Returns the unsubscriber. */
  onAppend(listener: () => void): () => void
  close(): Promise<void>
}

/** Where an entry lies. Opaque; ordered within a journal by the number that it holds. */
export type Position = number & { readonly __brand: 'Position' }

export interface JournalEntry {
  readonly position: Position
  readonly entry: Uint8Array
}
