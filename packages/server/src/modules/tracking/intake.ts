import type { IncomingHttpHeaders } from 'node:http'
import type { IntakeDiagnostic, IntakeReport } from '@foyer/contracts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../platform/errors.ts'
import { uuidV7, type RandomSource, type Subject } from '../../platform/ids.ts'
import type { Metrics } from '../../platform/metrics.ts'
import { maskPersonal } from '../../platform/personal.ts'
import type { SettingValues } from '../../platform/settings.ts'
import type { Vault } from '../../platform/vault/index.ts'
import type { Journal } from '../../storage/index.ts'
import { encodeEntry, type EntryHeader, type EntryWire } from './envelope.ts'
import { parseBody } from './intake-body.ts'
import { writeKeyOf } from './intake-key.ts'
import { createRateLimit } from './limits.ts'
import { addressBucket, truncateAddress } from './mask-address.ts'
import type { trackingSettings } from './settings.ts'
import type { Wire, WireBatch, WirePart } from './wires/wire.ts'

/** What the intake needs of the module accounts. */
export interface IntakeAccounts {
  /** The app of a live write key; null when the key is unknown or revoked. */
  appByWriteKey(key: string): Promise<KeyAccess | null>
  verifyViewerToken(
    app: KeyAccess['app'],
    token: string,
  ): Promise<
    | { readonly isValid: true; readonly externalId: string }
    | { readonly isValid: false; readonly reason: string }
  >
  /** The subjects of the viewers that a service knows by these ids; those that it does not know are absent. */
  resolveExternalIds(service: string, externalIds: readonly string[]): Promise<ReadonlyMap<string, Subject>>
}

/** An app as known by one of its write keys. */
export interface KeyAccess {
  readonly keyId: string
  readonly keyKind: 'browser' | 'server'
  readonly app: {
    readonly id: string
    readonly service: { readonly id: string }
    readonly defaultMask: number
    readonly trustClientIdentify: boolean
  }
}

export interface IntakeDependencies {
  readonly journal: Pick<Journal, 'append'>
  readonly accounts: IntakeAccounts
  readonly vault: Pick<Vault, 'sealForIntake' | 'pseudonym'>
  readonly clock: Clock
  readonly random: RandomSource
  readonly settings: SettingValues<typeof trackingSettings>
  readonly metrics: Metrics
}

/** One request as it comes to the intake. */
export interface IntakeRequest {
  readonly wire: IntakeWire
  readonly headers: IncomingHttpHeaders
  readonly query: unknown
  /** After decompression; may be written into. */
  readonly bytes: Buffer
  /** The sender's address. */
  readonly address: string
}

export interface IntakeWire {
  readonly name: Extract<EntryWire, 'playback' | 'segment'>
  readonly read: Wire
}

/**
 * The way of a request into the journal: key, limit, schema, privacy, viewer token, and one durable entry. What resolves
 * is on disk; what throws is a Problem and left nothing.
 */
export interface Intake {
  take(request: IntakeRequest): Promise<IntakeReport>
  /** Refuses with request.too_many when an address sends too much. */
  checkAddress(address: string): void
  /** The app of the key in a request; throws write_key.unknown. */
  accessOf(
    request: Pick<IntakeRequest, 'headers' | 'query'>,
    body?: Record<string, unknown>,
  ): Promise<KeyAccess>
}

