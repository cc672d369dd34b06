import { PURPOSE_BITS } from '@foyer/contracts'
import type { Subject } from '../../platform/ids.ts'
import type { RecorderState, StateChanges, SubjectLink } from '../../storage/index.ts'
import { nextDeviceState, type DeviceState } from './device-state.ts'
import type { TrackedEvent } from './recorder-event.ts'

/** What the recorder needs to know about viewers. */
export interface SubjectDependencies {
  /** The subjects of the viewers that a service knows by these ids; new ids are given one. */
  resolveViewers(service: string, externalIds: Iterable<string>): Promise<ReadonlyMap<string, Subject>>
  /** A stable pseudonym for an outside id. */
  pseudonym(kind: string, value: string): Subject
  drawSubject(): Subject
}

/** Who an event belongs to. */
export interface Attribution {
  readonly subject: Subject
  readonly isSignedIn: boolean
  /** Pseudonym of the installation; '0' unknown. */
  readonly device: string
}

/** Whose the events of a batch are, in their order. Nothing is drawn twice: what is drawn is sealed with the batch. */
export interface Subjects {
  attribute(events: readonly TrackedEvent[]): Promise<Attribution[]>
  /** Anonymous subjects that turned out to be a viewer's, in order. */
  readonly links: readonly SubjectLink[]
  remember(now: number): StateChanges['remember']
}

/** Joining a device's anonymous use with its viewer is measuring who watched: events that do not allow it join nothing. */
const LINK_MASK = 2 ** PURPOSE_BITS.analytics
/** Devices that send nothing for this long are forgotten, like their events. */
const FORGET_MS = 396 * 86_400_000
/** An unchanged device is written again only after this time, to move its forgetting on. */
const REWRITE_MS = 30 * 86_400_000

export function openSubjects(state: Pick<RecorderState, 'get'>, deps: SubjectDependencies): Subjects {
  const devices = new Map<string, { stored: DeviceState | null; state: DeviceState }>()
  const pseudonyms = new Map<string, Subject>()
  const links: SubjectLink[] = []

  /** Ids of installations mean something within their service only. */
  function pseudonymOf(event: TrackedEvent, id: string): Subject {
    const scoped = `${event.service}\n${id}`
    let pseudonym = pseudonyms.get(scoped)
    if (pseudonym === undefined) {
      pseudonym = deps.pseudonym('device', scoped)
      pseudonyms.set(scoped, pseudonym)
    }
    return pseudonym
  }

  function load(key: string): DeviceState | null {
    const bytes = state.get('device', key)
    if (!bytes) return null
    const json = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<DeviceState>
    // As devices were remembered before they had stretches: they begin anew.
    return json.stretches ? (json as DeviceState) : null
  }

  function attributeOne(event: TrackedEvent, vid: Subject | null): Attribution {
    const { deviceId, anonymousId, claimedId } = event.actor
    const deviceOrAnonymous = deviceId ?? anonymousId
    const device = deviceOrAnonymous === null ? '0' : pseudonymOf(event, deviceOrAnonymous)
    // The anonymous id is what web pages and players of one installation share; a client without either is told by the
    // id that it claims, which is believed as little as an anonymous one.
    const keyId = anonymousId ?? deviceId ?? (claimedId === null ? null : `claim ${claimedId}`)
    if (keyId === null) {
      const subject = vid ?? deps.pseudonym('nobody', event.service)
      return { subject, isSignedIn: vid !== null, device }
    }
    const mayLink = (event.consentMask & LINK_MASK) !== 0
    if (vid === null && !mayLink) return { subject: nobodyOf(event), isSignedIn: false, device }
    const key = pseudonymOf(event, keyId)
    let known = devices.get(key)
    if (!known) {
      const stored = load(key)
      known = { stored, state: stored as DeviceState }
    }
    const { state, subject, link } = nextDeviceState(
      known.state,
      { vid, ts: event.ts, mayLink },
      deps.drawSubject,
    )
    devices.set(key, { stored: known.stored, state })
    if (link) links.push({ ...link, device: device as Subject, at: event.ts })
    return { subject: subject ?? nobodyOf(event), isSignedIn: vid !== null, device }
  }

  /** The same for all events of a view or visit, and for nothing else. */
  function nobodyOf({ service, app, viewId, visitId, messageId }: TrackedEvent): Subject {
    return deps.pseudonym('nobody', `${service}\n${app}\n${viewId || visitId || messageId}`)
  }

  return {
    links,

    async attribute(events) {
      const viewers = await resolveAll(events, deps)
      return events.map((event) => {
        const { vid, externalId } = event.actor
        const resolved = externalId === null ? null : (viewers.get(event.service)?.get(externalId) ?? null)
        return attributeOne(event, vid ?? resolved)
      })
    },
    remember(now) {
      const remember: StateChanges['remember'][number][] = []
      for (const [key, { stored, state }] of devices) {
        if (stored === state && now - state.writtenAt < REWRITE_MS) continue
        const value = Buffer.from(JSON.stringify({ ...state, writtenAt: now }))
        remember.push({ kind: 'device', key, value, dueAt: now + FORGET_MS })
      }
      return remember
    },
  }
}

/** One question a service, however many events. */
async function resolveAll(
  events: readonly TrackedEvent[],
  deps: SubjectDependencies,
): Promise<Map<string, ReadonlyMap<string, Subject>>> {
  const wanted = new Map<string, Set<string>>()
  for (const { service, actor } of events) {
    if (actor.externalId === null || actor.vid !== null) continue
    const ids = wanted.get(service)
    if (ids) ids.add(actor.externalId)
    else wanted.set(service, new Set([actor.externalId]))
  }
  const resolved = new Map<string, ReadonlyMap<string, Subject>>()
  for (const [service, ids] of wanted) resolved.set(service, await deps.resolveViewers(service, ids))
  return resolved
}
