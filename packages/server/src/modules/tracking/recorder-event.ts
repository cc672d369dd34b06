import type { Subject } from '../../platform/ids.ts'
import type { FoldEvent } from './view-fold.ts'

/** An event on its way through the recorder, whatever wire it came by. */
export interface TrackedEvent {
  /** Identifies the message within its app (or import): what came twice has it twice. */
  readonly messageId: string
  /** Remembered for ever instead of 7 days. */
  readonly isImport: boolean
  readonly receivedAt: number
  /** What was added to the device's time to get ours, ms. */
  readonly clockOffsetMs: number
  /** When it happened by the device's clock and by ours, epoch ms. */
  readonly deviceTs: number
  readonly ts: number
  readonly service: string
  readonly app: string
  readonly source: string
  readonly party: Party
  readonly type: string
  readonly name: string
  readonly consentMask: number
  readonly actor: Actor
  readonly client: Client
  readonly contentId: string
  /** Empty: as the catalogue says. */
  readonly contentKind: string
  readonly viewId: string
  readonly visitId: string
  readonly seq: number
  readonly positionMs: number | null
  readonly rate: number
  readonly bytes: number
  readonly referrer: string
  readonly properties: Readonly<Record<string, unknown>>
  /** A player's event, for the fold of its view. */
  readonly fold: FoldEvent | null
  /** What an `identify` says, sealed. */
  readonly sealedTraits: string | null
}

export type Party = 'first' | 'second' | 'third'

/** Who did it, as far as the wire says. */
export interface Actor {
  /** By a verified token or a trusted importer. */
  readonly vid: Subject | null
  /** The operator's id of the viewer, believed. */
  readonly externalId: string | null
  /** The same, not believed: it groups events of a client that sends no other id. */
  readonly claimedId: string | null
  /** Ids of the installation, as sent. */
  readonly deviceId: string | null
  readonly anonymousId: string | null
}

/** What is known of the client. What it declares wins over what its user agent suggests. */
export interface Client {
  readonly userAgent: string | null
  readonly address: string | null
  readonly country: string
  readonly appVersion: string
  readonly declared: DeclaredDevice
}

export interface DeclaredDevice {
  readonly class?: string | undefined
  readonly platform?: string | undefined
  readonly vendor?: string | undefined
  readonly model?: string | undefined
  readonly os?: string | undefined
}
