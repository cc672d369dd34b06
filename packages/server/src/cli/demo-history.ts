import { setTimeout as delay } from 'node:timers/promises'
import { purposeMask, type Purpose } from '@foyer/contracts'
import { countTruth, type SimulatedRequest, type Truth, type World } from '@foyer/simulator'
import type { Foundations } from '../app.ts'
import { encodeEntry } from '../modules/tracking/index.ts'
import type { Subject } from '../platform/ids.ts'
import type { ProgressBar } from './progress.ts'

/** Requests that are written by one commit. */
const GROUP = 500
/**
 * What may wait in the journal: enough that the recorder never does, and so little that the journal's file, which never
 * shrinks, stays small and that what was written is nearly what was recorded.
 */
const WAITING_MAX = 25_000
const LOOK_AGAIN_MS = 20

/**
 * Writes a world's history into the journal while the recorder takes it out at the other end, and tells what is true of
 * it. All of it is received now: what an interrupted start had written is known again, and retention counts from today.
 */
export async function loadHistory(
  { journal, clock }: Pick<Foundations, 'journal' | 'clock'>,
  world: World,
  options: { subjects: readonly Subject[]; purposes: readonly Purpose[]; bar: ProgressBar },
): Promise<Truth> {
  const { bar } = options
  const receivedAt = clock.now()
  const defaultMask = purposeMask(options.purposes)
  const truth = countTruth(world)
  const days = world.options.days
  let group: Uint8Array[] = []
  let writing: Promise<unknown> = Promise.resolve()
  let day = 0

  async function flush(): Promise<void> {
    // The group before is on its way to the disk while this one was made.
    await writing
    writing = Promise.all(group.map((entry) => journal.append(entry)))
    group = []
    while (journal.backlog().entries > WAITING_MAX) await delay(LOOK_AGAIN_MS)
  }

  for (const each of world.history()) {
    truth.add(each)
    const { request, item } = each
    const viewer = item.viewer === null ? null : { vid: options.subjects[item.viewer]! }
    group.push(entryOf(request, { receivedAt, defaultMask, viewer }))
    if (group.length < GROUP) continue
    await flush()
    day = Math.min(days, Math.floor((item.at - world.from) / DAY_MS))
    bar.show('Days of history', day, days)
  }
  await flush()
  await writing
  bar.show('Days of history', days, days)
  return truth.finish()
}

const DAY_MS = 86_400_000

/** The entry that the intake would have left for this request. */
function entryOf(
  request: SimulatedRequest,
  what: { receivedAt: number; defaultMask: number; viewer: { vid: Subject } | null },
): Uint8Array {
  const { app, service, address, userAgent } = request
  return encodeEntry(
    {
      v: 1,
      wire: request.wire,
      receivedAt: what.receivedAt,
      clockOffsetMs: 0,
      app,
      service,
      keyKind: 'browser',
      address,
      userAgent,
      defaultMask: what.defaultMask,
      viewer: what.viewer,
      trustClientIdentify: false,
    },
    Buffer.from(JSON.stringify(request.wire === 'playback' ? request.body : segmentBodyOf(request.body))),
  )
}

/** Segment messages in the intake's own form. */
function segmentBodyOf({ batch }: { batch: readonly unknown[] }): { batch: unknown[] } {
  return {
    batch: (batch as readonly Record<string, unknown>[]).map(({ timestamp, ...message }) => ({
      ...message,
      deviceTs: Date.parse(timestamp as string),
    })),
  }
}
