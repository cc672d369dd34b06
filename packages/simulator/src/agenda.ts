import type { SimulatedDevice } from './households.ts'
import type { PLANTED } from './planted.ts'

/** Something that will happen, before what its player or page says of it is worked out. */
export type Item = ViewItem | PageItem

interface Happening {
  /** When it begins, epoch ms. */
  readonly at: number
  readonly service: string
  readonly device: SimulatedDevice
  /** Number of the viewer who is signed in; null for nobody. */
  readonly viewer: number | null
  /** Letters that no other item of any day has. */
  readonly id: string
  readonly isBot: boolean
}

export interface ViewItem extends Happening {
  readonly kind: 'view'
  readonly content: { readonly id: string; readonly kind: 'vod' | 'live'; readonly durationMs: number | null }
  readonly wantedMs: number
  readonly wallMsMax: number
  readonly cdn: (typeof PLANTED.cdns)[number]
  /** Absent: nobody narrowed it. */
  readonly consentMask?: number
  /** Seconds of a title, without what a person does. */
  readonly isBrief?: boolean
}

/** A page or screen that was looked at; comes by the Segment wire. */
export interface PageItem extends Happening {
  readonly kind: 'page'
  readonly name: string
}
