/**
 * The fold of a view: what a player's events amount to. Pure, incremental and independent of the order of arrival.
 *
 * Events are folded in the order of `seq`. The contiguous ones go into an accumulator once and for ever; what lies behind a
 * gap waits and is folded on top of a copy, so that a result is always at hand. Adding an event twice changes nothing.
 *
 * Time goes to the state that was current, by differences of the monotonic clock; the wall clock only says in which quarter
 * of an hour. Playing is believed as far as the position moved with it (a TV that slept moved none), everything else
 * as far as an event comes often enough to vouch for it. Rules and their reasons: docs/adr/0005 and the tests.
 */

/** What the fold needs of an event. */
export interface FoldEvent {
  /** Number within the view, from 0. */
  readonly seq: number
  readonly type: string
  /** When it happened by our clock, epoch ms. */
  readonly ts: number
  /** Monotonic clock of the player, ms. */
  readonly monoMs: number
  readonly positionMs: number | null
  readonly rate?: number | undefined
  /** `seek_start`: position that was left. */
  readonly fromMs?: number | undefined
  /** `error`: it ended the playback. */
  readonly isFatal?: boolean | undefined
}

/** What a view amounts to in one quarter of an hour. */
export interface BucketSums {
  /** Requests to play. */
  starts: number
  /** Starts that reached 5 s of continuous play; in the bucket of their start. */
  streams: number
  /** Wall time in the playing state, ms. */
  playedMs: number
  /** Wall time stalled after the first frame and outside of seeks, ms. */
  stalledMs: number
  /** Wall time that nothing vouches for (sleep, freeze), ms. */
  unknownMs: number
}

/** Sums by the start of their quarter of an hour, epoch ms. */
export type ViewSums = ReadonlyMap<number, Readonly<BucketSums>>

/** What is kept between batches; plain data. */
export interface ViewFold {
  readonly folded: Folded
  /** Events behind a gap, in order: for as long as the view is remembered, since what is missing may come any time. */
  readonly waiting: readonly FoldEvent[]
}

/** State after the contiguous events. */
interface Folded {
  readonly nextSeq: number
  readonly last: Last | null
  /** A request to play was made and has neither ended nor failed. */
  readonly isAttempted: boolean
  readonly hasFirstFrame: boolean
  readonly isPaused: boolean
  readonly isStalled: boolean
  readonly isSeeking: boolean
  readonly isInAd: boolean
  readonly isInAdBreak: boolean
  readonly isClosed: boolean
  readonly rate: number
  /** Bucket of the last start; null once it has become a stream. */
  readonly startBucket: number | null
  /** Continuous play until now, ms. */
  readonly runMs: number
  readonly sums: ReadonlyMap<number, BucketSums>
}

/** The event before: time is counted from it. */
interface Last {
  readonly ts: number
  readonly monoMs: number
  readonly positionMs: number | null
}

export const BUCKET_MS = 900_000
/** Continuous play that makes a start a stream. */
const STREAM_MS = 5_000
/** How far the position may lag behind the clock and still vouch for it: players report it at different moments. */
const POSITION_SLACK_MS = 300
/** Time without evidence up to this is noise of measuring and is dropped; above, it is unknown time. */
const NOISE_MS = 1_000
/** Where no position vouches: players send every 10 s, at most 30 s while stalled. */
const SILENCE_MS_MAX = 45_000
/** What one interval may add, whatever its position says: a long film from a player that sends no heartbeats. */
const INTERVAL_MS_MAX = 6 * 3_600_000
/**
 * Events that wait behind gaps. Above, the first gap is jumped: what would fill it is stored and no longer folded. No time
 * jumps one, as players bring what they could not send when they are next opened.
 */
const WAITING_MAX = 2_000
/** Quarters of an hour of one view: seven days. Time in others is dropped. */
const BUCKETS_MAX = 700

export const EMPTY_FOLD: ViewFold = {
  folded: {
    nextSeq: 0,
    last: null,
    isAttempted: false,
    hasFirstFrame: false,
    isPaused: false,
    isStalled: false,
    isSeeking: false,
    isInAd: false,
    isInAdBreak: false,
    isClosed: false,
    rate: 1,
    startBucket: null,
    runMs: 0,
    sums: new Map(),
  },
  waiting: [],
}

