/** What players send: a batch of 20 events of about 435 bytes each, as `examples` of the native wire have them. */
export const EVENTS_PER_BATCH = 20
export const WRITE_KEY = 'wk_bench_0123456789abcdefghij'

/** Body of one request, for the `index`th viewer. */
export function batchBody(index: number, now: number): string {
  const id = index.toString(16).padStart(12, '0')
  return JSON.stringify({
    v: 1,
    key: WRITE_KEY,
    sentAt: now,
    sdk: { name: 'foyer-web', version: '0.1.0' },
    context: {
      viewId: `01939f5e-7c2a-7b3e-9d4f-${id}`,
      deviceId: `9f1b2c3d-4e5f-4a6b-8c7d-${id}`,
      visitId: `01939f5e-7c2a-7b3e-8d4f-${id}`,
      content: { id: 'tt0113277', kind: 'vod', title: 'Heat', durationMs: 10_200_000 },
      player: { name: 'hls.js', version: '1.7.4' },
      device: { class: 'tv', platform: 'tizen', vendor: 'Samsung', model: 'QE55', os: 'Tizen 7' },
      app: { version: '4.2.0' },
      page: { url: 'https://cinema.example/watch/tt0113277', referrer: 'https://cinema.example/home' },
      consentMask: 31,
    },
    events: Array.from({ length: EVENTS_PER_BATCH }, (_, seq) => ({
      type: 'heartbeat',
      seq,
      ts: now - (EVENTS_PER_BATCH - seq) * 10_000,
      monoMs: seq * 10_000 + 305.6,
      positionMs: seq * 10_000,
      rate: 1,
      ranges: [[seq * 10_000, (seq + 1) * 10_000]],
      playedMs: 10_000,
      stalledMs: 0,
      bufferMs: 28_400,
      framesDecoded: 250,
      framesDropped: 0,
      bandwidthKbps: 14_250.5,
      isVisible: true,
      isMuted: false,
      volume: 0.8,
      playerWidthPx: 1920,
      playerHeightPx: 1080,
      bitrateKbps: 6_000,
      codec: 'avc1.640028',
      drm: 'com.widevine.alpha',
      cdnPop: 'mad-1',
      sessionState: 'playing-full-window',
    })),
  })
}
