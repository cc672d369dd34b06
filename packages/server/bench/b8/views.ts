/** What the players of B8 send, and what is told between their process and the bench. */

export const EVENTS_PER_BATCH = 10

export interface LoadOrder {
  readonly url: string
  readonly writeKey: string
  readonly eventsPerSecond: number
  readonly seconds: number
}

export interface LoadResult {
  /** When each view's first batch was acknowledged, ms of the machine's monotonic clock. */
  readonly startedAtMs: readonly number[]
  /** Acknowledged. */
  readonly events: number
  readonly seconds: number
}

/** Body of a batch: a view of its own device that starts with `seq` 0 and then sends heartbeats 10 ms apart. */
export function viewBatch(of: { view: number; seq: number; writeKey: string; now: number }): string {
  const { view, seq, now } = of
  return JSON.stringify({
    v: 1,
    key: of.writeKey,
    sentAt: now,
    sdk: { name: 'foyer-web', version: '0.1.0' },
    context: {
      viewId: `b8-view-${view}`,
      deviceId: `b8-device-${view}`,
      content: { id: `title-${view % 200}`, kind: 'vod', durationMs: 6_000_000 },
      player: { name: 'hls.js', version: '1.7.4' },
      device: { class: 'tv', platform: 'tizen', vendor: 'Samsung', model: 'QE55', os: 'Tizen 7' },
    },
    events: Array.from({ length: EVENTS_PER_BATCH }, (_, index) => ({
      type: TYPES[seq + index] ?? 'heartbeat',
      seq: seq + index,
      ts: now - 10 * (EVENTS_PER_BATCH - index),
      monoMs: 10 * (seq + index),
      positionMs: 10 * (seq + index),
      playedMs: 10,
      stalledMs: 0,
      bufferMs: 28_400,
      framesDecoded: 250,
      framesDropped: 0,
      bandwidthKbps: 14_250.5,
      bitrateKbps: 6_000,
      playerWidthPx: 1_920,
      playerHeightPx: 1_080,
    })),
  })
}

/** How a view begins. */
const TYPES = ['play', 'first_frame']
