import { z } from 'zod'
import { instant } from './values.ts'

/**
 * Persons (`/v1/viewers/:id/person`): which viewers and devices are one and the same person. Everything here can be taken
 * back: nothing that was recorded is rewritten, reports follow within a second.
 */

/** A viewer who was merged into another. */
export const mergedViewer = z.object({
  viewerId: z.uuid(),
  /** The viewer whom it was merged into. */
  into: z.uuid(),
  mergedAt: instant,
})

/** A device whose anonymous use is taken for the person's, since she signed in on it. */
export const linkedDevice = z.object({
  /** Stands for the installation, here and in no other place. */
  deviceId: z.string().regex(/^\d{1,20}$/),
  /** False when the link was taken back: what happens on it without a sign-in is nobody's. */
  isLinked: z.boolean(),
  /** First and last sign-in by which anonymous use became the person's. */
  firstLinkedAt: instant,
  lastLinkedAt: instant,
})
export type LinkedDevice = z.infer<typeof linkedDevice>

export const viewerPerson = z.object({
  viewerId: z.uuid(),
  /** The viewer who stands for the person in reports; the same as `viewerId` unless that was merged. */
  personId: z.uuid(),
  /** All merges of the person, in order of time. */
  merged: z.array(mergedViewer),
  /** The last used first; empty in the answer of an act to somebody without the right viewers.activity. */
  devices: z.array(linkedDevice),
  /** Whether reports know all of this already; they do within a second. */
  isPublished: z.boolean(),
})
export type ViewerPerson = z.infer<typeof viewerPerson>

/** Body of `POST /v1/viewers/:id/merge`. */
export const viewerMerge = z.strictObject({
  /** The viewer who shall stand for both: a viewer's id, or `external:` and an external id. */
  into: z.string().min(1).max(512),
})
