import type { RecorderState, StateChanges } from '../../storage/index.ts'
import { revisionRow, type ViewColumns } from './rows.ts'
import {
  addEvents,
  EMPTY_FOLD,
  foldFromJson,
  foldToJson,
  stateNow,
  sumsOf,
  type BucketSums,
  type FoldEvent,
  type ViewFold,
  type ViewSums,
} from './view-fold.ts'

/** Views that a batch touches: folded further, and written as signed revisions of what was written before. */
export interface Views {
  /**
   * The offset of a player's clock, by the best of what its view's batches say: the delay of a request only ever adds to
   * receipt less sending, so the least is nearest. A large difference is a clock that was set meanwhile, if the event's
   * time has moved against the device's monotonic clock too; else it is a batch that was sent again long after it was
   * stamped.
   */
  clockOffset(event: StampedEvent): number
  /** Adds an event of a view. */
  add(event: ViewEvent): void
  /** Rows and what to remember. `timeZone` is the service's, `now` epoch ms. */
  finish(options: { now: number; timeZoneOf(service: string): string }): {
    rows: ViewRow[]
    remember: StateChanges['remember']
    /** Where each touched view stands now. */
    standing: StandingView[]
  }
}

/** An event as its device stamped it. */
export interface StampedEvent {
  readonly app: string
  readonly viewId: string
  readonly deviceTs: number
  readonly monoMs: number
  /** What its batch says of the device's clock; see `EntryHeader.clockOffsetMs`. */
  readonly clockOffsetMs: number
}

/** A view as it stands: under which columns, and what its viewer sees. */
export interface StandingView {
  readonly columns: ViewColumns
  readonly isSignedIn: boolean
  readonly state: ReturnType<typeof stateNow>
}

/**
 * An event with the columns that its view would have by it. Those of one event hold for the whole view: a signed-in
 * viewer's before an anonymous one's, then those of the lowest `seq`, so that it does not matter which came first. Masks
 * are intersected.
 */
export interface ViewEvent {
  readonly columns: ViewColumns
  readonly isSignedIn: boolean
  readonly event: FoldEvent
}

export interface ViewRow {
  /** Start of the quarter of an hour, epoch ms. */
  readonly ts: number
  readonly line: string
}

/** How long late events reopen a view. Then it is forgotten; its sums stay. */
const REOPEN_MS = 86_400_000
/** Longest that a request is under way before its client gives up, and what two clocks of a device may drift apart. */
const DELAY_MS_MAX = 60_000

interface DeviceClock {
  readonly offsetMs: number
  /** The device's time when its monotonic clock was 0: it moves when the clock is set. */
  readonly zero: number
}

function clockOf(view: ViewState | null): DeviceClock | null {
  const last = view && (view.fold.folded.last ?? view.fold.waiting[0])
  if (!view || !last) return null
  return { offsetMs: view.clockOffsetMs, zero: last.ts - view.clockOffsetMs - last.monoMs }
}

interface ViewState {
  columns: ViewColumns
  columnsFrom: ColumnsSource
  clockOffsetMs: number
  fold: ViewFold
  /** What EVENTS holds of it, and under which columns. */
  written: ViewSums
  writtenColumns: ViewColumns
  added: FoldEvent[]
}

/** Which event a view has its columns from. */
interface ColumnsSource {
  readonly isSignedIn: boolean
  readonly seq: number
}

export function openViews(
  state: Pick<RecorderState, 'get'>,
  localDateOf: (ts: number, timeZone: string) => string,
): Views {
  const touched = new Map<string, ViewState>()
  const stored = new Map<string, ViewState | null>()
  const clocks = new Map<string, DeviceClock>()

  function load(key: string): ViewState | null {
    let view = stored.get(key)
    if (view === undefined) {
      const bytes = state.get('view', key)
      view = bytes ? readViewState(bytes) : null
      stored.set(key, view)
    }
    return view
  }

  return {
    clockOffset(event) {
      const key = keyOfView(event)
      const said = { offsetMs: event.clockOffsetMs, zero: event.deviceTs - event.monoMs }
      const known = clocks.get(key) ?? clockOf(load(key)) ?? said
      const isSet =
        Math.abs(said.zero - known.zero) > DELAY_MS_MAX &&
        Math.abs(said.offsetMs - known.offsetMs) > DELAY_MS_MAX
      const offsetMs = isSet ? said.offsetMs : Math.min(said.offsetMs, known.offsetMs)
      clocks.set(key, { offsetMs, zero: said.zero })
      return offsetMs
    },

    add({ columns, isSignedIn, event }) {
      const key = keyOfView(columns)
      const source = { isSignedIn, seq: event.seq }
      let view = touched.get(key)
      if (!view) {
        view = load(key) ?? freshView(columns, source)
        touched.set(key, view)
      }
      const consentMask = (view.columns.consentMask & columns.consentMask) >>> 0
      if (wins(source, view.columnsFrom)) {
        view.columns = { ...columns, consentMask }
        view.columnsFrom = source
      } else if (consentMask !== view.columns.consentMask) view.columns = { ...view.columns, consentMask }
      view.added.push(event)
    },

    finish({ now, timeZoneOf }) {
      const rows: ViewRow[] = []
      const remember: StateChanges['remember'][number][] = []
      const standing: StandingView[] = []
      for (const [key, view] of touched) {
        const fold = addEvents(view.fold, view.added)
        standing.push(standingOf({ ...view, fold }))
        const sums = rounded(sumsOf(fold))
        for (const { sign, bucket, sums: part, columns } of revise(view, sums)) {
          const localDate = localDateOf(bucket, timeZoneOf(columns.service))
          const line = revisionRow({ sign, bucket, localDate, view: columns, sums: part, writtenAt: now })
          rows.push({ ts: bucket, line })
        }
        const value = viewStateToBytes({
          ...view,
          clockOffsetMs: clocks.get(key)?.offsetMs ?? view.clockOffsetMs,
          fold,
          written: sums,
          writtenColumns: view.columns,
        })
        remember.push({ kind: 'view', key, value, dueAt: now + REOPEN_MS })
      }
      return { rows, remember, standing }
    },
  }
}

