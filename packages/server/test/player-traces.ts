import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PlaybackBatch, PlaybackEvent } from '@foyer/contracts'
import { realInputFolder } from './real-inputs.ts'

/**
 * The recorded player traces, a real input (`withRealInput('player-traces')`), translated from the draft vocabulary in
 * which they were recorded (`mono`, `pos`, bit/s) into the wire's.
 */
export const TRACE_NAMES = [
  'clean-play',
  'pause-resume-rate-volume',
  'rebuffer',
  'seek-heavy',
  'aborted-start',
  'error-manifest-404',
  'tab-close-beacon',
] as const

export type TraceName = (typeof TRACE_NAMES)[number]

/** Events of a trace as the wire has them. */
export function readTrace(name: TraceName): PlaybackEvent[] {
  return readFileSync(join(realInputFolder('player-traces'), `${name}.native.jsonl`), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => toWire(JSON.parse(line) as DraftEvent))
}

/** A trace as the batches of one view that its player would have sent, `size` events each. */
export function traceBatches(
  name: TraceName,
  options: { viewId: string; deviceId: string; contentId: string; size?: number },
): PlaybackBatch[] {
  const events = readTrace(name)
  const size = options.size ?? 30
  const batches: PlaybackBatch[] = []
  for (let from = 0; from < events.length; from += size) {
    const part = events.slice(from, from + size)
    batches.push({
      v: 1,
      sentAt: part.at(-1)!.ts,
      context: {
        viewId: options.viewId,
        deviceId: options.deviceId,
        content: { id: options.contentId, kind: 'vod' },
      },
      events: part,
    })
  }
  return batches
}

interface DraftEvent {
  type: string
  seq: number
  ts: number
  mono: number
  pos: number | null
  rate: number
  [field: string]: unknown
}

/** Draft fields that only changed their name. */
const RENAMED: Readonly<Record<string, string>> = {
  from: 'fromMs',
  ms: 'durationMs',
  ttfb: 'ttfbMs',
  height: 'heightPx',
  fatal: 'isFatal',
  http: 'httpStatus',
  n: 'gestures',
}

function toWire({ mono, pos, bitrate, bwe, cont: _cont, up: _up, ...draft }: DraftEvent): PlaybackEvent {
  const event: Record<string, unknown> = { monoMs: mono, positionMs: pos }
  for (const [field, value] of Object.entries(draft)) event[RENAMED[field] ?? field] = value
  if (typeof bitrate === 'number') event['bitrateKbps'] = bitrate / 1_000
  if (typeof bwe === 'number') event['bandwidthKbps'] = bwe / 1_000
  return event as PlaybackEvent
}
