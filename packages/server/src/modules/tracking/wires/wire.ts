import type { RefusedEvent } from '@foyer/contracts'
import { maskPersonalInId } from '../../../platform/personal.ts'
import type { Vault } from '../../../platform/vault/index.ts'
import { isAddress } from '../mask-address.ts'

/**
 * A wire reads one request's body: it tells which events are taken and which are refused and why, and makes of the former
 * the bytes that go into the journal, in which nothing names a person.
 */
export type Wire = (body: WireBody, context: WireContext) => WireBatch

export interface WireBody {
  /** As received, after decompression. The wire may write into it. */
  readonly bytes: Buffer
  /** The same, parsed. The wire may change it. */
  readonly json: Record<string, unknown>
}

export interface WireContext {
  /** Server clock, epoch ms. */
  readonly receivedAt: number
  readonly eventAgeMsMax: number
  readonly eventFutureMsMax: number
  readonly vault: Pick<Vault, 'sealForIntake' | 'pseudonym'>
  /** Draws an id for a message that has none. */
  newMessageId(): string
}

export interface WireBatch {
  readonly receivedAt: number
  /** See `EntryHeader.clockOffsetMs`. */
  readonly clockOffsetMs: number
  readonly refused: readonly RefusedEvent[]
  /** What was taken, apart by viewer token: none when all was refused, mostly one. */
  readonly parts: readonly WirePart[]
}

export interface WirePart {
  readonly viewerToken: string | null
  /** Events in it. */
  readonly events: number
  /** JSON: the body of the journal entry. */
  readonly body: Uint8Array
}

/** Difference of two clocks up to which a device's is taken as right, ms: what a request is under way. */
const CLOCK_TOLERANCE_MS = 2_000

/** See `EntryHeader.clockOffsetMs`. */
export function clockOffset(receivedAt: number, sentAt: number | null): number {
  const offset = sentAt === null ? 0 : Math.round(receivedAt - sentAt)
  return Math.abs(offset) > CLOCK_TOLERANCE_MS ? offset : 0
}

/** Why an event is refused for its time; null when it is not. */
export function refuseTime(
  deviceTs: number,
  clockOffsetMs: number,
  context: WireContext,
): Pick<RefusedEvent, 'code' | 'message'> | null {
  const aheadMs = deviceTs + clockOffsetMs - context.receivedAt
  if (-aheadMs > context.eventAgeMsMax) {
    return { code: 'event.too_old', message: `older than ${hours(context.eventAgeMsMax)} when received` }
  }
  if (aheadMs > context.eventFutureMsMax) {
    return {
      code: 'event.in_future',
      message: `more than ${hours(context.eventFutureMsMax)} ahead when received`,
    }
  }
  return null
}

function hours(ms: number): string {
  return `${Math.round((ms / 3_600_000) * 10) / 10} h`
}

/** An id that a client chose; in place of one that is a person's or a machine's address, or a number, a pseudonym that repeats. */
export function safeId(id: string, vault: Pick<Vault, 'pseudonym'>): string {
  return !isAddress(id) && maskPersonalInId(id) === id ? id : vault.pseudonym('clientId', id)
}
