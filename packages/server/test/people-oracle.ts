import type { Subject } from '../src/platform/ids.ts'

/**
 * What reports must say of a history, told the slow way: every event is kept, and every answer is found by going through
 * all of them again. Written apart from the program; it shares with it the words only.
 */

export interface OracleEvent {
  readonly device: string
  /** Who is signed in; null for nobody. */
  readonly vid: Subject | null
  readonly ts: number
  /** Whether it may be measured, and so be joined with others. */
  readonly mayMeasure: boolean
  readonly view: string
  readonly title: string
  readonly bytes: number
  /** What the whole view was, on its first event; null on the others. */
  readonly played: { readonly ms: number } | null
}

/** Something that can own events: a viewer, one stretch of a device's anonymous use, or a single view. */
type Owner = { readonly vid: Subject } | Stretch | { readonly view: string }

/** Who somebody is: the viewer at the root of merges, or a nobody of one's own. */
type Person = { readonly root: Subject } | { readonly nobody: Stretch | string }

interface Stretch {
  since: number
  readonly device: string
  readonly events: OracleEvent[]
  isLinked: boolean
  isUnlinked: boolean
}

interface Owned {
  readonly event: OracleEvent
  readonly owner: Owner
  /** Erasures that came after it took it away. */
  isGone: boolean
}

export interface OracleViewer {
  readonly vid: Subject
  readonly registeredAt: number
  readonly gender: string
}

const DAY_MS = 86_400_000
/** A minute and sixteen: see what is said of late events in docs/guides/people.md. */
const OVERLAP_MS = 60_000
const REMEMBERED = 16

const dayOf = (ts: number) => new Date(Math.floor(ts / DAY_MS) * DAY_MS).toISOString().slice(0, 10)

const dayBefore = (date: string) => dayOf(Date.parse(date) - DAY_MS)

export class PeopleOracle {
  readonly viewers: OracleViewer[] = []
  readonly #owned: Owned[] = []
  /** All that ever were of a device, in order of time. */
  readonly #stretches = new Map<string, Stretch[]>()
  readonly #mergedInto = new Map<Subject, Subject>()
  readonly #denied = new Set<Subject>()
  readonly #erased = new Set<Subject>()

  // What happens.

  arrive(event: OracleEvent): void {
    const owner = this.#ownerOf(event)
    this.#owned.push({ event, owner, isGone: false })
  }

