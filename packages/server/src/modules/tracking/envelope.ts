import type { PlaybackBatch } from '@foyer/contracts'
import type { Subject } from '../../platform/ids.ts'

/**
 * An entry of the JOURNAL: one accepted request, as the intake (or an importer) leaves it for the recorder.
 *
 *     4 bytes   length of the header, big-endian
 *     n bytes   header, JSON
 *     the rest  body, JSON; its shape follows from `header.wire`
 *
 * The header says once what holds for the whole request, so that the body can stay the bytes that the client sent
 * whenever nothing in them had to be cut or sealed. Nothing readable in an entry names a person: traits and user ids
 * are sealed under the intake key, addresses truncated, keys and tokens removed.
 */
export interface EntryHeader {
  readonly v: typeof ENTRY_VERSION
  /** Which shape the body has; see `PlaybackBody`, `SegmentBody`. `import` and `fact` are shaped by who writes them. */
  readonly wire: EntryWire
  /** Server clock when the request was complete, epoch ms. */
  readonly receivedAt: number
  /**
   * What to add to a device's times to get ours, ms: receipt less `sentAt` where they differ by more than 2 s, else 0.
   * An event happened at `min(deviceTs + clockOffsetMs, receivedAt)`; see `correctedTime`.
   */
  readonly clockOffsetMs: number
  /** Id of the app whose write key was used. */
  readonly app: string
  /** Id of the app's service. */
  readonly service: string
  /** `server`: a secret key, whose user ids and traits are believed. `browser`: public by nature. */
  readonly keyKind: 'browser' | 'server'
  /** The sender's address, truncated to IPv4 /24 or IPv6 /48 (`203.0.113.0`); null when unknown. */
  readonly address: string | null
  /** The User-Agent header, at most 512 characters, without e-mail addresses. */
  readonly userAgent: string | null
  /** Purposes that the app allows by default, narrowed by nothing yet. */
  readonly defaultMask: number
  /** Who a verified viewer token named. It wins over any user id in the body. */
  readonly viewer: { readonly vid: Subject } | null
  /** The app believes user ids and traits that come with a browser key. */
  readonly trustClientIdentify: boolean
}

export type EntryWire = 'playback' | 'segment' | 'import' | 'fact'

/** Whether user ids and traits in the body may be acted on; else they are unverified claims and link nothing. */
export function areClaimsTrusted(header: Pick<EntryHeader, 'keyKind' | 'trustClientIdentify'>): boolean {
  return header.keyKind === 'server' || header.trustClientIdentify
}

/** When an event happened by our clock, epoch ms. `deviceTs` is the device's. Never after the receipt. */
export function correctedTime(
  header: Pick<EntryHeader, 'receivedAt' | 'clockOffsetMs'>,
  deviceTs: number,
): number {
  return Math.min(deviceTs + header.clockOffsetMs, header.receivedAt)
}

/**
 * Body of `wire: 'playback'`: the batch as sent, less refused events, and without its viewer token. `key` may still stand
 * there when it is a browser key, which is public.
 */
export type PlaybackBody = PlaybackBatch

/** Body of `wire: 'segment'`: every address of the Segment HTTP API comes down to this. */
export interface SegmentBody {
  readonly batch: readonly SegmentMessage[]
}

/** One Segment message, normalised and without readable personal data. */
export interface SegmentMessage {
  /** track, identify, page, screen, group, alias, or an unknown type that is kept. */
  readonly type: string
  /** As sent, or a UUID drawn at intake. */
  readonly messageId: string
  /** Device clock, epoch ms: `originalTimestamp`, else `timestamp`, else the receipt. */
  readonly deviceTs: number
  readonly anonymousId?: string
  /** The user id, sealed for the intake: `vault.openFromIntake` gives the external id. */
  readonly sealedUserId?: string
  /** `alias`: the id before, sealed likewise. */
  readonly sealedPreviousId?: string
  /** `identify` and `group`: the traits as JSON, sealed likewise. */
  readonly sealedTraits?: string
  readonly groupId?: string
  /** `track`: name of the event. */
  readonly event?: string
  /** `page` and `screen`. */
  readonly name?: string
  readonly category?: string
  readonly properties?: Readonly<Record<string, unknown>>
  /** Segment's context: `ip` truncated, `traits` removed. */
  readonly context?: Readonly<Record<string, unknown>>
}

export const ENTRY_VERSION = 1

/** What an entry's bytes turned out to be. */
export type DecodedEntry =
  | { readonly kind: 'entry'; readonly header: EntryHeader; readonly body: Uint8Array }
  /** Bytes are missing or left over at the end. */
  | { readonly kind: 'torn' }
  /** Not an entry of ours. */
  | { readonly kind: 'foreign' }
  /** Written by a newer Foyer: stop and upgrade rather than skip it. */
  | { readonly kind: 'newer'; readonly version: number }

/** Bytes of a header; none of ours comes near. */
const HEADER_BYTES_MAX = 16_384
const PREFIX_BYTES = 4

/** The bytes of an entry. `body` is JSON. */
export function encodeEntry(header: EntryHeader, body: Uint8Array): Buffer {
  const json = JSON.stringify({ ...header, bodyBytes: body.byteLength })
  const headerBytes = Buffer.byteLength(json)
  const entry = Buffer.allocUnsafe(PREFIX_BYTES + headerBytes + body.byteLength)
  entry.writeUInt32BE(headerBytes, 0)
  entry.write(json, PREFIX_BYTES)
  entry.set(body, PREFIX_BYTES + headerBytes)
  return entry
}

/** Reads an entry. The body is a view of the same bytes, not a copy, and is not parsed. */
export function decodeEntry(entry: Uint8Array): DecodedEntry {
  const bytes = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength)
  if (bytes.length < PREFIX_BYTES) return { kind: 'torn' }
  const headerBytes = bytes.readUInt32BE(0)
  if (headerBytes < 2 || headerBytes > HEADER_BYTES_MAX) return { kind: 'foreign' }
  if (bytes.length < PREFIX_BYTES + headerBytes) return { kind: 'torn' }
  const header = parseHeader(bytes.toString('utf8', PREFIX_BYTES, PREFIX_BYTES + headerBytes))
  if (!header) return { kind: 'foreign' }
  if (header.v > ENTRY_VERSION) return { kind: 'newer', version: header.v }
  const body = bytes.subarray(PREFIX_BYTES + headerBytes)
  if (body.length !== header.bodyBytes) return { kind: 'torn' }
  const { bodyBytes: _, ...rest } = header
  return { kind: 'entry', header: rest as EntryHeader, body }
}

type WrittenHeader = Omit<EntryHeader, 'v'> & { v: number; bodyBytes: number }

function parseHeader(json: string): WrittenHeader | null {
  try {
    const header = JSON.parse(json) as WrittenHeader | null
    return typeof header?.v === 'number' && typeof header.wire === 'string' ? header : null
  } catch {
    return null
  }
}