/** A remembered view as it stands; null when it was forgotten. */
export function readStanding(
  state: Pick<RecorderState, 'get'>,
  view: { app: string; viewId: string },
): StandingView | null {
  const bytes = state.get('view', keyOfView(view))
  return bytes ? standingOf(readViewState(bytes)) : null
}

function standingOf({ columns, columnsFrom, fold }: ViewState): StandingView {
  return { columns, isSignedIn: columnsFrom.isSignedIn, state: stateNow(fold) }
}

/** A view is one of an app: ids of different apps never meet. Ids hold no control characters. */
export function keyOfView(view: { app: string; viewId: string }): string {
  return `${view.app}\n${view.viewId}`
}

function freshView(columns: ViewColumns, columnsFrom: ColumnsSource): ViewState {
  return {
    columns,
    columnsFrom,
    clockOffsetMs: 0,
    fold: EMPTY_FOLD,
    written: new Map(),
    writtenColumns: columns,
    added: [],
  }
}

function wins(one: ColumnsSource, other: ColumnsSource): boolean {
  return one.isSignedIn === other.isSignedIn ? one.seq < other.seq : one.isSignedIn
}

interface Change {
  readonly sign: 1 | -1
  readonly bucket: number
  readonly sums: Readonly<BucketSums>
  readonly columns: ViewColumns
}

/**
 * What takes EVENTS from what was written to what is: the old values negated under their columns, the new ones added
 * under theirs; nothing where equal.
 */
export function revise(
  view: Pick<ViewState, 'written' | 'writtenColumns' | 'columns'>,
  sums: ViewSums,
): Change[] {
  const { columns, written, writtenColumns } = view
  const isMoved = !haveEqualValues(columns, writtenColumns)
  const changes: Change[] = []
  for (const bucket of new Set([...written.keys(), ...sums.keys()])) {
    const before = written.get(bucket)
    const after = sums.get(bucket)
    if (!isMoved && areEqual(before, after)) continue
    if (before && !isZero(before)) changes.push({ sign: -1, bucket, sums: before, columns: writtenColumns })
    if (after && !isZero(after)) changes.push({ sign: 1, bucket, sums: after, columns })
  }
  return changes
}

function haveEqualValues(a: ViewColumns, b: ViewColumns): boolean {
  return (Object.keys(a) as (keyof ViewColumns)[]).every((column) => a[column] === b[column])
}

const FIELDS = ['starts', 'streams', 'playedMs', 'stalledMs', 'unknownMs'] as const

function areEqual(a: Readonly<BucketSums> | undefined, b: Readonly<BucketSums> | undefined): boolean {
  return FIELDS.every((field) => (a?.[field] ?? 0) === (b?.[field] ?? 0))
}

function isZero(sums: Readonly<BucketSums>): boolean {
  return areEqual(sums, undefined)
}

/** Whole milliseconds, as the columns hold them. */
function rounded(sums: ViewSums): ViewSums {
  return new Map(
    [...sums].map(([bucket, { starts, streams, playedMs, stalledMs, unknownMs }]) => [
      bucket,
      {
        starts,
        streams,
        playedMs: Math.round(playedMs),
        stalledMs: Math.round(stalledMs),
        unknownMs: Math.round(unknownMs),
      },
    ]),
  )
}

interface StoredView {
  readonly columns: ViewColumns
  readonly columnsFrom: ColumnsSource
  readonly clockOffsetMs: number
  readonly fold: unknown
  readonly written: [number, BucketSums][]
  /** Absent where they are the view's, as for most. */
  readonly writtenColumns?: ViewColumns
}

/** A view as it was stored when it kept the columns of the event that came first: it keeps them. */
type OldStoredView = Omit<StoredView, 'columnsFrom' | 'writtenColumns'> & { readonly writtenMask: number }

function viewStateToBytes({ fold, written, ...view }: ViewState): Buffer {
  const { columns, columnsFrom, clockOffsetMs, writtenColumns } = view
  const stored: StoredView = {
    columns,
    columnsFrom,
    clockOffsetMs,
    fold: foldToJson(fold),
    written: [...written],
    ...(haveEqualValues(columns, writtenColumns) ? {} : { writtenColumns }),
  }
  return Buffer.from(JSON.stringify(stored))
}

function readViewState(bytes: Uint8Array): ViewState {
  const json = JSON.parse(Buffer.from(bytes).toString('utf8')) as StoredView | OldStoredView
  const stored = 'writtenMask' in json ? fromOld(json) : json
  const { columns, writtenColumns = columns } = stored
  return {
    ...stored,
    writtenColumns,
    fold: foldFromJson(stored.fold),
    written: new Map(stored.written),
    added: [],
  }
}

function fromOld({ writtenMask, ...stored }: OldStoredView): StoredView {
  const writtenColumns = { ...stored.columns, consentMask: writtenMask }
  return { ...stored, columnsFrom: { isSignedIn: true, seq: 0 }, writtenColumns }
}
