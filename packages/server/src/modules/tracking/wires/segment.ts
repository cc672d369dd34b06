import {
  instant,
  segmentBatch,
  segmentMessage,
  SEGMENT_LIMITS,
  type RefusedEvent,
  type SegmentInput,
  type SegmentType,
} from '@foyer/contracts'
import { Problem } from '../../../platform/errors.ts'
import type { SegmentBody, SegmentMessage } from '../envelope.ts'
import { compileCheck } from '../intake-check.ts'
import { DEPTH_MAX, isDeeperThan, isJsonLargerThan, maskValue } from '../mask.ts'
import { maskContext } from './segment-mask.ts'
import { clockOffset, refuseTime, safeId, type Wire, type WireContext, type WirePart } from './wire.ts'

const checkBatch = compileCheck(segmentBatch)
const checkMessage = compileCheck(segmentMessage)

/**
 * The Segment HTTP API: `type` is the kind that the address names, null for a batch. Every message is written anew, in
 * the one form of `SegmentMessage`.
 */
export function readSegment(type: SegmentType | null): Wire {
  return (body, context) => {
    const { messages, shared } =
      type === null ? messagesOf(body.json) : { messages: [body.json], shared: body.json }
    const sentAt = timeOf(shared['sentAt']) ?? timeOf((messages[0] as Input | null)?.['sentAt'])
    const clockOffsetMs = clockOffset(context.receivedAt, typeof sentAt === 'number' ? sentAt : null)
    const reader: Reader = {
      ...context,
      type,
      clockOffsetMs,
      sharedContext: objectOf(shared['context']),
      sealed: new Map(),
    }

    const refused: RefusedEvent[] = []
    const taken = new Map<string | null, SegmentMessage[]>()
    for (const [index, input] of messages.entries()) {
      const verdict = readMessage(input, reader)
      if ('fault' in verdict) refused.push({ index, ...messageIdOf(input), ...verdict.fault })
      else {
        const token = tokenOf(input as Input, shared)
        const part = taken.get(token)
        if (part) part.push(verdict.message)
        else taken.set(token, [verdict.message])
      }
    }
    return { receivedAt: context.receivedAt, clockOffsetMs, refused, parts: [...taken].map(toPart) }
  }
}

type Input = Record<string, unknown>

interface Reader extends WireContext {
  readonly type: SegmentType | null
  readonly clockOffsetMs: number
  /** Context that holds for every message of the batch. */
  readonly sharedContext: Input | null
  /** User ids sealed already: a server's batch is often of one person. */
  readonly sealed: Map<string, string>
}

function messagesOf(json: Input): { messages: readonly unknown[]; shared: Input } {
  const fault = checkBatch(json)
  if (fault) {
    const { field = 'body', message } = fault
    throw new Problem('request.invalid', `${field}: ${message}`, { errors: [{ field, message }] })
  }
  const messages = json['batch'] as readonly unknown[]
  if (messages.length > SEGMENT_LIMITS.eventsMax)
    throw new Problem(
      'batch.too_many_events',
      `At most ${SEGMENT_LIMITS.eventsMax} messages are taken at once.`,
    )
  return { messages, shared: json }
}

type EventFault = Omit<RefusedEvent, 'index' | 'messageId'>

function readMessage(input: unknown, reader: Reader): { message: SegmentMessage } | { fault: EventFault } {
  if (input === null || typeof input !== 'object' || Array.isArray(input))
    return { fault: { code: 'event.invalid', message: 'a message is an object' } }
  if (isDeeperThan(input, DEPTH_MAX - 2) || isDeeperThan(reader.sharedContext, DEPTH_MAX - 2))
    return { fault: { code: 'event.invalid', message: 'nested too deep' } }
  if (isJsonLargerThan(input, SEGMENT_LIMITS.eventBytesMax))
    return {
      fault: { code: 'event.too_large', message: `larger than ${SEGMENT_LIMITS.eventBytesMax} bytes` },
    }

  const typed: Input = reader.type === null ? (input as Input) : { ...input, type: reader.type }
  const fault = checkMessage(typed) ?? missingOf(typed as SegmentInput)
  if (fault) return { fault: { code: 'event.invalid', ...fault } }
  const message = typed as SegmentInput
  const field = message.originalTimestamp ? 'originalTimestamp' : 'timestamp'
  const deviceTs = timeOf(message[field]) ?? reader.receivedAt - reader.clockOffsetMs
  if (deviceTs === 'bad')
    return { fault: { code: 'event.invalid', field, message: 'not an RFC 3339 time between 1900 and 2300' } }
  const badTime = refuseTime(deviceTs, reader.clockOffsetMs, reader)
  if (badTime) return { fault: { field, ...badTime } }
  return { message: normalise(message, deviceTs, reader) }
}

