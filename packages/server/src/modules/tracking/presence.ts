import { LIVE, type LivePicture } from '@foyer/contracts'
import type { Subject } from '../../platform/ids.ts'
import { openCount, type PersonOf } from './presence-count.ts'
import { createHistory } from './presence-history.ts'
import type { PersonSeen, PlaySeen, Sightings } from './presence-sightings.ts'

/**
 * Who is there and what plays, in memory. Pure but for what it remembers: time is told to it.
 *
 * A play comes with its first event and goes with what ends it (`view_end`, `ended`, a fatal error) at once, or when its
 * player has been silent for longer than a player is: `windowOf`. Somebody is there as long as a play of theirs is, or until
 * `LIVE.presentMs` after their last event. Sums are counted anew for each picture, so that there is no second book that
 * could differ from the first: 11 ms of the processor for 10,000 people who watch, 120 ms for 100,000.
 */
export interface Presence {
  take(sightings: Sightings): void
  /** The picture at a moment (epoch ms) up to which everything was taken; what has expired by then is forgotten. */
  picture(asOf: number): PresencePicture
}

export interface PresencePicture {
  readonly isPartial: boolean
  /** By id; services where nothing happens nor did of late are missing. */
  readonly services: ReadonlyMap<string, LivePicture>
  /** The picture of those that are missing. */
  readonly nothing: LivePicture
}

export interface PresenceOptions {
  /** Whom a subject stands for; several subjects may be one person. */
  readonly personOf: PersonOf
  /** What a title or channel is called; null when nobody knows. */
  nameOf(contentId: string): string | null
  /** `LIVE.playsMax` and `LIVE.peopleMax` unless told. */
  readonly limits?: { readonly playsMax: number; readonly peopleMax: number }
}

type Play = PlaySeen & { readonly heardAt: number }

export function createPresence({ personOf, nameOf, limits = LIVE }: PresenceOptions): Presence {
  const people = new Map<string, PersonSeen>()
  const plays = new Map<string, Play>()
  const history = createHistory()
  /** When somebody or something was last not let in, epoch ms. */
  let refusedAt = -Infinity

  function takePerson(seen: PersonSeen): void {
    const key = `${seen.service}\n${seen.subject}`
    const known = people.get(key)
    if (known ? known.heardAt <= seen.heardAt : people.size < limits.peopleMax) people.set(key, seen)
    else if (!known) refusedAt = Math.max(refusedAt, seen.heardAt)
  }

  function takePlay(seen: PlaySeen): void {
    const known = plays.get(seen.key)
    const heardAt = Math.max(known?.heardAt ?? -Infinity, seen.heardAt ?? -Infinity)
    if (seen.state === 'none') plays.delete(seen.key)
    // Late events end a play that is followed, or change it, but begin none.
    else if (heardAt === -Infinity) return
    else if (known || plays.size < limits.playsMax) plays.set(seen.key, { ...seen, heardAt })
    else refusedAt = Math.max(refusedAt, heardAt)
  }

  return {
    take(sightings) {
      for (const seen of sightings.people) takePerson(seen)
      for (const seen of sightings.plays) takePlay(seen)
      history.take(sightings.received)
    },

    picture(asOf) {
      const counts = new Map<string, ReturnType<typeof openCount>>()
      const countOf = (service: string): ReturnType<typeof openCount> => {
        let count = counts.get(service)
        if (!count) counts.set(service, (count = openCount()))
        return count
      }
      const personIn = memoised(personOf)
      for (const [key, play] of plays) {
        if (asOf >= play.heardAt + windowOf(play.state)) plays.delete(key)
        else {
          const person = personIn(play.subject)
          if (person !== null) countOf(play.service).play(person, play)
        }
      }
      for (const [key, seen] of people) {
        if (asOf >= seen.heardAt + LIVE.presentMs) people.delete(key)
        else {
          const person = personIn(seen.subject)
          if (person !== null) countOf(seen.service).person(person, seen)
        }
      }
      history.moveTo(asOf)
      const services = new Map<string, LivePicture>()
      for (const service of new Set([...counts.keys(), ...history.services()])) {
        const counted = countOf(service).finish(nameOf)
        const { playing, stalled, ad } = counted.plays
        const viewers = counted.viewers.signedIn + counted.viewers.anonymous
        history.sample(service, asOf, { viewers, plays: playing + stalled + ad })
        services.set(service, { ...counted, ...history.of(service, asOf) })
      }
      const nothing = { ...openCount().finish(nameOf), ...history.of('', asOf) }
      return { isPartial: asOf < refusedAt + LIVE.presentMs, services, nothing }
    },
  }
}

/** How long after its last event a play is believed to go on: players report less often where less changes. */
export function windowOf(state: PlaySeen['state']): number {
  if (state === 'paused') return LIVE.pausedMs
  return state === 'stalled' ? LIVE.stalledMs : LIVE.presentMs
}

/** The person of a subject, null where nothing may be counted; each subject asked for once. */
function memoised(personOf: PersonOf): (subject: Subject) => Subject | null {
  const known = new Map<Subject, Subject | null>()
  return (subject) => {
    let person = known.get(subject)
    if (person === undefined) {
      const found = personOf(subject)
      person = found.isDenied ? null : found.person
      known.set(subject, person)
    }
    return person
  }
}
