import type { Simulated } from './requests.ts'
import type { PersonTruth } from './truth.ts'
import { DAY_MS } from './times.ts'
import type { World } from './world.ts'

/** Who was there, by service. */
export interface ServicePeople {
  readonly activeViewers: number
  readonly anonymousVisitors: number
  readonly unlinked: { readonly activeViewers: number; readonly anonymousVisitors: number }
  viewersOf(day: string): number
  signedInViewersOf(day: string): number
}

export interface PersonCounter {
  /** Something that may be counted, and whose it is: a viewer's, or nobody's. `times` are its events', epoch ms. */
  add(simulated: Simulated, dayOf: (ts: number) => string, times: readonly number[]): number | null
  finish(): { readonly persons: PersonTruth[]; of(service: string): ServicePeople }
}

/**
 * Who did what: viewers by number, and those who are nobody's. Of a million people it keeps nine numbers each, and who
 * was there on the last few days.
 */
export function countPersons(world: World): PersonCounter {
  const signedIn = openColumns(world.options.viewers)
  const linked = openColumns(world.options.viewers)
  /** Days since 1970. */
  const lastDay = new Uint32Array(world.options.viewers + 1)
  const services = new Map<string, OpenPeople>()
  const peopleOf = (service: string): OpenPeople => {
    let people = services.get(service)
    if (!people) services.set(service, (people = openPeople()))
    return people
  }

  return {
    add(simulated, dayOf, times) {
      const { item } = simulated
      const people = peopleOf(item.service)
      const owner = item.viewer ?? world.nextViewerOn(simulated)
      if (owner === null) people.nobodysDevices.add(item.device.deviceId)
      else {
        addTo(item.viewer === null ? linked : signedIn, owner, simulated, times.length)
        for (const day of new Set(times.map(dayOf))) {
          people.seen(day, owner, item.viewer !== null)
          lastDay[owner] = Math.max(lastDay[owner]!, Date.parse(day) / DAY_MS)
        }
      }
      if (item.viewer === null && world.beginsAnonymousUse(simulated)) people.stretches += 1
      return owner
    },

    finish() {
      const persons: PersonTruth[] = []
      for (const { number, externalId, service } of world.viewers()) {
        const own = sumsAt(signedIn, number)
        const others = sumsAt(linked, number)
        if (own.events + others.events === 0) continue
        const people = peopleOf(service)
        people.active += 1
        if (own.events > 0) people.activeSignedIn += 1
        const lastActiveOn = new Date(lastDay[number]! * DAY_MS).toISOString().slice(0, 10)
        persons.push({ externalId, service, ...own, linked: others, lastActiveOn })
      }
      return {
        persons,
        of(service) {
          const people = peopleOf(service)
          return {
            activeViewers: people.active,
            anonymousVisitors: people.nobodysDevices.size,
            unlinked: { activeViewers: people.activeSignedIn, anonymousVisitors: people.stretches },
            viewersOf: (day) => people.on(day).all,
            signedInViewersOf: (day) => people.on(day).signedIn,
          }
        },
      }
    },
  }
}

/** Sums of viewers by their number. */
interface Columns {
  readonly starts: Uint32Array
  readonly streams: Uint32Array
  readonly playedMs: Float64Array
  readonly events: Uint32Array
}

function openColumns(viewers: number): Columns {
  const column = () => new Uint32Array(viewers + 1)
  return { starts: column(), streams: column(), playedMs: new Float64Array(viewers + 1), events: column() }
}

function addTo(columns: Columns, number: number, { view }: Simulated, events: number): void {
  columns.events[number]! += events
  if (!view) return
  columns.starts[number]! += 1
  columns.streams[number]! += view.isStream ? 1 : 0
  for (const { ms } of view.played) columns.playedMs[number]! += ms
}

function sumsAt(columns: Columns, number: number) {
  return {
    starts: columns.starts[number]!,
    streams: columns.streams[number]!,
    playedMs: columns.playedMs[number]!,
    events: columns.events[number]!,
  }
}

interface OpenPeople {
  active: number
  activeSignedIn: number
  /** Begun stretches of anonymous use. */
  stretches: number
  /** Devices whose last anonymous use was never followed by a sign-in. */
  readonly nobodysDevices: Set<string>
  seen(day: string, viewer: number, isSignedIn: boolean): void
  on(day: string): { all: number; signedIn: number }
}

/** Days whose people are still told apart: what began four days ago has ended. */
const OPEN_DAYS = 4

function openPeople(): OpenPeople {
  const open = new Map<string, { all: Set<number>; signedIn: Set<number> }>()
  const closed = new Map<string, { all: number; signedIn: number }>()

  function closeOldest(): void {
    const [day, { all, signedIn }] = [...open].sort(([a], [b]) => (a < b ? -1 : 1))[0]!
    closed.set(day, { all: all.size, signedIn: signedIn.size })
    open.delete(day)
  }

  return {
    active: 0,
    activeSignedIn: 0,
    stretches: 0,
    nobodysDevices: new Set(),
    seen(day, viewer, isSignedIn) {
      let people = open.get(day)
      if (!people) {
        if (closed.has(day)) throw new Error(`${day} was counted already`)
        open.set(day, (people = { all: new Set(), signedIn: new Set() }))
        if (open.size > OPEN_DAYS) closeOldest()
      }
      people.all.add(viewer)
      if (isSignedIn) people.signedIn.add(viewer)
    },
    on(day) {
      const people = open.get(day)
      return people
        ? { all: people.all.size, signedIn: people.signedIn.size }
        : (closed.get(day) ?? { all: 0, signedIn: 0 })
    },
  }
}