function missingOf(message: SegmentInput): { field: string; message: string } | null {
  if (message.type === 'track' && !message.event)
    return { field: 'event', message: 'a track message names its event' }
  if (idOf(message.userId) === null && idOf(message.anonymousId) === null)
    return { field: 'userId', message: 'userId or anonymousId is needed' }
  return null
}

function normalise(message: SegmentInput, deviceTs: number, reader: Reader): SegmentMessage {
  const context: Input = { ...reader.sharedContext, ...message.context }
  const isAboutTraits = message.type === 'identify' || message.type === 'group'
  const traits: Input = isAboutTraits ? { ...objectOf(context['traits']), ...message.traits } : {}
  const userId = idOf(message.userId)
  const previousId = idOf(message.previousId)
  const anonymousId = idOf(message.anonymousId)
  const groupId = idOf(message.groupId)
  return {
    type: message.type,
    messageId: message.messageId ? safeId(message.messageId, reader.vault) : reader.newMessageId(),
    deviceTs,
    ...(anonymousId !== null && { anonymousId: safeId(anonymousId, reader.vault) }),
    ...(userId !== null && { sealedUserId: seal(userId, reader) }),
    ...(previousId !== null && { sealedPreviousId: seal(previousId, reader) }),
    ...(Object.keys(traits).length > 0 && {
      sealedTraits: reader.vault.sealForIntake(JSON.stringify(traits)),
    }),
    ...(groupId !== null && { groupId: safeId(groupId, reader.vault) }),
    ...(message.event && { event: maskValue('', message.event) as string }),
    ...(message.name && { name: maskValue('', message.name) as string }),
    ...(message.category && { category: maskValue('', message.category) as string }),
    ...(message.properties && { properties: maskValue('', message.properties) as Input }),
    context: maskContext(context),
  }
}

function seal(id: string, reader: Reader): string {
  const known = reader.sealed.get(id)
  if (known !== undefined) return known
  const sealed = reader.vault.sealForIntake(id)
  reader.sealed.set(id, sealed)
  return sealed
}

function toPart([viewerToken, batch]: readonly [string | null, readonly SegmentMessage[]]): WirePart {
  const body: SegmentBody = { batch }
  return { viewerToken, events: batch.length, body: Buffer.from(JSON.stringify(body)) }
}

/** An id as text; null for those that clients send for none. */
function idOf(id: string | number | null | undefined): string | null {
  if (id === null || id === undefined) return null
  const text = String(id).trim()
  return text === '' ? null : text
}

const EPOCH_MIN = -2_208_988_800_000
const EPOCH_MAX = 10_413_792_000_000

/** Epoch ms of a time as clients write it; null when there is none. */
function timeOf(time: unknown): number | 'bad' | null {
  if (time === null || time === undefined || time === '') return null
  const epoch = typeof time === 'number' ? time : parseTime(time)
  return epoch >= EPOCH_MIN && epoch <= EPOCH_MAX ? epoch : 'bad'
}

/** RFC 3339, also with `+0100` for `+01:00`; NaN for anything else. */
function parseTime(time: unknown): number {
  if (typeof time !== 'string') return Number.NaN
  const text = time.replace(/([+-]\d\d)(\d\d)$/, '$1:$2')
  return instant.safeParse(text).success ? Date.parse(text) : Number.NaN
}

function tokenOf(message: Input, shared: Input): string | null {
  for (const holder of [message['context'], message, shared['context'], shared]) {
    const token = objectOf(holder)?.['viewerToken']
    if (typeof token === 'string' && token !== '') return token
  }
  return null
}

function messageIdOf(input: unknown): { messageId?: string } {
  const messageId = objectOf(input)?.['messageId']
  return typeof messageId === 'string' ? { messageId } : {}
}

function objectOf(value: unknown): Input | null {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Input) : null
}