  unlink(vid: Subject, device: string): void {
    for (const stretch of this.#linkedOn(vid, device)) stretch.isUnlinked = true
  }

  relink(vid: Subject, device: string): void {
    for (const stretch of this.#linkedOn(vid, device)) stretch.isUnlinked = false
  }

  merge(vid: Subject, into: Subject): void {
    if (!this.#mergedInto.has(vid) && this.rootOf(vid) !== this.rootOf(into)) this.#mergedInto.set(vid, into)
  }

  unmerge(vid: Subject): void {
    this.#mergedInto.delete(vid)
  }

  deny(vid: Subject, isDenied: boolean): void {
    if (isDenied) this.#denied.add(vid)
    else this.#denied.delete(vid)
  }

  /** Erases a person: all viewers of the merges, for ever, with all that has arrived. */
  erase(vid: Subject): void {
    for (const each of this.vidsOf(vid)) this.#erased.add(each)
    for (const each of this.#owned) if (this.#isOf(each, vid)) each.isGone = true
  }

  // What is asked.

  rootOf(vid: Subject): Subject {
    const into = this.#mergedInto.get(vid)
    return into === undefined ? vid : this.rootOf(into)
  }

  vidsOf(vid: Subject): Subject[] {
    return this.viewers.map((viewer) => viewer.vid).filter((each) => this.rootOf(each) === this.rootOf(vid))
  }

  isErased(vid: Subject): boolean {
    return this.#erased.has(vid)
  }

  days(from: string, to: string) {
    const found = this.#visible().filter(({ event }) => dayOf(event.ts) >= from && dayOf(event.ts) <= to)
    return [...Map.groupBy(found, ({ event }) => dayOf(event.ts))]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([date, of]) => ({ date, viewers: this.#registered(of), events: of.length, ...playedOf(of) }))
  }

  totals(from: string, to: string) {
    const of = this.#visible().filter(({ event }) => dayOf(event.ts) >= from && dayOf(event.ts) <= to)
    return { ...this.#count(of), events: of.length, ...playedOf(of) }
  }

  /** Registered people by whether they registered within a range and were there in the range before. */
  loyalty(days: { beforeFrom: string; previousFrom: string; from: string; to: string }) {
    const { beforeFrom, previousFrom, from, to } = days
    const activeIn = (first: string, last: string) =>
      this.#rootsOf(
        this.#visible().filter(({ event }) => dayOf(event.ts) >= first && dayOf(event.ts) <= last),
      )
    const now = activeIn(from, to)
    const before = activeIn(previousFrom, dayBefore(from))
    const earlier = activeIn(beforeFrom, dayBefore(previousFrom))
    const registeredIn = (root: Subject, first: string, last: string) => {
      const date = dayOf(this.#registeredAt(root))
      return date >= first && date <= last
    }
    const judged = (active: Set<Subject>, last: Set<Subject>, isNew: (root: Subject) => boolean) => {
      const known = [...active].filter((root) => !isNew(root))
      const returning = known.filter((root) => last.has(root)).length
      return {
        new: active.size - known.length,
        returning,
        back: known.length - returning,
        lost: [...last].filter((root) => !active.has(root)).length,
      }
    }
    return {
      ...judged(now, before, (root) => registeredIn(root, from, to)),
      previous: judged(before, earlier, (root) => registeredIn(root, previousFrom, dayBefore(from))),
    }
  }

  titles() {
    const starts = this.#visible().filter(({ event }) => event.played)
    return [...Map.groupBy(starts, ({ event }) => event.title)]
      .map(([title, of]) => ({ title, ...this.#count(of), ...playedOf(of) }))
      .toSorted((a, b) => b.playedMs - a.playedMs || b.streams - a.streams || (a.title < b.title ? -1 : 1))
  }

  /** Times of a person's events, in order, and what they played. */
  person(vid: Subject) {
    const of = this.#visible().filter((each) => this.#isOf(each, vid))
    return { times: of.map(({ event }) => event.ts).toSorted((a, b) => a - b), ...playedOf(of) }
  }

  /** Registered people by day and gender; who was merged is one person, registered with the first account. */
  registrations() {
    const people = this.viewers.filter(({ vid }) => this.rootOf(vid) === vid && !this.#isErasedPerson(vid))
    return people
      .map(({ vid, gender }) => {
        return `${dayOf(this.#registeredAt(vid))} ${gender}`
      })
      .toSorted((a, b) => (a < b ? -1 : 1))
  }

  /** Minutes of each title without people: also of who denied later, but not of who was erased. */
  publicSums() {
    const starts = this.#owned.filter(({ event, isGone }) => event.played && event.mayMeasure && !isGone)
    return [...Map.groupBy(starts, ({ event }) => event.title)]
      .map(([title, of]) => ({ title, ...playedOf(of) }))
      .toSorted((a, b) => (a.title < b.title ? -1 : 1))
  }

  /** Anonymous events that could be joined with others, had their stretch not been forgotten. */
  forgotten(): number {
    return this.#owned.filter(({ event, owner }) => event.mayMeasure && 'view' in owner).length
  }

  bytes(): number {
    return this.#owned.filter(({ isGone }) => !isGone).reduce((sum, { event }) => sum + event.bytes, 0)
  }

  #visible(): Owned[] {
    return this.#owned.filter(({ event, owner, isGone }) => {
      const person = this.#personOf(owner)
      return event.mayMeasure && !isGone && !('root' in person && this.#isDeniedPerson(person.root))
    })
  }

  #persons(of: readonly Owned[]): Set<Subject | Stretch | string> {
    return new Set(
      of.map(({ owner }) => {
        const person = this.#personOf(owner)
        return 'root' in person ? person.root : person.nobody
      }),
    )
  }

  #registered(of: readonly Owned[]): number {
    return this.#rootsOf(of).size
  }

  #rootsOf(of: readonly Owned[]): Set<Subject> {
    return new Set(
      of.map(({ owner }) => this.#personOf(owner)).flatMap((person) => ('root' in person ? person.root : [])),
    )
  }

  /** When the first account of a person was made. */
  #registeredAt(root: Subject): number {
    const accounts = this.viewers.filter((viewer) => this.rootOf(viewer.vid) === root)
    return Math.min(...accounts.map(({ registeredAt }) => registeredAt))
  }

  #count(of: readonly Owned[]) {
    const viewers = this.#registered(of)
    return { viewers, visitors: this.#persons(of).size - viewers }
  }

  #isOf({ owner }: Owned, vid: Subject): boolean {
    const person = this.#personOf(owner)
    return 'root' in person && person.root === this.rootOf(vid)
  }

  #isDeniedPerson(root: Subject): boolean {
    return this.vidsOf(root).some((vid) => this.#denied.has(vid) || this.#erased.has(vid))
  }

  #isErasedPerson(root: Subject): boolean {
    return this.vidsOf(root).some((vid) => this.#erased.has(vid))
  }

  #personOf(owner: Owner): Person {
    if ('vid' in owner) return { root: this.rootOf(owner.vid) }
    if ('view' in owner) return { nobody: owner.view }
    const vid = viewerOf(owner)
    return owner.isLinked && !owner.isUnlinked && vid ? { root: this.rootOf(vid) } : { nobody: owner }
  }

  #linkedOn(vid: Subject, device: string): Stretch[] {
    return (this.#stretches.get(device) ?? []).filter((stretch) => {
      const viewer = viewerOf(stretch)
      return stretch.isLinked && viewer !== null && this.rootOf(viewer) === this.rootOf(vid)
    })
  }

  #ownerOf(event: OracleEvent): Owner {
    if (event.vid === null && !event.mayMeasure) return { view: event.view }
    const stretch = this.#stretchOf(event)
    if (stretch) {
      stretch.events.push(event)
      const viewer = viewerOf(stretch)
      const anonymous = stretch.events.filter(({ vid }) => vid === null)
      if (viewer && anonymous.length > 0 && event.mayMeasure) {
        const newest = Math.max(...anonymous.map(({ ts }) => ts))
        if (newest <= lastOf(stretch, viewer) + OVERLAP_MS) stretch.isLinked = true
      }
    }
    if (event.vid) return { vid: event.vid }
    return stretch ?? { view: event.view }
  }

  /** Null for a viewer's event in the time of another, and for what happened before all that is remembered. */
  #stretchOf({ device, vid, ts }: OracleEvent): Stretch | null {
    const all = this.#stretches.get(device) ?? []
    this.#stretches.set(device, all)
    const begin = (): Stretch => {
      const stretch: Stretch = { since: ts, device, events: [], isLinked: false, isUnlinked: false }
      all.push(stretch)
      all.sort((a, b) => a.since - b.since)
      return stretch
    }
    const stretch = all.slice(-REMEMBERED).findLast(({ since }) => since <= ts)
    if (!stretch) {
      if (all.length > REMEMBERED) return null
      const first = all[0]
      if (!first) return begin()
      const isHers = vid === viewerOf(first) && first.events.every((event) => event.vid !== null)
      if (vid !== null && !isHers) return begin()
      first.since = ts
      return first
    }
    const viewer = viewerOf(stretch)
    if (viewer === null || viewer === vid) return stretch
    if (ts > lastOf(stretch, viewer)) return begin()
    return vid === null ? stretch : null
  }
}

function viewerOf(stretch: Stretch): Subject | null {
  return stretch.events.find(({ vid }) => vid !== null)?.vid ?? null
}

function lastOf(stretch: Stretch, viewer: Subject): number {
  return Math.max(...stretch.events.filter(({ vid }) => vid === viewer).map(({ ts }) => ts))
}

function playedOf(of: readonly Owned[]) {
  const views = of.flatMap(({ event }) => event.played ?? [])
  return {
    starts: views.length,
    streams: views.filter(({ ms }) => ms >= 5_000).length,
    playedMs: views.reduce((sum, { ms }) => sum + ms, 0),
  }
}
