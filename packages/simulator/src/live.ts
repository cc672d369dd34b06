import type { PlaybackContext, PlaybackEvent } from '@foyer/contracts'
import type { ViewItem } from './agenda.ts'
import { chooseContent, wantedOf } from './household-day.ts'
import { householdOf, inventHouseholds, type SimulatedDevice } from './households.ts'
import { PLANTED } from './planted.ts'
import { letters, seededRandom, seedOf, STREAM, type Random } from './random.ts'
import { visitorChoice, visitorOf, visitorsOf } from './strangers.ts'
import { MINUTE_MS } from './times.ts'
import { playView } from './view.ts'
import type { World } from './world.ts'

/** Views that begin now, of the people of a world, for whoever sends them when their time comes. */
export interface LiveAudience {
  /**
   * Somebody who is not watching sits down. `number` tells views apart and chooses who; `startedAt` is epoch ms. Null when
   * nobody was found who is free.
   */
  begin(number: number, startedAt: number): LiveView | null
  /** The device is free again. */
  end(view: LiveView): void
}

export interface LiveView {
  readonly device: SimulatedDevice
  readonly service: string
  /** External id of who is signed in; null for a visitor. */
  readonly viewer: string | null
  readonly context: PlaybackContext
  /** What the player sends, and when, epoch ms: a batch every 10 s while it plays. */
  readonly batches: readonly { readonly at: number; readonly events: readonly PlaybackEvent[] }[]
  /** What it sends in a second, as a mean over all its time, with the page that it is begun from. */
  readonly eventsPerSecond: number
}

/** While playing, players say so this often. */
export const HEARTBEAT_MS = 10_000
/** Events that are not held back until the next heartbeat. */
const AT_ONCE: ReadonlySet<string> = new Set([
  'first_frame',
  'pause',
  'resume',
  'seek_end',
  'stall_start',
  'view_end',
])

/** Of those who begin: how many are not signed in, and how many only look in and are gone again. */
const VISITOR_CHANCE = 0.45
const LOOKS_IN_CHANCE = 0.8
const LOOK_MS_MIN = 3_000
const LOOK_MS_MAX = 45_000
/** People who are looked through for one that is free. */
const TRIES = 20

/** Who may sit down, and what they would watch if nothing came in between. */
interface Candidate {
  readonly device: SimulatedDevice
  readonly service: string
  readonly viewer: string | null
  choice(): { content: ViewItem['content']; wantedMs: number }
}

export function createLiveAudience(world: World): LiveAudience {
  const { seed, viewers, until } = world.options
  const { catalogue } = world
  const frame = { seed, viewers, until }
  const busy = new Set<string>()
  const homes = [...firstNumbers(world)]
  const visitors = visitorsOf(viewers)

  /** Null for who may not be counted or has left. */
  function member(random: Random): Candidate | null {
    const home = householdOf(frame, random.pick(homes))
    const { viewer, devices } = random.pick(home.members)
    const device = random.chance(0.5) && home.televisions[0] ? home.televisions[0] : random.pick(devices)
    if (viewer.churn || viewer.consent.choice !== 'agreed') return null
    const { service } = home
    return {
      device,
      service,
      viewer: viewer.externalId,
      choice() {
        const content = chooseContent(catalogue, viewer, random)
        return { content, wantedMs: wantedOf(random, content.durationMs) }
      },
    }
  }

  function visitor(random: Random): Candidate | null {
    const { device, service, isRefusing } = visitorOf(frame, random.integer(1, visitors))
    if (isRefusing) return null
    return { device, service, viewer: null, choice: () => visitorChoice(catalogue, random) }
  }

  function findFree(random: Random): Candidate | null {
    const find = visitors > 0 && random.chance(VISITOR_CHANCE) ? visitor : member
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const found = find(random)
      if (found && !busy.has(found.device.deviceId)) return found
    }
    return null
  }

  return {
    begin(number, startedAt) {
      const random = seededRandom(seedOf(seed, STREAM.live, number))
      const found = findFree(random)
      if (!found) return null
      const { device, service, viewer } = found
      const { content, wantedMs } = found.choice()
      const looksIn = random.chance(LOOKS_IN_CHANCE)
      const { context, events, endedAt } = playView(random, {
        // The start tells views of one number apart: a demo begins to count anew each time it is started.
        viewId: `live-${letters(number)}-${letters(Math.floor(startedAt / 1_000))}`,
        deviceId: device.deviceId,
        content,
        startedAt,
        wallMsMax: (looksIn ? 1 : random.integer(3, 75)) * MINUTE_MS,
        wantedMs: looksIn ? random.integer(LOOK_MS_MIN, LOOK_MS_MAX) : wantedMs,
        cdn: random.weighted(PLANTED.cdns.map((cdn) => [cdn, cdn.weight] as const)),
        heartbeatMs: HEARTBEAT_MS,
      })
      busy.add(device.deviceId)
      return {
        device,
        service,
        viewer,
        context,
        batches: [...inBatches(events)],
        eventsPerSecond: ((PAGES + events.length) * 1_000) / Math.max(endedAt - startedAt, 1_000),
      }
    },
    end: ({ device }) => void busy.delete(device.deviceId),
  }
}

/** Pages that are looked at before each view. */
const PAGES = 1

function* firstNumbers({ options }: World): Iterable<number> {
  for (const { number } of inventHouseholds(options)) yield number
}

/** As a player sends them: what matters at once, the rest with the next heartbeat. */
function* inBatches(events: readonly PlaybackEvent[]): Iterable<LiveView['batches'][number]> {
  let waiting: PlaybackEvent[] = []
  for (const [index, event] of events.entries()) {
    waiting.push(event)
    const next = events[index + 1]
    // What happens in the same moment goes together: a heartbeat and what was loaded until then.
    const isWhole = next === undefined || next.ts > event.ts
    if (!isWhole || !waiting.some(({ type }) => AT_ONCE.has(type) || type === 'heartbeat')) continue
    yield { at: event.ts, events: waiting }
    waiting = []
  }
  if (waiting.length > 0) yield { at: waiting.at(-1)!.ts, events: waiting }
}
