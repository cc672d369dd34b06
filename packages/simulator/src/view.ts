import type { PlaybackBatch, PlaybackEvent } from '@foyer/contracts'
import { PLANTED } from './planted.ts'
import type { Random } from './random.ts'

/** What somebody sets out to play, and how it goes. */
export interface ViewPlan {
  readonly viewId: string
  readonly deviceId: string
  readonly content: { readonly id: string; readonly kind: 'vod' | 'live'; readonly durationMs: number | null }
  /** Epoch ms. */
  readonly startedAt: number
  /** Wall time after which it has ended, whatever happens. */
  readonly wallMsMax: number
  /** How much of the content is wanted, ms. */
  readonly wantedMs: number
  readonly cdn: (typeof PLANTED.cdns)[number]
  /** Purposes that the viewer left; absent: all that the app has. */
  readonly consentMask?: number
  /** A heartbeat this often while playing, ms; without: none, and no renditions, as in a history that is kept small. */
  readonly heartbeatMs?: number
  /** A machine's: what is wanted is played in one go, and nothing else happens. */
  readonly isBrief?: boolean
}

/** One playback as its player would report it, with what is true of it by construction. */
export interface PlayedView {
  readonly context: PlaybackBatch['context']
  readonly events: readonly PlaybackEvent[]
  /** When its last event happened, epoch ms. */
  readonly endedAt: number
  /** Stretches in the playing state: epoch ms of their beginning, and their length. */
  readonly played: readonly { readonly at: number; readonly ms: number }[]
  /** Whether 5 s were played in one go. */
  readonly isStream: boolean
  readonly stalledMs: number
  readonly stalls: number
  /** How often the planted scene was played from its beginning to its end. */
  readonly scenePasses: number
}

const KBPS = [800, 1_600, 3_200, 5_200]
const ABANDONED_CHANCE = 0.03
/** Kept free at the end of `wallMsMax`, for what follows the last stretch. */
const MARGIN_MS = 2_000
const STREAM_MS = 5_000

/** Plays it: start-up, stretches of play between pauses, seeks and stalls, and an end. */
export function playView(random: Random, plan: ViewPlan): PlayedView {
  const player = openPlayer(random, plan)
  if (plan.isBrief) return playBriefly(player, plan)
  const isAbandoned = random.chance(ABANDONED_CHANCE)
  player.emit('player_loaded', { loadMs: random.integer(60, 900) })
  player.wait(random.integer(80, 400))
  player.emit('play')
  const startupMs = Math.min(6_000, Math.round(random.around(plan.cdn.isBad ? 2_400 : 900, 0.5)))
  player.wait(startupMs)
  if (!isAbandoned) {
    player.emit('first_frame', { startupMs })
    if (plan.heartbeatMs !== undefined) player.emit('rendition', { bitrateKbps: player.kbps })
    if (plan.content.id === PLANTED.scene.contentId) playScene(random, player, plan)
    playOn(random, player, plan)
    player.tellLoaded()
    if (player.hasReachedEnd()) player.emit('ended')
  }
  player.emit('view_end', { reason: isAbandoned ? 'pagehide' : 'stop' })
  return player.result()
}

function playBriefly(player: Player, plan: ViewPlan): PlayedView {
  player.emit('play')
  player.wait(100)
  player.emit('first_frame', { startupMs: 100 })
  player.play(plan.wantedMs)
  player.tellLoaded()
  player.emit('view_end', { reason: 'next' })
  return player.result()
}

/** Up to the end of the scene that people go back to, and back as often as they do. */
function playScene(random: Random, player: Player, plan: ViewPlan): void {
  const { fromMs, toMs, rewatchChance, repeatsMax } = PLANTED.scene
  if (plan.wantedMs < toMs || player.leftMs() < toMs + repeatsMax * (toMs - fromMs + 1_000)) return
  player.play(toMs)
  player.countScene()
  for (let repeat = 0; repeat < repeatsMax && random.chance(rewatchChance); repeat++) {
    player.seek(fromMs, random.integer(150, 900))
    player.play(toMs - fromMs)
    player.countScene()
  }
}

function playOn(random: Random, player: Player, plan: ViewPlan): void {
  const stalls = plan.cdn.isBad ? random.integer(1, 3) : random.chance(0.06) ? 1 : 0
  const breaks = random.weighted([
    [0, 5],
    [1, 3],
    [2, 1],
  ] as const)
  const interruptions = random.shuffled([
    ...Array.from({ length: stalls }, () => 'stall' as const),
    ...Array.from({ length: breaks }, () =>
      random.pick(
        plan.content.kind === 'live' ? (['pause'] as const) : (['pause', 'pause', 'seek'] as const),
      ),
    ),
  ])
  for (let index = 0; index <= interruptions.length; index++) {
    const restMs = plan.wantedMs - player.positionMs()
    if (restMs <= 0 || player.leftMs() <= 0) return
    player.play(Math.max(1_500, Math.round(restMs / (interruptions.length - index + 1))))
    const interruption = interruptions[index]
    if (interruption) interrupt(random, player, plan, interruption)
  }
}

