import { randomUUID } from 'node:crypto'

/** A view of a player whose sums are known. */
export interface PlantedView {
  readonly context: object
  /** Its events as a player sends them, some at a time. */
  readonly batches: readonly (readonly object[])[]
  /** Starts that reached 5 s of continuous play: 0 or 1. */
  readonly streams: number
  readonly playedMs: number
  readonly bytes: number
}

const STARTUP_MS = 100
const BEAT_MS = 1_000
const BATCH = 4

/** The view of a number: 3 to 9 s of one of five titles, that ended as `now` (epoch ms) began. */
export function plantedView(number: number, now: number): PlantedView {
  const beats = 3 + (number % 7)
  const playedMs = beats * BEAT_MS
  const beganAt = now - STARTUP_MS - playedMs - 1_000
  let seq = 0
  const event = (type: string, monoMs: number, positionMs: number, own: object = {}): object => ({
    type,
    seq: seq++,
    ts: beganAt + monoMs,
    monoMs,
    positionMs,
    ...own,
  })
  const events = [event('play', 0, 0), event('first_frame', STARTUP_MS, 0, { startupMs: STARTUP_MS })]
  let bytes = 0
  for (let beat = 1; beat <= beats; beat++) {
    const loaded = 100_000 + number * 10 + beat
    bytes += loaded
    const monoMs = STARTUP_MS + beat * BEAT_MS
    const positionMs = beat * BEAT_MS
    events.push(event('request', monoMs, positionMs, { bytes: loaded }))
    events.push(event('heartbeat', monoMs, positionMs, { playedMs: BEAT_MS }))
  }
  const endedMs = STARTUP_MS + playedMs
  events.push(event('pause', endedMs, playedMs), event('view_end', endedMs, playedMs, { reason: 'stop' }))
  return {
    context: {
      viewId: randomUUID(),
      deviceId: `device-${number % 40}`,
      content: { id: `title-${number % 5}`, kind: 'vod', durationMs: 60_000 },
    },
    batches: Array.from({ length: Math.ceil(events.length / BATCH) }, (_, at) =>
      events.slice(at * BATCH, (at + 1) * BATCH),
    ),
    streams: playedMs >= 5_000 ? 1 : 0,
    playedMs,
    bytes,
  }
}
