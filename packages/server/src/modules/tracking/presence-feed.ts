import type { LivePicture } from '@foyer/contracts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Metrics } from '../../platform/metrics.ts'
import type { Events, RecorderState } from '../../storage/index.ts'
import { createPresence, type Presence } from './presence.ts'
import type { PersonOf } from './presence-count.ts'
import { recentSightings } from './presence-restore.ts'
import type { RecorderPresence } from './recorder.ts'

/**
 * Presence as it runs: the recorder tells it each batch, and it tells whoever publishes the picture, at most every 250 ms.
 *
 * It says nothing before it knows: at the start, and until the recorder has read what waited in the journal. While recording
 * stands still (EVENTS restarts, say) time stands still in the picture too, which says by how much: nobody leaves because
 * nobody was listened to.
 */
export interface PresenceFeed extends RecorderPresence {
  /** Who is who has changed for somebody who may be there. */
  peopleChanged(): void
  start(): void
  stop(): void
}

/** The picture of all services, on its way from the worker to the api. */
export interface LiveNews {
  /** The moment that is shown, epoch ms. */
  readonly at: number
  /** How far that lies behind the clock because recording does, ms. */
  readonly behindMs: number
  readonly isPartial: boolean
  readonly services: Readonly<Record<string, LivePicture>>
  /** The picture of services that are missing. */
  readonly nothing: LivePicture
}

export interface PresenceFeedDependencies {
  readonly events: Pick<Events, 'run'>
  readonly state: Pick<RecorderState, 'get'>
  readonly personOf: PersonOf
  nameOf(contentId: string): string | null
  /** Takes news; calls back when the next may come, so that a slow reader is not flooded. */
  publish(news: LiveNews, done: () => void): void
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Logger
}

const PUBLISH_EVERY_MS = 250
/** A picture may take this part of the time: with very many people they become rarer. */
const SHARE_MAX = 0.1
/** Time moves numbers too (rates, what expires), so that they are looked at this often though nothing came. */
const LOOK_EVERY_MS = 1_000
/** An unchanged picture is told again, as a sign of life and for an api that has just started. */
const REPEAT_EVERY_MS = 2_000
/** How far the recorder is behind before time stands still: in between it looks for more at least every second. */
const BEHIND_MS = 2_000
const RESTORE_AGAIN_MS = 10_000

export function createPresenceFeed(deps: PresenceFeedDependencies): PresenceFeed {
  const { clock, log } = deps
  const tracked = deps.metrics.gauge('foyer_presence_people', 'People who are there, by the live picture.')
  let presence: Presence | null = null
  let triedAt = -Infinity
  let readTo = -Infinity
  let isChanged = false
  let isTaken = true
  let told = { text: '', at: -Infinity }
  /** When the next picture may be drawn, epoch ms. */
  let mayAt = -Infinity
  let isStarted = false
  let cancel = () => {}

  /** What has changed is told at once, or as soon as a picture may be drawn again. */
  function wake(): void {
    next(mayAt - clock.now())
  }

  function next(inMs: number): void {
    if (!isStarted) return
    cancel()
    cancel = clock.after(Math.max(0, inMs), tick)
  }

  function tick(): void {
    const before = process.threadCpuUsage()
    try {
      look()
    } catch (error) {
      log.error({ err: error }, 'the live picture could not be drawn')
    }
    const { user, system } = process.threadCpuUsage(before)
    const spentMs = (user + system) / 1_000
    mayAt = clock.now() + Math.max(PUBLISH_EVERY_MS, spentMs / SHARE_MAX)
    next(LOOK_EVERY_MS)
  }

  function look(): void {
    const now = clock.now()
    if (!presence || readTo === -Infinity || !isTaken) return
    isChanged = false
    const behindMs = now - readTo > BEHIND_MS ? now - readTo : 0
    const at = now - behindMs
    const { isPartial, services, nothing } = presence.picture(at)
    tracked.set(peopleIn(services))
    const picture = { behindMs, isPartial, services: Object.fromEntries(services), nothing }
    const text = JSON.stringify(picture)
    if (text === told.text && now - told.at < REPEAT_EVERY_MS) return
    told = { text, at: now }
    isTaken = false
    deps.publish({ at, ...picture }, () => {
      isTaken = true
      if (isChanged) wake()
    })
  }

  function changed(): void {
    isChanged = true
    wake()
  }

  return {
    peopleChanged: changed,
    async betweenBatches() {
      if (presence || performance.now() - triedAt < RESTORE_AGAIN_MS) return
      triedAt = performance.now()
      try {
        const restored = createPresence(deps)
        restored.take(await recentSightings(deps, clock.now()))
        presence = restored
      } catch (error) {
        log.warn(
          { err: error, againMs: RESTORE_AGAIN_MS },
          'who is there could not be found out; trying again',
        )
      }
    },
    take(sightings) {
      presence?.take(sightings)
      changed()
    },
    readTo(time) {
      // Before the first time the journal is read to its end, somebody may be in it who is not counted yet.
      if (readTo === -Infinity && clock.now() - time > BEHIND_MS) return
      if (readTo === -Infinity) wake()
      readTo = Math.max(readTo, time)
    },
    start() {
      isStarted = true
      wake()
    },
    stop() {
      isStarted = false
      cancel()
    },
  }
}

function peopleIn(services: ReadonlyMap<string, LivePicture>): number {
  let people = 0
  for (const { viewers } of services.values()) people += viewers.signedIn + viewers.anonymous
  return people
}
