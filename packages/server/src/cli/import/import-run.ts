import type { Purpose } from '@foyer/contracts'
import { DEFAULT_PURPOSES } from '@foyer/contracts'
import type { Accounts } from '../../modules/accounts/index.ts'
import type { Catalogue } from '../../modules/catalogue/index.ts'
import type { Clock } from '../../platform/clock.ts'
import { Problem, StartupError } from '../../platform/errors.ts'
import type { Subject } from '../../platform/ids.ts'

/** What importers have in common: what they need, what they leave in the journal, how they tell what they did. */
export interface ImportDependencies {
  readonly accounts: Pick<Accounts, 'appById' | 'importViewers' | 'resolveExternalIds' | 'serviceById'>
  readonly catalogue: Pick<Catalogue, 'importRows'>
  /** Makes a journal entry of wire `import`; resolves when it is durable. Throws Problem journal.full. */
  readonly appendImport: (body: ImportBody, options: { purposes: readonly Purpose[] }) => Promise<void>
  readonly checkpoint: Checkpoint
  readonly progress: (progress: ImportProgress) => void
  readonly clock: Clock
  /** Stops between batches. */
  readonly signal?: AbortSignal
}

/** Where what is imported belongs. */
export interface ImportTarget {
  readonly service: string
  readonly app: string
}

/**
 * Makes sure that a service is there, and for events the app within it, before anything is read: events of a misspelt
 * app would carry its name and the days of UTC for ever. Throws StartupError.
 */
export async function checkTarget(
  { accounts }: Pick<ImportDependencies, 'accounts'>,
  { service, app }: { service: string; app?: string },
): Promise<void> {
  if (!(await accounts.serviceById(service))) {
    throw new StartupError(
      `There is no service "${service}". Name by --service one that GET /v1/services lists.`,
    )
  }
  if (app === undefined) return
  const known = await accounts.appById(app)
  if (known?.service.id !== service) {
    throw new StartupError(
      `${known ? `The app "${app}" belongs to ${known.service.id}` : `There is no app "${app}"`}. Name by --app one that GET /v1/apps?service=${encodeURIComponent(service)} lists.`,
    )
  }
}

/** Body of a journal entry of wire `import`. The recorder remembers `messageId` for ever. */
export interface ImportBody {
  readonly source: `import:${string}`
  readonly party: 'first' | 'second' | 'third'
  readonly service: string
  readonly app: string
  /** At most `IMPORT_ROWS_MAX`. */
  readonly rows: readonly ImportEvent[]
}

export interface ImportEvent {
  readonly messageId: string
  /** Epoch ms, as old as the source has it. */
  readonly ts: number
  readonly type: string
  readonly name?: string
  readonly vid: Subject
  readonly contentId?: string
  /** ISO 3166-1 alpha-2. */
  readonly country?: string
  readonly properties?: Readonly<Record<string, unknown>>
}

export const IMPORT_ROWS_MAX = 1_000

/**
 * The first moment of an imported event: the second day of 1970, so that its local day is 1970-01-01 or later in every
 * zone. Days of EVENTS begin there, and an earlier one would be counted as that day.
 */
export const IMPORT_TS_MIN = Date.UTC(1970, 0, 2)

/** Who imports history vouches that it may be measured: what the app allows by default, and analytics. */
export const IMPORT_PURPOSES: readonly Purpose[] = [...DEFAULT_PURPOSES, 'analytics']

/** How far the events of a file have gone to the journal. Kept by who runs the import, so that a second run goes on. */
export interface Checkpoint {
  load(): Promise<{ key: string; events: number } | null>
  /** `key` is a checksum of the file: another file begins at its beginning. */
  save(state: { key: string; events: number }): Promise<void>
  clear(): Promise<void>
}

export interface ImportProgress {
  readonly phase: 'titles' | 'viewers' | 'events'
  readonly done: number
  /** Null while the file is still being read. */
  readonly total: number | null
  /** Since the phase began. */
  readonly perSecond: number
  /** The journal is full and the import waits for it. */
  readonly isWaiting: boolean
}

/** A row that was not taken, or not wholly. */
export interface RowFault {
  readonly file: string
  readonly row: number
  readonly reason: string
}

/** What became of rows. */
export interface RowCounts {
  created: number
  updated: number
  unchanged: number
  refused: number
}

export const noRows = (): RowCounts => ({ created: 0, updated: 0, unchanged: 0, refused: 0 })

/** Collects what was refused: all of it counted, the first ones told. */
export interface Faults {
  add(file: string, row: number, reason: string): void
  readonly total: number
  readonly told: readonly RowFault[]
}

const FAULTS_TOLD_MAX = 1_000

export function collectFaults(): Faults {
  const told: RowFault[] = []
  let total = 0
  return {
    add(file, row, reason) {
      total += 1
      if (told.length < FAULTS_TOLD_MAX) told.push({ file, row, reason })
    },
    get total() {
      return total
    },
    told,
  }
}

/** Tells the progress of a phase. */
export function phaseProgress(
  deps: Pick<ImportDependencies, 'clock' | 'progress'>,
  phase: ImportProgress['phase'],
): (done: number, total: number | null, isWaiting?: boolean) => void {
  const startedAt = deps.clock.now()
  return (done, total, isWaiting = false) => {
    const seconds = (deps.clock.now() - startedAt) / 1_000
    deps.progress({ phase, done, total, perSecond: seconds > 0 ? Math.round(done / seconds) : 0, isWaiting })
  }
}

/** How long to wait before a full journal is tried again. */
export const JOURNAL_RETRY_MS = 1_000

/**
 * Sends events to the journal in entries, in order. A full journal is waited for. `add` may be called while another is
 * under way only after awaiting it.
 */
export function eventWriter(
  deps: Pick<ImportDependencies, 'appendImport' | 'checkpoint' | 'clock' | 'signal'>,
  options: {
    head: Omit<ImportBody, 'rows'>
    key: string
    onSent: (events: number, isWaiting: boolean) => void
  },
) {
  let batch: ImportEvent[] = []
  let sent = 0
  let done = 0

  async function flush(): Promise<void> {
    if (batch.length === 0) return
    const rows = batch
    batch = []
    for (;;) {
      deps.signal?.throwIfAborted()
      try {
        await deps.appendImport({ ...options.head, rows }, { purposes: IMPORT_PURPOSES })
        break
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'journal.full') throw error
        options.onSent(sent, true)
        await new Promise<void>((resolve) => deps.clock.after(JOURNAL_RETRY_MS, resolve))
      }
    }
    sent += rows.length
    await deps.checkpoint.save({ key: options.key, events: sent })
    options.onSent(sent, false)
  }

  return {
    /** Reads how far an earlier run came with the same file. */
    async resume(): Promise<number> {
      const state = await deps.checkpoint.load()
      if (state?.key === options.key) done = state.events
      return done
    },
    async add(event: ImportEvent): Promise<void> {
      if (sent < done) {
        sent += 1
        return
      }
      batch.push(event)
      if (batch.length === IMPORT_ROWS_MAX) await flush()
    },
    async finish(): Promise<void> {
      await flush()
      await deps.checkpoint.clear()
    },
    /** Events sent by this run. */
    get sentNow(): number {
      return Math.max(0, sent - done)
    },
  }
}