export function createIntakePipeline(deps: IntakeDependencies): Intake {
  const { journal, accounts, vault, clock, random, settings } = deps
  const userAgentOf = createUserAgents()
  const count = createCounters(deps.metrics)
  const keyLimit = createRateLimit({ perSecond: settings.requestsPerSecondPerKey, clock })
  const addressLimit = createRateLimit({ perSecond: settings.requestsPerSecondPerAddress, clock })

  async function take(request: IntakeRequest): Promise<IntakeReport> {
    const json = parseBody(request.bytes)
    const access = await accessOf(request, json)
    refuseAbove(keyLimit.take(access.keyId), 'this write key')
    // Not awaited here: what was parsed would live as long as the disk takes, and garbage that survives costs most.
    return write(request, access, read(request, json))
  }

  function read(request: IntakeRequest, json: Record<string, unknown>): WireBatch {
    const receivedAt = clock.now()
    return request.wire.read(
      { bytes: request.bytes, json },
      {
        receivedAt,
        eventAgeMsMax: settings.eventAgeMax,
        eventFutureMsMax: settings.eventFutureMax,
        vault,
        newMessageId: () => uuidV7(receivedAt, random),
      },
    )
  }

  async function write(request: IntakeRequest, access: KeyAccess, batch: WireBatch): Promise<IntakeReport> {
    const { app, keyKind } = access
    const diagnostics: IntakeDiagnostic[] = []
    const header = (viewer: EntryHeader['viewer']): EntryHeader => ({
      v: 1,
      wire: request.wire.name,
      receivedAt: batch.receivedAt,
      clockOffsetMs: batch.clockOffsetMs,
      app: app.id,
      service: app.service.id,
      keyKind,
      address: truncateAddress(request.address),
      userAgent: userAgentOf(request.headers),
      defaultMask: app.defaultMask,
      viewer,
      trustClientIdentify: app.trustClientIdentify,
    })
    await Promise.all(
      batch.parts.map(async (part) => {
        const viewer = part.viewerToken === null ? null : await viewerOf(access, part, diagnostics)
        await journal.append(encodeEntry(header(viewer), part.body))
      }),
    )
    const accepted = batch.parts.reduce((sum, part) => sum + part.events, 0)
    count(request.wire.name, accepted, batch.refused)
    return {
      success: true,
      accepted,
      refused: [...batch.refused],
      ...(diagnostics.length > 0 && { diagnostics }),
    }
  }

  async function accessOf(
    request: Pick<IntakeRequest, 'headers' | 'query'>,
    body?: Record<string, unknown>,
  ): Promise<KeyAccess> {
    const key = writeKeyOf({ headers: request.headers, query: request.query, ...(body && { body }) })
    const access = key === null ? null : await accounts.appByWriteKey(key)
    if (access) return access
    throw new Problem(
      'write_key.unknown',
      key === null
        ? 'Send the write key as user name of a Basic Authorization header, as a Bearer token, or as writeKey in the body.'
        : 'No app has this write key, or it was revoked. Make one with POST /v1/apps/{id}/write-keys.',
    )
  }

  /** Who a token names; null, and a word to the sender, when it is not valid: the events stay, without a name. */
  async function viewerOf(
    access: KeyAccess,
    part: WirePart,
    diagnostics: IntakeDiagnostic[],
  ): Promise<EntryHeader['viewer']> {
    const verdict = await accounts.verifyViewerToken(access.app, part.viewerToken!)
    if (!verdict.isValid) {
      diagnostics.push({
        code: 'viewer_token.invalid',
        message: `The events were kept without a viewer: the token is not valid (${verdict.reason}).`,
      })
      return null
    }
    const subjects = await accounts.resolveExternalIds(access.app.service.id, [verdict.externalId])
    const vid = subjects.get(verdict.externalId)
    if (vid !== undefined) return { vid }
    diagnostics.push({
      code: 'viewer.not_found',
      message:
        'The events were kept without a viewer: the token is valid and names nobody who is registered.',
    })
    return null
  }

  return {
    take,
    accessOf,
    checkAddress: (address) => refuseAbove(addressLimit.take(addressBucket(address)), 'your address'),
  }
}

function refuseAbove(retryAfterS: number, whose: string): void {
  if (retryAfterS === 0) return
  throw new Problem('request.too_many', `Too many requests of ${whose}. Try again in ${retryAfterS} s.`, {
    headers: { 'retry-after': String(retryAfterS) },
  })
}

const USER_AGENT_LENGTH_MAX = 512
/** Devices of one kind send the same for ever: the masked ones are remembered. */
const USER_AGENTS_MAX = 2_000

function createUserAgents(): (headers: IncomingHttpHeaders) => string | null {
  const known = new Map<string, string>()
  return (headers) => {
    const userAgent = headers['user-agent']?.slice(0, USER_AGENT_LENGTH_MAX)
    if (userAgent === undefined) return null
    const masked = known.get(userAgent) ?? maskPersonal(userAgent)
    if (known.size >= USER_AGENTS_MAX) known.clear()
    known.set(userAgent, masked)
    return masked
  }
}

type Count = (wire: IntakeWire['name'], accepted: number, refused: readonly { code: string }[]) => void

function createCounters(metrics: Metrics): Count {
  const accepted = metrics.counter('foyer_intake_events_total', 'Events that were made durable.', ['wire'])
  const refused = metrics.counter(
    'foyer_intake_refused_events_total',
    'Events that were refused one by one.',
    ['wire', 'code'],
  )
  // Looking a label up costs as much as an event does.
  const acceptedOf = { playback: accepted.labels('playback'), segment: accepted.labels('segment') }
  return (wire, events, faults) => {
    if (events > 0) acceptedOf[wire].inc(events)
    for (const { code } of faults) refused.inc({ wire, code })
  }
}