/** The fold with more events, in any order, at any time and repeated at will. */
export function addEvents(fold: ViewFold, events: readonly FoldEvent[]): ViewFold {
  const bySeq = new Map<number, FoldEvent>()
  for (const event of [...fold.waiting, ...events]) {
    if (event.seq >= fold.folded.nextSeq && !bySeq.has(event.seq)) bySeq.set(event.seq, event)
  }
  let waiting = [...bySeq.values()].sort((a, b) => a.seq - b.seq)
  const draft = draftOf(fold.folded)

  waiting = waiting.slice(foldContiguous(draft, waiting))
  while (waiting.length > WAITING_MAX) {
    draft.nextSeq = waiting[0]!.seq
    waiting = waiting.slice(foldContiguous(draft, waiting))
  }
  return { folded: draft, waiting }
}

/** What the view amounts to by all events so far, those behind a gap included. */
export function sumsOf(fold: ViewFold): ViewSums {
  if (fold.waiting.length === 0) return fold.folded.sums
  const draft = draftOf(fold.folded)
  for (const event of fold.waiting) step(draft, event)
  return draft.sums
}

/** What the viewer sees after all events so far, those behind a gap included. A seek counts as what it interrupts. */
export function stateNow(fold: ViewFold): Exclude<State, 'seeking'> {
  const draft: Draft = { ...fold.folded, sums: new Map() }
  for (const event of fold.waiting) step(draft, event)
  return stateOf({ ...draft, isSeeking: false }) as Exclude<State, 'seeking'>
}

/** For storing: plain JSON and back. */
export function foldToJson(fold: ViewFold): unknown {
  return { ...fold, folded: { ...fold.folded, sums: [...fold.folded.sums] } }
}

export function foldFromJson(json: unknown): ViewFold {
  const { folded, waiting } = json as Omit<ViewFold, 'folded'> & { folded: StoredFolded }
  return { folded: { ...folded, sums: new Map(folded.sums) }, waiting }
}

type StoredFolded = Omit<Folded, 'sums'> & { readonly sums: readonly [number, BucketSums][] }

type Draft = { -readonly [K in keyof Folded]: Folded[K] } & { sums: Map<number, BucketSums> }

function draftOf(folded: Folded): Draft {
  const sums = new Map([...folded.sums].map(([bucket, values]) => [bucket, { ...values }]))
  return { ...folded, sums }
}

/** Folds events from the front as long as none is missing; how many. */
function foldContiguous(draft: Draft, events: readonly FoldEvent[]): number {
  let count = 0
  for (const event of events) {
    if (event.seq !== draft.nextSeq) break
    step(draft, event)
    draft.nextSeq += 1
    count += 1
  }
  return count
}

function step(draft: Draft, event: FoldEvent): void {
  creditTime(draft, event)
  changeState(draft, event)
  draft.last = { ts: event.ts, monoMs: event.monoMs, positionMs: event.positionMs }
  if (event.rate !== undefined) draft.rate = event.rate
}

type State = 'none' | 'seeking' | 'startup' | 'paused' | 'ad' | 'stalled' | 'playing'

/** What the viewer sees, by the precedence of androidx.media3: a seek hides a stall, a pause ends one. */
function stateOf(draft: Draft): State {
  if (draft.isClosed || !draft.isAttempted) return 'none'
  if (draft.isSeeking) return 'seeking'
  if (draft.isInAd || draft.isInAdBreak) return 'ad'
  if (!draft.hasFirstFrame) return 'startup'
  if (draft.isPaused) return 'paused'
  return draft.isStalled ? 'stalled' : 'playing'
}

function creditTime(draft: Draft, event: FoldEvent): void {
  const { last } = draft
  if (!last) return
  const passedMs = Math.max(0, event.monoMs - last.monoMs)
  const state = stateOf(draft)
  if (state !== 'playing' && state !== 'stalled') {
    draft.runMs = 0
    return
  }
  const vouchedMs = state === 'playing' ? playingVouchedMs(last, event, draft.rate) : SILENCE_MS_MAX
  const creditedMs = Math.min(passedMs, vouchedMs, INTERVAL_MS_MAX)
  const excessMs = passedMs - creditedMs
  spread(draft, last.ts, creditedMs, state === 'playing' ? 'playedMs' : 'stalledMs')
  if (excessMs > NOISE_MS) addTo(draft, last.ts + creditedMs, 'unknownMs', excessMs)
  if (state === 'stalled') draft.runMs = 0
  else countRun(draft, creditedMs, excessMs)
}

