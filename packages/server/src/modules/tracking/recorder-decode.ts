import type { PlaybackEvent } from '@foyer/contracts'
import type { Subject } from '../../platform/ids.ts'
import { readUserAgent } from './enrich-user-agent.ts'
import {
  areClaimsTrusted,
  correctedTime,
  decodeEntry,
  type EntryHeader,
  type PlaybackBody,
  type SegmentBody,
  type SegmentMessage,
} from './envelope.ts'
import type { Actor, Client, Party, TrackedEvent } from './recorder-event.ts'

/** Body of `wire: 'import'`: rows of another system, each with a stable `messageId` of its source. */
export interface ImportBody {
  /** `import:movielens`, `import:csv` … */
  readonly source: string
  readonly party: Party
  readonly rows: readonly ImportRow[]
}

/** An event of another system. */
export interface ImportRow {
  /** Names the row within its source for ever: imported again, it adds nothing. */
  readonly messageId: string
  /** When it happened, epoch ms. */
  readonly ts: number
  readonly type: string
  readonly name?: string
  /** The viewer's subject. Without: `deviceId`. */
  readonly vid?: Subject
  readonly deviceId?: string
  readonly contentId?: string
  readonly contentKind?: string
  readonly country?: string
  readonly positionMs?: number
  readonly bytes?: number
  readonly properties?: Readonly<Record<string, unknown>>
}

/** What became of an entry. */
export type DecodedEvents =
  | { readonly kind: 'events'; readonly events: readonly TrackedEvent[] }
  /** Nothing that this program can read: set it aside. */
  | { readonly kind: 'unreadable'; readonly reason: string }
  /** Written by a newer Foyer: wait for it. */
  | { readonly kind: 'newer'; readonly version: number }

export interface DecodeDependencies {
  /** Opens what was sealed for the journal. Throws when its key is gone. */
  openFromIntake(text: string): string
}

export function decodeEvents(entry: Uint8Array, deps: DecodeDependencies): DecodedEvents {
  const decoded = decodeEntry(entry)
  if (decoded.kind === 'newer') return decoded
  if (decoded.kind !== 'entry') return { kind: 'unreadable', reason: decoded.kind }
  const { header } = decoded
  try {
    const body: unknown = JSON.parse(Buffer.from(decoded.body).toString('utf8'))
    switch (header.wire) {
      case 'playback':
        return { kind: 'events', events: playbackEvents(header, body as PlaybackBody) }
      case 'segment':
        return { kind: 'events', events: segmentEvents(header, body as SegmentBody, deps) }
      case 'import':
        return { kind: 'events', events: importedEvents(header, body as ImportBody) }
      default:
        return { kind: 'unreadable', reason: 'wire' }
    }
  } catch {
    return { kind: 'unreadable', reason: 'body' }
  }
}

/** Fields of a player's event that have a column; the others become properties. */
const PLAYBACK_COLUMNS = new Set(['type', 'seq', 'ts', 'positionMs', 'rate', 'bytes', 'name'])

function playbackEvents(header: EntryHeader, body: PlaybackBody): TrackedEvent[] {
  const { context } = body
  const clientMask = context.consentMask ?? 0xffff_ffff
  const shared = {
    isImport: false,
    receivedAt: header.receivedAt,
    clockOffsetMs: header.clockOffsetMs,
    service: header.service,
    app: header.app,
    source: 'playback',
    party: 'first' as const,
    consentMask: (header.defaultMask & clientMask) >>> 0,
    actor: {
      vid: header.viewer?.vid ?? null,
      externalId: null,
      claimedId: null,
      deviceId: context.deviceId,
      anonymousId: context.anonymousId ?? null,
    },
    client: {
      userAgent: playerAgent(header),
      address: header.address,
      country: '',
      appVersion: context.app?.version ?? '',
      declared: context.device ?? {},
    },
    contentId: context.content.id,
    contentKind: context.content.kind,
    viewId: context.viewId,
    visitId: context.visitId ?? '',
    referrer: context.page?.referrer ?? '',
    sealedTraits: null,
  }
  return body.events.map((event) => {
    const ts = correctedTime(header, event.ts)
    const positionMs = event.positionMs ?? null
    const rate = event.rate ?? 1
    return {
      ...shared,
      messageId: `${context.viewId}:${event.seq}`,
      deviceTs: event.ts,
      ts,
      type: event.type,
      name: event.type === 'custom' ? (event.name ?? '') : '',
      seq: event.seq,
      positionMs,
      rate,
      bytes: event.bytes ?? 0,
      properties: playbackProperties(event, context),
      fold: {
        seq: event.seq,
        type: event.type,
        ts,
        monoMs: event.monoMs,
        positionMs,
        rate: event.rate,
        fromMs: event['fromMs'],
        isFatal: event.isFatal,
      },
    }
  })
}

/** A server that hands on what players told it is no bot for being a program. */
function playerAgent({ keyKind, userAgent }: EntryHeader): string | null {
  if (keyKind !== 'server' || userAgent === null) return userAgent
  return readUserAgent(userAgent).deviceClass === 'bot' ? null : userAgent
}

function playbackProperties(event: PlaybackEvent, context: PlaybackBody['context']): Record<string, unknown> {
  const properties: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(event)) {
    if (!PLAYBACK_COLUMNS.has(field)) properties[field] = value
  }
  // What holds for the whole view is said once, with its start.
  if (event.type === 'play') {
    if (context.player) properties['player'] = context.player
    if (context.cdn) properties['cdn'] = context.cdn
  }
  return properties
}

