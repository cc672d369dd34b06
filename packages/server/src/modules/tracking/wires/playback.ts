import { playbackEnvelope, playbackEvent, PLAYBACK_LIMITS, type RefusedEvent } from '@foyer/contracts'
import type { PlaybackBatch, PlaybackContext, PlaybackEvent } from '@foyer/contracts'
import { Problem } from '../../../platform/errors.ts'
import { compileCheck } from '../intake-check.ts'
import { DEPTH_MAX, isDeeperThan, isJsonLargerThan, maskTree } from '../mask.ts'
import { isPlainlyClean } from '../mask-scan.ts'
import { clockOffset, refuseTime, safeId, type Wire, type WireBody, type WireContext } from './wire.ts'

const checkEnvelope = compileCheck(playbackEnvelope)
const checkEvent = compileCheck(playbackEvent)

/** The native wire, `POST /v1/playback`: one batch of one view. What it takes mostly goes on as the bytes that came. */
export const readPlayback: Wire = (body, context) => {
  const batch = envelopeOf(body.json)
  const { viewId, viewerToken = null } = batch.context
  const clockOffsetMs = clockOffset(context.receivedAt, batch.sentAt)
  const isClean = blankSecrets(body.bytes, batch) && isPlainlyClean(body.bytes)
  if (!isClean && isDeeperThan({ ...batch, events: null }, DEPTH_MAX))
    throw new Problem('request.invalid', `The body is nested more than ${DEPTH_MAX} levels deep.`)

  const suspicion: Suspicion = {
    isDeep: !isClean,
    isLarge: body.bytes.length > PLAYBACK_LIMITS.eventBytesMax,
  }
  const refused: RefusedEvent[] = []
  for (let index = 0; index < batch.events.length; index++) {
    const event: unknown = batch.events[index]
    const fault = faultOf(event, suspicion) ?? badTime(event as PlaybackEvent, clockOffsetMs, context)
    if (fault) refused.push({ index, ...messageIdOf(viewId, event), ...fault })
  }

  const events = batch.events.length - refused.length
  if (events === 0) return { receivedAt: context.receivedAt, clockOffsetMs, refused, parts: [] }
  const bytes = isClean && refused.length === 0 ? body.bytes : rewrite(batch, refused, context)
  return {
    receivedAt: context.receivedAt,
    clockOffsetMs,
    refused,
    parts: [{ viewerToken, events, body: bytes }],
  }
}

/** The batch; its events are still to be checked. Throws Problem for what concerns all of them. */
function envelopeOf(json: WireBody['json']): PlaybackBatch {
  const fault = checkEnvelope(json)
  if (fault) {
    const { field = 'body', message } = fault
    throw new Problem('request.invalid', `${field}: ${message}`, { errors: [{ field, message }] })
  }
  const batch = json as PlaybackBatch
  if (batch.events.length > PLAYBACK_LIMITS.eventsMax) {
    throw new Problem(
      'batch.too_many_events',
      `At most ${PLAYBACK_LIMITS.eventsMax} events are taken at once.`,
    )
  }
  return batch
}

/** What an event must be measured for; mostly the whole body is small and flat enough. */
interface Suspicion {
  readonly isDeep: boolean
  readonly isLarge: boolean
}

type EventFault = Omit<RefusedEvent, 'index' | 'messageId'>

function faultOf(event: unknown, suspicion: Suspicion): EventFault | null {
  const fault = checkEvent(event)
  if (fault) return { code: 'event.invalid', ...fault }
  if (suspicion.isDeep && isDeeperThan(event, DEPTH_MAX - 2))
    return { code: 'event.invalid', message: 'nested too deep' }
  if (suspicion.isLarge && isJsonLargerThan(event, PLAYBACK_LIMITS.eventBytesMax))
    return { code: 'event.too_large', message: `larger than ${PLAYBACK_LIMITS.eventBytesMax} bytes` }
  return null
}

function badTime(event: PlaybackEvent, clockOffsetMs: number, context: WireContext): EventFault | null {
  const fault = refuseTime(event.ts, clockOffsetMs, context)
  return fault && { field: 'ts', ...fault }
}

function messageIdOf(viewId: string, event: unknown): { messageId?: string } {
  const seq = (event as { seq?: unknown } | null)?.seq
  return typeof seq === 'number' ? { messageId: `${viewId}:${seq}` } : {}
}

/**
 * Overwrites key and token where they stand in the bytes. False when one has a form that might also stand outside a
 * string, or is escaped: then the body is written anew without them.
 */
function blankSecrets(bytes: Buffer, batch: PlaybackBatch): boolean {
  const { viewerToken } = batch.context
  return (
    blank(bytes, batch.key, KEY_FORM) &&
    blank(bytes, batch['writeKey'], KEY_FORM) &&
    blank(bytes, viewerToken, TOKEN_FORM)
  )
}

const KEY_FORM = /^[a-z]+_[\w-]{12,}$/i
const TOKEN_FORM = /^[\w-]{2,}\.[\w-]{2,}\.[\w-]{2,}$/
const STAR = 0x2a

function blank(bytes: Buffer, secret: unknown, form: RegExp): boolean {
  if (secret === undefined || secret === null) return true
  if (typeof secret !== 'string' || !form.test(secret)) return false
  let at = bytes.indexOf(secret, 0, 'latin1')
  if (at < 0) return false
  for (; at >= 0; at = bytes.indexOf(secret, at, 'latin1')) bytes.fill(STAR, at, at + secret.length)
  return true
}

/** The batch without what was refused, key and token, and masked. */
function rewrite(batch: PlaybackBatch, refused: readonly RefusedEvent[], { vault }: WireContext): Buffer {
  const isRefused = new Set(refused.map((event) => event.index))
  const { viewerToken: _, ...context } = batch.context
  const ids: Partial<PlaybackContext> = {}
  for (const name of ['viewId', 'deviceId', 'anonymousId', 'visitId'] as const) {
    const id = context[name]
    if (id !== undefined) ids[name] = safeId(id, vault)
  }
  const kept = {
    v: batch.v,
    sentAt: batch.sentAt,
    ...(batch.sdk && { sdk: batch.sdk }),
    context,
    events: batch.events.filter((_, index) => !isRefused.has(index)),
  }
  maskTree(kept)
  Object.assign(kept.context, ids)
  return Buffer.from(JSON.stringify(kept))
}
