import type { Item } from './agenda.ts'
import { inventCatalogue, type SimulatedCatalogue } from './catalogue.ts'
import { householdDay, type WorldFrame } from './household-day.ts'
import { householdOf, inventHouseholds, type Household } from './households.ts'
import { PLANTED } from './planted.ts'
import { simulate, type Place, type Simulated } from './requests.ts'
import { botDay, visitorDay, visitorsOf } from './strangers.ts'
import { DAY_MS } from './times.ts'
import type { SimulatedViewer } from './viewers.ts'

export interface WorldOptions {
  readonly seed: number
  /** Registered people. */
  readonly viewers: number
  /** How long the history is. */
  readonly days: number
  /** Where it ends, epoch ms. */
  readonly until: number
}

/**
 * An invented audience and what it did: the same options give the same world to the byte. Nothing is kept of it but the
 * agenda of one day, so that its size is a matter of time and not of memory.
 */
export interface World {
  readonly options: WorldOptions
  /** Where the history begins, epoch ms: a midnight of UTC. */
  readonly from: number
  readonly catalogue: SimulatedCatalogue
  /** Everybody who is registered, by number. */
  viewers(): Iterable<SimulatedViewer>
  households(): Iterable<Household>
  /** Everything that happened, in order of its beginning. */
  history(options?: { heartbeatMs?: number }): Iterable<Simulated>
  /** Number of the viewer who signs in next on the device of an anonymous item; null when nobody does. */
  nextViewerOn(anonymous: Simulated): number | null
  /** Whether nobody was there anonymously just before it: its device was new, or somebody was signed in on it. */
  beginsAnonymousUse(anonymous: Simulated): boolean
}

/** Homes and days that are remembered: whole for a small world, and a bounded part of a large one. */
const REMEMBERED_MAX = 20_000

export function openWorld(options: WorldOptions): World {
  const { seed, viewers, until } = options
  const catalogue = inventCatalogue(seed)
  // An end at midnight ends the day before.
  const lastDay = Math.floor((until - 1) / DAY_MS)
  const firstDay = lastDay - options.days + 1
  const from = firstDay * DAY_MS
  const frame: WorldFrame = {
    seed,
    from,
    until,
    catalogue,
    matchDay: firstDay + Math.floor((options.days - 1) * PLANTED.match.atShareOfDays),
  }
  const frameOfPeople = { seed, viewers, until }
  const visitors = visitorsOf(viewers)
  const homes = rememberSome((number: number) => householdOf(frameOfPeople, number))

  // Units: homes by the number of their first member, then visitors, then the machines as one.
  const machines = viewers + visitors + 1

  function itemsOf(unit: number, day: number): readonly Item[] {
    if (unit === machines) return botDay(frame, day)
    if (unit > viewers) return visitorDay(frame, unit - viewers, day)
    return householdDay(frame, homes(unit), day)
  }

  function* units(): Iterable<number> {
    for (const { number } of inventHouseholds(frameOfPeople)) yield number
    for (let visitor = 1; visitor <= visitors; visitor++) yield viewers + visitor
    yield machines
  }

  /** Homes west of Greenwich end their day after midnight of UTC: what belongs there waits for the next day's turn. */
  function* agenda(): Iterable<Place & { item: Item }> {
    const unitNumbers = viewers <= REMEMBERED_MAX ? [...units()] : null
    let waiting = openAgenda()
    for (let day = firstDay - 1; day <= lastDay; day++) {
      const today = rememberSome((unit: number) => itemsOf(unit, day))
      const next = openAgenda()
      const endOfDay = (day + 1) * DAY_MS
      for (const unit of unitNumbers ?? units()) {
        for (const [index, item] of today(unit).entries()) {
          const agenda = item.at < endOfDay ? waiting : next
          agenda.put(item.at, { unit, day, index })
        }
      }
      for (const place of waiting.inOrder()) {
        const items = place.day === day ? today(place.unit) : itemsOf(place.unit, place.day)
        yield { ...place, item: items[place.index]! }
      }
      waiting = next
    }
    for (const place of waiting.inOrder())
      yield { ...place, item: itemsOf(place.unit, place.day)[place.index]! }
  }

  /** What happens on the item's device after it (or before, going back), day after day. */
  function* alongDevice({ item, unit, day, index }: Simulated, step: 1 | -1): Iterable<Item> {
    const { deviceId } = item.device
    for (let of = day; of >= firstDay - 1 && of <= lastDay; of += step) {
      const items = itemsOf(unit, of)
      const from = of === day ? index + step : step === 1 ? 0 : items.length - 1
      for (let at = from; at >= 0 && at < items.length; at += step)
        if (items[at]!.device.deviceId === deviceId) yield items[at]!
    }
  }

  return {
    options,
    from,
    catalogue,
    *households() {
      yield* inventHouseholds(frameOfPeople)
    },
    *viewers() {
      for (const { members } of inventHouseholds(frameOfPeople))
        for (const { viewer } of members) yield viewer
    },
    *history(how = {}) {
      for (const { item, unit, day, index } of agenda()) {
        const { request, view } = simulate(seed, item, how)
        yield { item, request, view, unit, day, index }
      }
    },
    nextViewerOn(anonymous) {
      for (const { viewer } of alongDevice(anonymous, 1)) if (viewer !== null) return viewer
      return null
    },
    beginsAnonymousUse(anonymous) {
      for (const { viewer } of alongDevice(anonymous, -1)) return viewer !== null
      return true
    },
  }
}

/** Remembers the first answers; what comes after them is worked out each time. */
function rememberSome<T>(make: (number: number) => T): (number: number) => T {
  const known = new Map<number, T>()
  return (number) => {
    const before = known.get(number)
    if (before !== undefined) return before
    const made = make(number)
    if (known.size < REMEMBERED_MAX) known.set(number, made)
    return made
  }
}

/** Places in order of time, in 16 bytes each. */
function openAgenda(): { put(at: number, place: Place): void; inOrder(): Iterable<Place> } {
  let at = new Float64Array(1_024)
  let unit = new Uint32Array(1_024)
  let dayAndIndex = new Uint32Array(1_024)
  let size = 0

  function grow(): void {
    const grown = <A extends Float64Array | Uint32Array>(old: A, fresh: A): A => (fresh.set(old), fresh)
    at = grown(at, new Float64Array(size * 2))
    unit = grown(unit, new Uint32Array(size * 2))
    dayAndIndex = grown(dayAndIndex, new Uint32Array(size * 2))
  }

  return {
    put(when, place) {
      if (size === at.length) grow()
      at[size] = when
      unit[size] = place.unit
      dayAndIndex[size] = place.day * INDEXES + place.index
      size += 1
    },
    *inOrder() {
      const order = Uint32Array.from({ length: size }, (_, each) => each)
      // Ties by how they were put in, which does not depend on the engine.
      order.sort((a, b) => at[a]! - at[b]! || a - b)
      for (const each of order) {
        const packed = dayAndIndex[each]!
        yield {
          unit: unit[each]!,
          day: Math.floor(packed / INDEXES),
          index: packed % INDEXES,
        }
      }
    },
  }
}

/** Items of a unit on a day; the machines have most. Days fit beside it in 32 bits until the year 13000. */
const INDEXES = 1_024
