import { LIVE, type LivePicture } from '@foyer/contracts'
import type { Subject } from '../../platform/ids.ts'
import type { PersonSeen, PlaySeen } from './presence-sightings.ts'

/** Whom a subject stands for, and whether that person may not be counted for analytics. */
export type PersonOf = (subject: Subject) => { readonly person: Subject; readonly isDenied: boolean }

/** Before anything is linked: everybody is who they are. */
export const everybodyThemselves: PersonOf = (subject) => ({ person: subject, isDenied: false })

type Counted = Omit<LivePicture, 'eventsPerSecond' | 'history'>

/** Counts who and what is there in one service, each person once however many devices and plays they have. */
export interface PresenceCount {
  play(person: Subject, play: PlaySeen): void
  person(person: Subject, seen: PersonSeen): void
  finish(nameOf: (contentId: string) => string | null): Counted
}

interface Group {
  readonly people: Set<Subject>
  plays: number
}

export function openCount(): PresenceCount {
  const everybody = new Set<Subject>()
  const signedIn = new Set<Subject>()
  const byState = { playing: 0, stalled: 0, ad: 0, paused: 0, starting: 0 }
  const platforms = new Map<string, Group>()
  const countries = new Map<string, Group>()
  const titles = new Map<string, Group & { readonly contentId: string; readonly contentKind: string }>()

  /** Who is there, and where: once in each place. */
  function count(person: Subject, seen: PersonSeen | PlaySeen, plays: 0 | 1): void {
    everybody.add(person)
    if (seen.isSignedIn) signedIn.add(person)
    addTo(platforms, seen.platform, emptyGroup, person, plays)
    addTo(countries, seen.country, emptyGroup, person, plays)
  }

  return {
    person: (person, seen) => count(person, seen, 0),
    play(person, play) {
      const state = STATES[play.state]
      if (state === null) return
      byState[state] += 1
      const isUnderWay = state !== 'paused' && state !== 'starting'
      count(person, play, isUnderWay ? 1 : 0)
      if (!isUnderWay || play.contentId === '') return
      const { contentId, contentKind } = play
      const key = `${contentKind}\n${contentId}`
      addTo(titles, key, () => ({ ...emptyGroup(), contentId, contentKind }), person, 1)
    },
    finish(nameOf) {
      const listed = [...titles.values()].sort(
        (a, b) => b.plays - a.plays || b.people.size - a.people.size || compare(a.contentId, b.contentId),
      )
      return {
        viewers: { signedIn: signedIn.size, anonymous: everybody.size - signedIn.size },
        plays: byState,
        platforms: rowsOf(platforms)
          .map(([platform, counted]) => ({ platform, ...counted }))
          .sort((a, b) => b.plays - a.plays || b.viewers - a.viewers || compare(a.platform, b.platform)),
        countries: rowsOf(countries)
          .map(([country, counted]) => ({ country, ...counted }))
          .sort((a, b) => b.viewers - a.viewers || b.plays - a.plays || compare(a.country, b.country)),
        titles: listed.slice(0, LIVE.titlesMax).map(({ contentId, contentKind, people, plays }) => ({
          contentId,
          contentKind: contentKind as LivePicture['titles'][number]['contentKind'],
          name: nameOf(contentId),
          viewers: people.size,
          plays,
        })),
        titlesTotal: titles.size,
      }
    },
  }
}

/** What the fold calls it, and what the picture does. */
const STATES = {
  none: null,
  startup: 'starting',
  playing: 'playing',
  stalled: 'stalled',
  ad: 'ad',
  paused: 'paused',
} as const satisfies Record<PlaySeen['state'], keyof Counted['plays'] | null>

const emptyGroup = (): Group => ({ people: new Set(), plays: 0 })

function addTo<G extends Group>(
  groups: Map<string, G>,
  key: string,
  make: () => G,
  person: Subject,
  plays: number,
): void {
  let group = groups.get(key)
  if (!group) groups.set(key, (group = make()))
  group.people.add(person)
  group.plays += plays
}

function rowsOf(groups: ReadonlyMap<string, Group>): [string, { viewers: number; plays: number }][] {
  return [...groups].map(([key, { people, plays }]) => [key, { viewers: people.size, plays }])
}

/** By code unit: the same on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