function segmentEvents(header: EntryHeader, body: SegmentBody, deps: DecodeDependencies): TrackedEvent[] {
  return body.batch.map((message) => segmentEvent(header, message, deps))
}

function segmentEvent(header: EntryHeader, message: SegmentMessage, deps: DecodeDependencies): TrackedEvent {
  const properties = message.properties ?? {}
  const context = message.context ?? {}
  const positionS = numberOf(properties['position'])
  const library = objectOf(context['library'])
  const kept = {
    ...(context['campaign'] ? { campaign: context['campaign'] } : {}),
    ...(context['locale'] ? { locale: context['locale'] } : {}),
    ...(library['name']
      ? { library: `${textOf(library['name'])} ${textOf(library['version'])}`.trim() }
      : {}),
  }
  return {
    messageId: message.messageId,
    isImport: false,
    receivedAt: header.receivedAt,
    clockOffsetMs: header.clockOffsetMs,
    deviceTs: message.deviceTs,
    ts: correctedTime(header, message.deviceTs),
    service: header.service,
    app: header.app,
    source: 'segment',
    party: 'first',
    type: message.type,
    name: message.event ?? message.name ?? '',
    consentMask: header.defaultMask,
    actor: segmentActor(header, message, deps),
    client: segmentClient(header, context),
    contentId: contentIdOf(properties),
    contentKind: '',
    viewId: '',
    visitId: textOf(context['sessionId']),
    seq: 0,
    // The Segment video specification counts seconds.
    positionMs: positionS === null ? null : Math.round(positionS * 1_000),
    rate: 1,
    bytes: 0,
    referrer: textOf(properties['referrer']) || textOf(objectOf(context['page'])['referrer']),
    properties: {
      ...properties,
      ...(message.category ? { category: message.category } : {}),
      ...(message.groupId ? { groupId: message.groupId } : {}),
      ...(Object.keys(kept).length > 0 ? { context: kept } : {}),
    },
    fold: null,
    sealedTraits: message.type === 'identify' ? (message.sealedTraits ?? null) : null,
  }
}

function segmentActor(header: EntryHeader, message: SegmentMessage, deps: DecodeDependencies): Actor {
  const userId = openUserId(message, deps)
  const isTrusted = areClaimsTrusted(header)
  return {
    vid: header.viewer?.vid ?? null,
    externalId: isTrusted ? userId : null,
    claimedId: isTrusted ? null : userId,
    deviceId: null,
    anonymousId: message.anonymousId ?? null,
  }
}

/** Null when the key of its time is gone: the event stays, without a name. */
function openUserId({ sealedUserId }: SegmentMessage, deps: DecodeDependencies): string | null {
  if (sealedUserId === undefined) return null
  try {
    return deps.openFromIntake(sealedUserId)
  } catch {
    return null
  }
}

/** A server speaks for somebody else's device: its own user agent and address say nothing. */
function segmentClient(header: EntryHeader, context: Readonly<Record<string, unknown>>): Client {
  const isServer = header.keyKind === 'server'
  const device = objectOf(context['device'])
  const os = objectOf(context['os'])
  const clientAgent = textOf(context['userAgent']) || null
  return {
    userAgent: isServer ? clientAgent : (header.userAgent ?? clientAgent),
    address: isServer ? textOf(context['ip']) || null : header.address,
    country: '',
    appVersion: textOf(objectOf(context['app'])['version']),
    declared: {
      vendor: textOf(device['manufacturer']) || undefined,
      model: textOf(device['model']) || undefined,
      platform: SEGMENT_PLATFORMS[textOf(device['type']).toLowerCase()],
      os: `${textOf(os['name'])} ${textOf(os['version'])}`.trim() || undefined,
    },
  }
}

/** `context.device.type` of the mobile libraries. */
const SEGMENT_PLATFORMS: Readonly<Record<string, string>> = { ios: 'ios', android: 'android' }

/** Names under which apps send the id of what was watched; the last two are of Segment's video specification. */
const CONTENT_ID_NAMES = ['contentId', 'content_id', 'content_asset_id', 'asset_id']

function contentIdOf(properties: Readonly<Record<string, unknown>>): string {
  for (const name of CONTENT_ID_NAMES) {
    const id = textOf(properties[name])
    if (id !== '') return id.slice(0, 256)
  }
  return ''
}

function importedEvents(header: EntryHeader, body: ImportBody): TrackedEvent[] {
  return body.rows.map((row) => ({
    messageId: row.messageId,
    isImport: true,
    receivedAt: header.receivedAt,
    clockOffsetMs: 0,
    deviceTs: row.ts,
    ts: row.ts,
    service: header.service,
    app: header.app,
    source: body.source,
    party: body.party,
    type: row.type,
    name: row.name ?? '',
    consentMask: header.defaultMask,
    actor: {
      vid: row.vid ?? null,
      externalId: null,
      claimedId: null,
      deviceId: row.deviceId ?? null,
      anonymousId: null,
    },
    client: { userAgent: null, address: null, country: row.country ?? '', appVersion: '', declared: {} },
    contentId: row.contentId ?? '',
    contentKind: row.contentKind ?? '',
    viewId: '',
    visitId: '',
    seq: 0,
    positionMs: row.positionMs ?? null,
    rate: 1,
    bytes: row.bytes ?? 0,
    referrer: '',
    properties: row.properties ?? {},
    fold: null,
    sealedTraits: null,
  }))
}

function objectOf(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}
