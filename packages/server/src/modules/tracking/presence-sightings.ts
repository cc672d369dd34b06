import { LIVE, PURPOSE_BITS } from '@foyer/contracts'
import type { Subject } from '../../platform/ids.ts'
import type { Enrichment } from './enrich.ts'
import type { TrackedEvent } from './recorder-event.ts'
import type { Attribution } from './subjects.ts'
import { keyOfView, type StandingView } from './view-state.ts'

/** What some events say about who is there: a batch's, or after a restart those of the last minutes. */
export interface Sightings {
  readonly people: readonly PersonSeen[]
  readonly plays: readonly PlaySeen[]
  /** Events received, by service and whole second (epoch s). */
  readonly received: ReadonlyMap<string, ReadonlyMap<number, number>>
}

export interface PersonSeen {
  readonly service: string
  readonly subject: Subject
  readonly isSignedIn: boolean
  readonly platform: string
  readonly country: string
  /** Receipt of the last event, epoch ms by our clock. */
  readonly heardAt: number
}

export interface PlaySeen {
  /** One view of one app. */
  readonly key: string
  readonly service: string
  readonly subject: Subject
  readonly isSignedIn: boolean
  readonly platform: string
  readonly country: string
  readonly contentId: string
  readonly contentKind: string
  readonly state: StandingView['state']
  /** Receipt of the last event that was not late; null when all of them were. */
  readonly heardAt: number | null
}

const ANALYTICS = 2 ** PURPOSE_BITS.analytics

/** Collects the sightings of a batch, in any order. */
export function openSightings(): {
  add(event: TrackedEvent, attribution: Attribution, enrichment: Enrichment): void
  /** `standing` are the views that the events touched, as they stand after them. */
  finish(standing: readonly StandingView[]): Sightings
} {
  const people = new Map<string, PersonSeen>()
  const heard = new Map<string, number>()
  const received = new Map<string, Map<number, number>>()

  return {
    add(event, { subject, isSignedIn }, { platform, country }) {
      // Whatever an importer brings happened elsewhere and before.
      if (event.isImport || !isMeasured(event.consentMask)) return
      const { service, receivedAt } = event
      countUp(received, service, Math.floor(receivedAt / 1_000))
      if (isLate(event)) return
      const key = `${service}\n${subject}`
      const known = people.get(key)
      if (!known || receivedAt >= known.heardAt)
        people.set(key, { service, subject, isSignedIn, platform, country, heardAt: receivedAt })
      if (!event.fold) return
      const view = keyOfView(event)
      heard.set(view, Math.max(heard.get(view) ?? -Infinity, receivedAt))
    },
    finish(standing) {
      const plays = standing.map((view) => playSeen(view, heard.get(keyOfView(view.columns)) ?? null))
      return { people: [...people.values()], plays, received }
    },
  }
}

/** A view as a play; one that may not be measured is over for us. */
export function playSeen({ columns, isSignedIn, state }: StandingView, heardAt: number | null): PlaySeen {
  return {
    key: keyOfView(columns),
    service: columns.service,
    subject: columns.subject,
    isSignedIn,
    platform: columns.platform,
    country: columns.country,
    contentId: columns.contentId,
    contentKind: columns.contentKind,
    state: isMeasured(columns.consentMask) ? state : 'none',
    heardAt,
  }
}

/** What players kept while they had no connection tells of no presence. Both times are by our clock. */
function isLate({ receivedAt, ts }: TrackedEvent): boolean {
  return receivedAt - ts >= LIVE.presentMs
}

function isMeasured(consentMask: number): boolean {
  return (consentMask & ANALYTICS) !== 0
}

function countUp(counts: Map<string, Map<number, number>>, service: string, second: number): void {
  let seconds = counts.get(service)
  if (!seconds) counts.set(service, (seconds = new Map()))
  seconds.set(second, (seconds.get(second) ?? 0) + 1)
}
