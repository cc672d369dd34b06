import type { Subject } from '../../platform/ids.ts'

/**
 * Whose events a device's are. A device has an anonymous subject for the time in which nobody is signed in; the subject
 * belongs to one stretch of use (a sign-out epoch) and never to two people:
 *
 * - the first viewer who signs in on it is the one that the anonymous stretch before may be linked with;
 * - an event without a viewer after that viewer's last one means that she signed out: a new anonymous subject begins;
 * - another viewer without a sign-out between begins one too, so that what the first did is never linked with the second.
 *
 * What arrives late is told by its own time and changes nothing that was decided.
 */
export interface DeviceState {
  /** Anonymous subject of the current stretch. */
  readonly anonymous: Subject
  /** The one before, for events that happened before the current stretch; null on a new device. */
  readonly anonymousBefore: Subject | null
  /** When the current stretch began, epoch ms. */
  readonly since: number
  /** Who is signed in in it. */
  readonly vid: Subject | null
  /** Time of the newest event of that viewer, epoch ms. */
  readonly vidSeenAt: number
  /** When this was last written, epoch ms; for forgetting devices that are gone. */
  readonly writtenAt: number
}

export interface DeviceEvent {
  /** The verified viewer; null without one. */
  readonly vid: Subject | null
  /** When it happened by our clock, epoch ms. */
  readonly ts: number
}

/** The state after an event, and the subject that the event gets. `draw` makes a new subject and is called at most once. */
export function nextDeviceState(
  state: DeviceState | null,
  event: DeviceEvent,
  draw: () => Subject,
): { state: DeviceState; subject: Subject } {
  if (!state) {
    const fresh = { anonymous: draw(), anonymousBefore: null, since: event.ts, writtenAt: 0 }
    const next: DeviceState = { ...fresh, vid: event.vid, vidSeenAt: event.vid ? event.ts : 0 }
    return { state: next, subject: event.vid ?? next.anonymous }
  }
  return event.vid ? signedIn(state, { vid: event.vid, ts: event.ts }, draw) : anonymous(state, event, draw)
}

function signedIn(state: DeviceState, event: { vid: Subject; ts: number }, draw: () => Subject) {
  const { vid, ts } = event
  if (state.vid === null) return { state: { ...state, vid, vidSeenAt: ts }, subject: vid }
  if (state.vid === vid) {
    return { state: ts > state.vidSeenAt ? { ...state, vidSeenAt: ts } : state, subject: vid }
  }
  // Another viewer's late event says nothing of who is signed in now.
  if (ts <= state.vidSeenAt) return { state, subject: vid }
  return { state: { ...stretchFrom(state, ts, draw), vid, vidSeenAt: ts }, subject: vid }
}

function anonymous(state: DeviceState, { ts }: DeviceEvent, draw: () => Subject) {
  if (state.vid !== null && ts > state.vidSeenAt) {
    const next = stretchFrom(state, ts, draw)
    return { state: next, subject: next.anonymous }
  }
  const isOfStretchBefore = ts < state.since && state.anonymousBefore !== null
  return { state, subject: isOfStretchBefore ? state.anonymousBefore : state.anonymous }
}

function stretchFrom(state: DeviceState, ts: number, draw: () => Subject): DeviceState {
  return { ...state, anonymous: draw(), anonymousBefore: state.anonymous, since: ts, vid: null, vidSeenAt: 0 }
}