/** Playing time that the change of position explains. */
function playingVouchedMs(last: Last, event: FoldEvent, rate: number): number {
  // At a seek the playhead stands at the target already.
  const reached = event.type === 'seek_start' ? (event.fromMs ?? null) : event.positionMs
  if (last.positionMs === null || reached === null) return SILENCE_MS_MAX
  const movedMs = (reached - last.positionMs) * Math.sign(rate || 1)
  // A jump against the direction is a seek that nobody reported: it says nothing of the time.
  if (movedMs < -POSITION_SLACK_MS) return SILENCE_MS_MAX
  return Math.max(0, movedMs) / Math.max(Math.abs(rate), 0.01) + POSITION_SLACK_MS
}

/** A start becomes a stream once, when it has played for 5 s without a break. */
function countRun(draft: Draft, playedMs: number, excessMs: number): void {
  draft.runMs += playedMs
  if (draft.runMs >= STREAM_MS && draft.startBucket !== null) {
    addTo(draft, draft.startBucket, 'streams', 1)
    draft.startBucket = null
  }
  if (excessMs > NOISE_MS) draft.runMs = 0
}

function changeState(draft: Draft, event: FoldEvent): void {
  switch (event.type) {
    case 'play':
      start(draft, event.ts)
      draft.isPaused = false
      return
    case 'first_frame':
      // What shows a picture was asked for, even if the asking was lost.
      start(draft, event.ts)
      draft.hasFirstFrame = true
      return
    case 'playing':
      begin(draft)
      draft.hasFirstFrame = true
      draft.isPaused = false
      draft.isStalled = false
      draft.isSeeking = false
      return
    case 'resume':
      begin(draft)
      draft.isPaused = false
      return
    case 'pause':
      draft.isPaused = true
      draft.isStalled = false
      return
    case 'stall_start':
      // Before the first frame it is startup; within a seek it is the seek's wait.
      draft.isStalled = draft.hasFirstFrame && !draft.isSeeking
      return
    case 'stall_end':
      draft.isStalled = false
      return
    case 'seek_start':
      draft.isSeeking = true
      draft.isStalled = false
      return
    case 'seek_end':
      draft.isSeeking = false
      return
    case 'ad_break_start':
      draft.isInAdBreak = true
      return
    case 'ad_break_end':
      draft.isInAdBreak = false
      draft.isInAd = false
      return
    case 'ad_start':
      draft.isInAd = true
      return
    case 'ad_end':
    case 'ad_skip':
    case 'ad_error':
      draft.isInAd = false
      return
    case 'ended':
      end(draft)
      return
    case 'error':
      if (event.isFatal) end(draft)
      return
    case 'view_end':
      draft.isClosed = true
  }
}

/** A request to play counts when none is under way. */
function start(draft: Draft, ts: number): void {
  if (!begin(draft)) return
  draft.startBucket = bucketOf(ts)
  addTo(draft, ts, 'starts', 1)
}

/**
 * Play is under way; whether it was not before. By itself this is no start: a view that goes on after it was forgotten
 * has been counted.
 */
function begin(draft: Draft): boolean {
  draft.isClosed = false
  if (draft.isAttempted) return false
  draft.isAttempted = true
  draft.hasFirstFrame = false
  draft.isPaused = false
  draft.isStalled = false
  draft.isSeeking = false
  draft.runMs = 0
  draft.startBucket = null
  return true
}

function end(draft: Draft): void {
  draft.isAttempted = false
  draft.isStalled = false
  draft.isInAd = false
  draft.isInAdBreak = false
}

export function bucketOf(ts: number): number {
  return Math.floor(ts / BUCKET_MS) * BUCKET_MS
}

/** Adds time from `ts` on, each quarter of an hour its share. */
function spread(draft: Draft, ts: number, durationMs: number, field: 'playedMs' | 'stalledMs'): void {
  let from = ts
  let left = durationMs
  while (left > 0) {
    const share = Math.min(left, bucketOf(from) + BUCKET_MS - from)
    addTo(draft, from, field, share)
    from += share
    left -= share
  }
}

function addTo(draft: Draft, ts: number, field: keyof BucketSums, value: number): void {
  const bucket = bucketOf(ts)
  let sums = draft.sums.get(bucket)
  if (!sums) {
    if (draft.sums.size >= BUCKETS_MAX) return
    sums = { starts: 0, streams: 0, playedMs: 0, stalledMs: 0, unknownMs: 0 }
    draft.sums.set(bucket, sums)
  }
  sums[field] += value
}