function interrupt(random: Random, player: Player, plan: ViewPlan, kind: 'pause' | 'seek' | 'stall'): void {
  if (player.leftMs() < 60_000) return
  if (kind === 'stall') {
    player.stall(Math.round(Math.min(20_000, random.around(plan.cdn.isBad ? 6_000 : 2_000, 0.6))))
  } else if (kind === 'pause') {
    player.emit('pause')
    player.wait(Math.round(Math.min(player.leftMs() / 2, random.around(45_000, 1))))
    player.emit('resume')
    player.emit('playing')
  } else {
    // Forward only: what the scene of the catalogue shows twice is planted, not chance.
    const to = Math.min(plan.wantedMs, player.positionMs() + random.pick([10_000, 30_000, 120_000]))
    player.seek(to, random.integer(150, 900))
  }
}

interface Player {
  readonly kbps: number
  emit(type: string, fields?: Partial<PlaybackEvent>): void
  wait(ms: number): void
  play(ms: number): void
  stall(ms: number): void
  seek(toMs: number, tookMs: number): void
  positionMs(): number
  /** Wall time that is left. */
  leftMs(): number
  /** Says what was loaded since it was said last. */
  tellLoaded(): void
  hasReachedEnd(): boolean
  countScene(): void
  result(): PlayedView
}

function openPlayer(random: Random, plan: ViewPlan): Player {
  const { startedAt, content, heartbeatMs } = plan
  const kbps = random.pick(KBPS)
  const durationMs = content.durationMs ?? Number.POSITIVE_INFINITY
  const events: PlaybackEvent[] = []
  const played: { at: number; ms: number }[] = []
  let monoMs = 0
  let positionMs = 0
  let runMs = 0
  let isStream = false
  let stalledMs = 0
  let stalls = 0
  let scenePasses = 0
  /** What was loaded and not yet told: with each heartbeat, or once at the end of a view without them. */
  let loadedMs = 0

  function emit(type: string, fields: Partial<PlaybackEvent> = {}): void {
    events.push({
      type,
      seq: events.length,
      ts: startedAt + monoMs,
      monoMs,
      // On live the position is the time of the programme at the playhead.
      positionMs: content.kind === 'live' ? startedAt + positionMs : positionMs,
      rate: 1,
      ...fields,
    })
  }

  function wait(ms: number): void {
    monoMs += ms
    runMs = 0
  }

  function advance(ms: number): void {
    played.push({ at: startedAt + monoMs, ms })
    monoMs += ms
    positionMs += ms
    runMs += ms
    if (runMs >= STREAM_MS) isStream = true
  }

  function tellLoaded(): void {
    if (loadedMs === 0) return
    emit('request', {
      bytes: Math.round((loadedMs * kbps) / 8),
      requests: Math.ceil(loadedMs / 6_000),
      durationMs: Math.round(loadedMs / 4),
    })
    loadedMs = 0
  }

  const leftMs = (): number => plan.wallMsMax - MARGIN_MS - monoMs

  return {
    kbps,
    emit,
    wait,
    play(wishedMs) {
      let restMs = Math.max(0, Math.min(wishedMs, leftMs(), durationMs - positionMs))
      if (restMs === 0) return
      if (heartbeatMs === undefined) {
        loadedMs += restMs
        advance(restMs)
        return
      }
      while (restMs > 0) {
        const ms = Math.min(restMs, heartbeatMs)
        const from = positionMs
        loadedMs += ms
        advance(ms)
        emit('heartbeat', { playedMs: ms, stalledMs: 0, ranges: [[from, positionMs]], bufferMs: 18_000 })
        tellLoaded()
        restMs -= ms
      }
    },
    stall(ms) {
      emit('stall_start')
      wait(ms)
      emit('stall_end', { durationMs: ms })
      stalls += 1
      stalledMs += ms
    },
    seek(toMs, tookMs) {
      const fromMs = positionMs
      emit('seek_start', { fromMs })
      wait(tookMs)
      positionMs = toMs
      emit('seek_end', { fromMs, toMs, durationMs: tookMs })
    },
    positionMs: () => positionMs,
    leftMs,
    tellLoaded,
    hasReachedEnd: () => positionMs >= durationMs,
    countScene: () => void (scenePasses += 1),
    result: () => ({
      context: {
        viewId: plan.viewId,
        deviceId: plan.deviceId,
        content,
        player: { name: 'simulated', version: '2' },
        app: { version: '3.2.0' },
        cdn: plan.cdn.name,
        ...(plan.consentMask === undefined ? {} : { consentMask: plan.consentMask }),
      },
      events,
      endedAt: startedAt + monoMs,
      played,
      isStream,
      stalledMs,
      stalls,
      scenePasses,
    }),
  }
}
