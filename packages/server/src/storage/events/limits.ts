/** Limits of the embedded engine. Requests may ask for less, never for more. */
export interface EngineLimits {
  /** Memory of the whole engine. Queries beyond it fail with code 241. */
  readonly memoryBytesMax: number
  /** Memory of one query. */
  readonly queryMemoryBytesMax: number
  /** Wall time of one read; code 159 beyond. Writes (DDL, mutations, backfills) may take `writeMsMax`. */
  readonly readMsMax: number
  readonly writeMsMax: number
  /** Size of one answer; code 396 beyond. Read more in slices. */
  readonly resultBytesMax: number
  /** Statements that may run at one time. */
  readonly readLanes: number
  /** Statements that may wait for a lane; code 202 beyond. */
  readonly waitingMax: number
}

export const ENGINE_LIMITS: EngineLimits = {
  memoryBytesMax: 2_000_000_000,
  queryMemoryBytesMax: 1_000_000_000,
  readMsMax: 60_000,
  writeMsMax: 3_600_000,
  resultBytesMax: 64_000_000,
  readLanes: 4,
  waitingMax: 256,
}

export interface EventsProcessLimits {
  /** Size of a request's body, after gzip. */
  readonly bodyBytesMax: number
  /** How long a clean end waits for what runs. */
  readonly drainMsMax: number
}

export const PROCESS_LIMITS: EventsProcessLimits = { bodyBytesMax: 128_000_000, drainMsMax: 10_000 }
