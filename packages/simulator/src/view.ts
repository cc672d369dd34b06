import type { PlaybackBatch, PlaybackEvent } from '@foyer/contracts'
import type { SimulatedDevice, SimulatedViewer } from './audience.ts'
import type { SimulatedChannel, SimulatedTitle } from './catalogue.ts'
import type { Random } from './random.ts'

/** One playback as its player would report it, with what is true of it. */
export interface SimulatedView {
  readonly viewer: SimulatedViewer
  readonly device: SimulatedDevice
  readonly contentId: string
  readonly startedAt: number
  /** When the batch reaches the server: its last event and a moment. */
  readonly receivedAt: number
  readonly batch: PlaybackBatch
  /** Wall time in the playing state, by construction. */
  readonly playedMs: number
  /** Whether 5 s were played in one go. */
  readonly isStream: boolean
}

const KBPS = [800, 1_600, 3_200, 5_200]

/** Plays a title or a channel: start-up, stretches of play between pauses, seeks and a stall now and then, and an end. */
export function simulateView(
  random: Random,
  options: {
    viewer: SimulatedViewer
    device: SimulatedDevice
    startedAt: number
    title?: SimulatedTitle
    channel?: SimulatedChannel
  },
): SimulatedView {
  const { device, startedAt, title, channel } = options
  const events: PlaybackEvent[] = []
  const durationMs = title?.durationMs ?? 4 * 3_600_000
  const kbps = random.pick(KBPS)
  let monoMs = 0
  let positionMs = 0
  let playedMs = 0
  let longestMs = 0

  function emit(type: string, fields: Partial<PlaybackEvent> = {}): void {
    events.push({
      type,
      seq: events.length,
      ts: startedAt + monoMs,
      monoMs,
      positionMs: channel ? startedAt + positionMs : positionMs,
      rate: 1,
      ...fields,
    })
  }
  function play(ms: number): void {
    monoMs += ms
    positionMs += ms
    playedMs += ms
    longestMs = Math.max(longestMs, ms)
    emit('request', { bytes: Math.round((ms * kbps) / 8) })
  }
  function wait(ms: number): void {
    monoMs += ms
  }

  emit('player_loaded')
  wait(random.integer(80, 400))
  emit('play')
  wait(Math.round(random.around(900, 0.6)))
  const isAbandoned = random.chance(0.03)
  if (!isAbandoned) {
    emit('first_frame')
    emit('playing')
    emit('rendition', { bitrateKbps: kbps })
    const targetMs = Math.round(durationMs * (random.chance(0.55) ? 1 : random.next()))
    const stretches = random.integer(1, 3)
    for (let stretch = 0; stretch < stretches && positionMs < targetMs; stretch++) {
      play(Math.max(1_500, Math.round((targetMs - positionMs) / (stretches - stretch))))
      if (stretch === stretches - 1) break
      interrupt(random, {
        emit,
        wait,
        kbps,
        position: () => positionMs,
        seekTo: (to) => (positionMs = to),
        targetMs,
      })
    }
    if (title && positionMs >= durationMs) emit('ended')
  }
  emit('view_end', { reason: isAbandoned ? 'pagehide' : 'stop' })
  return {
    viewer: options.viewer,
    device,
    contentId: (title ?? channel)!.id,
    startedAt,
    receivedAt: startedAt + monoMs + 250,
    playedMs,
    isStream: longestMs >= 5_000,
    batch: {
      v: 1,
      sentAt: startedAt + monoMs + 200,
      sdk: { name: 'foyer-simulator', version: '0.1.0' },
      context: {
        viewId: `view-${random.hex(24)}`,
        deviceId: device.deviceId,
        content: {
          id: (title ?? channel)!.id,
          kind: channel ? 'live' : 'vod',
          ...(title ? { durationMs } : {}),
        },
        player: { name: 'simulated', version: '1' },
        app: { version: random.pick(['3.1.0', '3.2.0']) },
      },
      events,
    },
  }
}

interface Playhead {
  emit(type: string, fields?: Partial<PlaybackEvent>): void
  wait(ms: number): void
  position(): number
  seekTo(positionMs: number): void
  readonly kbps: number
  readonly targetMs: number
}

/** What comes between two stretches of play: a pause, a seek, or a stall. */
function interrupt(random: Random, playhead: Playhead): void {
  const kind = random.weighted([
    ['pause', 5],
    ['seek', 3],
    ['stall', 2],
  ] as const)
  if (kind === 'pause') {
    playhead.emit('pause')
    playhead.wait(Math.round(random.around(45_000, 1)))
    playhead.emit('resume')
  } else if (kind === 'seek') {
    const from = playhead.position()
    const to = Math.max(
      0,
      Math.min(playhead.targetMs, from + random.pick([-30_000, 10_000, 30_000, 120_000])),
    )
    playhead.emit('seek_start', { fromMs: from })
    playhead.wait(random.integer(150, 900))
    playhead.seekTo(to)
    playhead.emit('seek_end', { fromMs: from, toMs: to })
  } else {
    playhead.emit('stall_start')
    playhead.wait(Math.round(random.around(2_500, 0.8)))
    playhead.emit('stall_end')
  }
  playhead.emit('playing')
}
