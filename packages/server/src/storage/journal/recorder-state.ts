import type { Subject } from '../../platform/ids.ts'
import type { Position } from './journal.ts'

/**
 * What the recorder remembers between batches: which messages it has seen, open views, devices, its place in the journal,
 * and the batch that it has sealed but not yet inserted.
 *
 * Everything that a batch changes is committed at once by `seal`, with the very rows to insert. After a crash the sealed
 * batch is inserted again under the same tokens and nothing is computed twice; so nothing that follows needs to be
 * deterministic. Embedded it is LMDB, written by the worker alone.
 */
export interface RecorderState {
  /** The last position that a sealed batch covers; null before the first. */
  cursor(): Position | null
  /** Number of the batch to seal next: one above the last, for ever. */
  nextNumber(): number
  /** For each key whether it was sealed before and is not forgotten. Keys are 16 bytes. */
  seen(keys: readonly Uint8Array[]): boolean[]
  /** A remembered value, such as a view's fold or a device's subject. */
  get(kind: RememberedKind, key: string): Uint8Array | undefined
  /** Keys of a kind whose `due` time has come, oldest first. */
  due(kind: RememberedKind, now: number, limit: number): string[]
  /** The batch that was sealed and not yet marked inserted; without its place if that was in another journal. */
  sealed(): SealedBatch | null
  /** Commits a batch durably, all or nothing. Throws while another batch is sealed. */
  seal(batch: SealedBatch, changes: StateChanges): Promise<void>
  /** The sealed batch's rows are in EVENTS. */
  unseal(): Promise<void>
  /** Forgets keys that have expired, at most `limit`, and none that has not; how many. A store may forget some days late. */
  expire(now: number, limit: number): Promise<number>
  close(): Promise<void>
}

export type RememberedKind = 'view' | 'device'

export interface StateChanges {
  /** Keys seen in this batch. `expiresAt` null: remembered for ever (imports). */
  readonly seen: readonly { readonly key: Uint8Array; readonly expiresAt: number | null }[]
  /** Values to keep; `value` null forgets. `dueAt` is when `due` shall name the key. */
  readonly remember: readonly {
    readonly kind: RememberedKind
    readonly key: string
    readonly value: Uint8Array | null
    readonly dueAt?: number | null
  }[]
}

export interface SealedBatch {
  /** Journal entries up to this one are covered; null for a batch that no entry caused (views closed by time). */
  readonly upTo: Position | null
  /** Number of the batch, for its tokens. */
  readonly number: number
  readonly inserts: readonly SealedInsert[]
  /** What the batch found out about who is who, for RECORDS. */
  readonly links: readonly SubjectLink[]
}

/** Rows of one table, as `Events.insert` takes them. */
export interface SealedInsert {
  readonly table: string
  readonly token: string
  /** Absent where rows are objects: so they were sealed before 2026-11-24. */
  readonly columns?: readonly string[] | undefined
  readonly ndjson: Uint8Array
}

/** An anonymous subject that turned out to be a viewer's, because she signed in on its device. */
export interface SubjectLink {
  readonly anonymous: Subject
  readonly vid: Subject
  /** Pseudonym of the installation. */
  readonly device: Subject
  /** When, epoch ms. */
  readonly at: number
}
