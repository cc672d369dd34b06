import type { Subject } from '../../platform/ids.ts'

/**
 * Whose events a device's are. The time of a device is cut into stretches of use; each has an anonymous subject of its own
 * and at most one viewer, so that what is linked never belongs to two people:
 *
 * - the first viewer who signs in in a stretch is the one with whom its anonymous subject is linked;
 * - an anonymous event after that viewer's last one means that she signed out: a new stretch begins;
 * - another viewer after her last event without a sign-out between begins one too.
 *
 * An event belongs to the stretch in whose time it happened, however late it comes; what was decided before is not
 * changed by it. Where several senders of one device (page and player) come interleaved, stretches are short and each is
 * linked with the viewer who goes on in it.
 */
export interface DeviceState {
  /** In order of time, the newest last; at most `STRETCHES_MAX`. */
  readonly stretches: readonly Stretch[]
  /** Older stretches were forgotten: what happened before the first known one belongs to nobody. */
  readonly isCut: boolean
  /** When this was last written, epoch ms; for forgetting devices that are gone. */
  readonly writtenAt: number
}

export interface Stretch {
  /** When it began, epoch ms. */
  readonly since: number
  /** Null until an event needs one. */
  readonly anonymous: Subject | null
  /** Time of the newest anonymous event, epoch ms. */
  readonly anonymousSeenAt: number
  /** Who signed in in it. */
  readonly vid: Subject | null
  /** Time of the newest event of that viewer, epoch ms. */
  readonly vidSeenAt: number
  /** Whether anonymous subject and viewer are one person from here on. */
  readonly isLinked: boolean
}

export interface DeviceEvent {
  /** The verified viewer; null without one. */
  readonly vid: Subject | null
  /** When it happened by our clock, epoch ms. */
  readonly ts: number
  /** What it allows includes joining it with other events of the person. */
  readonly mayLink: boolean
}

/** What an event comes to. */
export interface DeviceDecision {
  readonly state: DeviceState
  /** Null for anonymous use of which the stretch was forgotten: nobody's. */
  readonly subject: Subject | null
  /** The anonymous subject that turned out to be the event's viewer's. */
  readonly link: { readonly anonymous: Subject; readonly vid: Subject } | null
}

/** Stretches that are remembered of a device. */
const STRETCHES_MAX = 16
/**
 * Senders of one device bring their events every 10 to 30 s, so an anonymous event may overtake a signed-in one that came
 * before it. An anonymous event later than this after the viewer's last known one is not taken for hers.
 */
const OVERLAP_MS = 60_000

/** Before all times; unlike −∞ it survives JSON. */
const NEVER = Number.MIN_SAFE_INTEGER

/** The state after an event, and the subject that the event gets. `draw` makes a new subject and is called at most once. */
export function nextDeviceState(
  before: DeviceState | null,
  event: DeviceEvent,
  draw: () => Subject,
): DeviceDecision {
  const state = before ?? { stretches: [], isCut: false, writtenAt: 0 }
  const index = state.stretches.findLastIndex((stretch) => stretch.since <= event.ts)
  if (index < 0) return beforeAll(state, event, draw)
  const stretch = state.stretches[index]!
  const isOver = stretch.vid !== null && stretch.vid !== event.vid && event.ts > stretch.vidSeenAt
  if (isOver) return settled(insert(state, index + 1, stretchFrom(event.ts)), index + 1, event, draw)
  // Another viewer's event in the time of this one says nothing of who is signed in.
  if (event.vid !== null && stretch.vid !== null && stretch.vid !== event.vid)
    return { state, subject: event.vid, link: null }
  return settled(state, index, event, draw)
}

/** The event happened before everything that is known of the device. */
function beforeAll(state: DeviceState, event: DeviceEvent, draw: () => Subject): DeviceDecision {
  if (state.isCut) return { state, subject: event.vid, link: null }
  const [first] = state.stretches
  // Anonymous use before a sign-in is of its stretch; so is the viewer's own.
  const isOfFirst =
    first !== undefined &&
    (event.vid === null || (event.vid === first.vid && first.anonymousSeenAt === NEVER))
  if (!isOfFirst) return settled(insert(state, 0, stretchFrom(event.ts)), 0, event, draw)
  return settled(replace(state, 0, { ...first, since: event.ts }), 0, event, draw)
}

/** The event as one of a stretch that it fits. */
function settled(state: DeviceState, index: number, event: DeviceEvent, draw: () => Subject): DeviceDecision {
  const stretch = joined(state.stretches[index]!, event, draw)
  const { anonymous, vid } = stretch
  const isLinking =
    !stretch.isLinked &&
    event.mayLink &&
    anonymous !== null &&
    vid !== null &&
    stretch.anonymousSeenAt <= stretch.vidSeenAt + OVERLAP_MS
  return {
    state: withinLimit(replace(state, index, isLinking ? { ...stretch, isLinked: true } : stretch)),
    subject: event.vid ?? anonymous!,
    link: isLinking ? { anonymous, vid } : null,
  }
}

function joined(stretch: Stretch, { vid, ts }: DeviceEvent, draw: () => Subject): Stretch {
  if (vid !== null) {
    return stretch.vid === vid && ts <= stretch.vidSeenAt
      ? stretch
      : { ...stretch, vid, vidSeenAt: Math.max(stretch.vidSeenAt, ts) }
  }
  return stretch.anonymous !== null && ts <= stretch.anonymousSeenAt
    ? stretch
    : {
        ...stretch,
        anonymous: stretch.anonymous ?? draw(),
        anonymousSeenAt: Math.max(stretch.anonymousSeenAt, ts),
      }
}

function stretchFrom(since: number): Stretch {
  return { since, anonymous: null, anonymousSeenAt: NEVER, vid: null, vidSeenAt: NEVER, isLinked: false }
}

function replace(state: DeviceState, index: number, stretch: Stretch): DeviceState {
  return state.stretches[index] === stretch
    ? state
    : { ...state, stretches: state.stretches.with(index, stretch) }
}

function insert(state: DeviceState, index: number, stretch: Stretch): DeviceState {
  return { ...state, stretches: state.stretches.toSpliced(index, 0, stretch) }
}

/** Forgets the oldest stretches above the limit. */
function withinLimit(state: DeviceState): DeviceState {
  if (state.stretches.length <= STRETCHES_MAX) return state
  return { ...state, stretches: state.stretches.slice(-STRETCHES_MAX), isCut: true }
}
