import { z } from 'zod'
import { WELL_FORMED, WELL_FORMED_RULE } from './values.ts'

/**
 * The Segment HTTP API: `POST /v1/{batch,track,identify,page,screen,group,alias}` and their short forms
 * `/v1/{t,i,p,s,g,a}`, as its clients and RudderStack's send it. `docs/guides/segment.md` says how to point them here.
 *
 * Answer: 200 `{"success":true}`, with `refused` when some messages were not taken. `messageId` identifies a message: sent
 * again within 7 days, it counts once; a message without one is given one and cannot be recognised again.
 */

/** Limits of one request. What is above them is refused by name. */
export const SEGMENT_LIMITS = {
  /** Bytes of the body after decompression: 500 KB. */
  batchBytesMax: 512_000,
  /** Bytes of one message as JSON: 32 KB. */
  eventBytesMax: 32_768,
  /** Messages in a batch. */
  eventsMax: 5_000,
  /** Characters of a declared search term that are kept. */
  searchTermLengthMax: 256,
} as const

/** Kinds of message that have a meaning. Any other is kept under its own name. */
export const SEGMENT_TYPES = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const
export type SegmentType = (typeof SEGMENT_TYPES)[number]

/** Short addresses that browsers use. */
export const SEGMENT_SHORT_PATHS = {
  t: 'track',
  i: 'identify',
  p: 'page',
  s: 'screen',
  g: 'group',
  a: 'alias',
} as const satisfies Record<string, SegmentType>

/** An id that a client chose; clients in the field send numbers, null and the empty string too. */
const id = z.union([z.string().max(256).regex(WELL_FORMED, WELL_FORMED_RULE), z.number()]).nullish()
/** RFC 3339, or epoch milliseconds. Whether it is a date is checked apart. */
const time = z.union([z.string().max(64), z.number()]).nullish()
const object = z.record(z.string(), z.unknown()).nullish()
const name = z.string().max(512)

/** One message. Which of the fields are needed depends on `type`: `event` for track, `userId` or `anonymousId` always. */
export const segmentMessage = z.looseObject({
  /** Given by the address except in a batch. */
  type: z
    .string()
    .regex(/^[A-Za-z][\w.:-]{0,63}$/, 'a letter, then letters, digits, _ . : or -, at most 64 characters'),
  messageId: z.string().max(256).regex(WELL_FORMED, WELL_FORMED_RULE).nullish(),
  userId: id,
  anonymousId: id,
  /** `alias`: the id until now. */
  previousId: id,
  groupId: id,
  /** `track`: what happened. */
  event: name.nullish(),
  /** `page` and `screen`. */
  name: name.nullish(),
  category: name.nullish(),
  properties: object,
  /** `identify` and `group`. Sealed before anything is written. */
  traits: object,
  context: object,
  /** When it happened, by the device's clock. */
  timestamp: time,
  /** The same before Segment's own servers correct it; wins over `timestamp`. */
  originalTimestamp: time,
  /** When the request was sent, by the device's clock: the server corrects the device's clock by it. */
  sentAt: time,
})
export type SegmentInput = z.infer<typeof segmentMessage>

/** The request body of `POST /v1/batch`. Its messages are checked one by one. */
export const segmentBatch = z.looseObject({
  batch: z.array(z.unknown()).min(1),
  /** Holds for every message that has none of its own. */
  context: object,
  sentAt: time,
  /** The app's write key; a Basic or Bearer Authorization header serves as well. */
  writeKey: z.string().max(128).nullish(),
})
export type SegmentBatch = z.infer<typeof segmentBatch>
