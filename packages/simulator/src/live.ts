import type { PlaybackContext, PlaybackEvent } from '@foyer/contracts'
import { chooseContent, wantedOf } from './household-day.ts'
import { householdOf, inventHouseholds, type SimulatedDevice } from './households.ts'
import { PLANTED } from './planted.ts'
import { letters, seededRandom, seedOf, STREAM } from './random.ts'
import { MINUTE_MS } from './times.ts'
import { playView } from './view.ts'
import type { World } from './world.ts'

/** Views that begin now, of the people of a world, for whoever sends them when their time comes. */
export interface LiveAudience {
  /**
   * Somebody who is not watching sits down. `number` tells views apart and chooses who; `startedAt` is epoch ms. Null when
   * that person may not be counted, has left, or is busy.
   */
  begin(number: number, startedAt: number): LiveView | null
  /** The device is free again. */
  end(view: LiveView): void
}

export interface LiveView {
  readonly device: SimulatedDevice
  readonly service: string
  /** External id of who is signed in. */
  readonly viewer: string
  readonly context: PlaybackContext
  /** What the player sends, and when, epoch ms: a batch every 10 s while it plays. */
  readonly batches: readonly { readonly at: number; readonly events: readonly PlaybackEvent[] }[]
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

/** People who are looked through for one that is free. */
const TRIES = 20

export function createLiveAudience(world: World): LiveAudience {
  const { seed, viewers, until } = world.options
  const busy = new Set<string>()
  const homes = [...firstNumbers(world)]

  return {
    begin(number, startedAt) {
      const random = seededRandom(seedOf(seed, STREAM.live, number))
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const home = householdOf({ seed, viewers, until }, random.pick(homes))
        const { viewer, devices } = random.pick(home.members)
        const device = random.chance(0.5) && home.televisions[0] ? home.televisions[0] : random.pick(devices)
        if (viewer.churn || viewer.consent.choice !== 'agreed' || busy.has(device.deviceId)) continue
        busy.add(device.deviceId)
        const content = chooseContent(world.catalogue, viewer, random)
        const { context, events } = playView(random, {
          // The start tells views of one number apart: a demo begins to count anew each time it is started.
          viewId: `live-${letters(number)}-${letters(Math.floor(startedAt / 1_000))}`,
          deviceId: device.deviceId,
          content,
          startedAt,
          wallMsMax: random.integer(3, 75) * MINUTE_MS,
          wantedMs: wantedOf(random, content.durationMs),
          cdn: random.weighted(PLANTED.cdns.map((cdn) => [cdn, cdn.weight] as const)),
          heartbeatMs: HEARTBEAT_MS,
        })
        return {
          device,
          service: home.service,
          viewer: viewer.externalId,
          context,
          batches: [...inBatches(events)],
        }
      }
      return null
    },
    end: ({ device }) => void busy.delete(device.deviceId),
  }
}

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
