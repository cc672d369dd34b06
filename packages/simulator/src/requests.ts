import type { PlaybackBatch, SegmentBatch } from '@foyer/contracts'
import type { Item, PageItem, ViewItem } from './agenda.ts'
import { seededRandom, seedOf, STREAM } from './random.ts'
import { playView, type PlayedView } from './view.ts'

/** One request of an app, as it goes over the wire, and what has to be known beside it to send it. */
export type SimulatedRequest = {
  readonly service: string
  readonly app: string
  readonly userAgent: string
  /** Where it comes from: an IPv4 network, cut as the intake cuts it. */
  readonly address: string
  /** External id of the viewer whose token is sent along; null for nobody. */
  readonly viewer: string | null
  /** When it is sent, epoch ms. */
  readonly sentAt: number
} & (
  | { readonly wire: 'playback'; readonly body: PlaybackBatch }
  | { readonly wire: 'segment'; readonly body: SegmentBatch }
)

/** Where an item is found again: its unit (a home, a visitor, the machines), its day and its place in that. */
export interface Place {
  readonly unit: number
  readonly day: number
  readonly index: number
}

/** A request with the happening behind it and, of a playback, what is true of it. */
export interface Simulated extends Place {
  readonly item: Item
  readonly request: SimulatedRequest
  readonly view: PlayedView | null
}

const SENT_AFTER_MS = 200

/** Works out what an item's player or page says. Drawn from the item alone. */
export function simulate(
  seed: number,
  item: Item,
  options: { heartbeatMs?: number } = {},
): Omit<Simulated, keyof Place> {
  return item.kind === 'view' ? simulateView(seed, item, options) : simulatePage(item)
}

function simulateView(seed: number, item: ViewItem, { heartbeatMs }: { heartbeatMs?: number }) {
  const { device, content } = item
  const random = seededRandom(seedOf(seed, STREAM.view, ...numbersOf(item.id)))
  const view = playView(random, {
    viewId: `view-${item.id}`,
    deviceId: device.deviceId,
    content,
    startedAt: item.at,
    wallMsMax: item.wallMsMax,
    wantedMs: item.wantedMs,
    cdn: item.cdn,
    ...(item.consentMask === undefined ? {} : { consentMask: item.consentMask }),
    ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
    ...(item.isBrief ? { isBrief: true } : {}),
  })
  const sentAt = view.endedAt + SENT_AFTER_MS
  const body: PlaybackBatch = {
    v: 1,
    sentAt,
    sdk: { name: 'foyer-simulator', version: '0.1.0' },
    context: view.context,
    events: [...view.events],
  }
  return { item, view, request: { ...shared(item), sentAt, wire: 'playback' as const, body } }
}

function simulatePage(item: PageItem) {
  const sentAt = item.at + SENT_AFTER_MS
  const isTelevision = ['tizen', 'webos', 'hbbtv'].includes(item.device.platform)
  const body: SegmentBatch = {
    sentAt: new Date(sentAt).toISOString(),
    batch: [
      {
        type: isTelevision ? 'screen' : 'page',
        messageId: `page-${item.id}`,
        // What its player calls deviceId: pages and players of one installation are one device.
        anonymousId: item.device.deviceId,
        name: item.name,
        timestamp: new Date(item.at).toISOString(),
      },
    ],
  }
  return { item, view: null, request: { ...shared(item), sentAt, wire: 'segment' as const, body } }
}

function shared({ service, device, viewer }: Item) {
  return {
    service,
    app: device.app,
    userAgent: device.userAgent,
    address: device.address,
    viewer: viewer === null ? null : `demo-${viewer}`,
  }
}

/** The letters of an id as numbers, some at a time. */
function numbersOf(id: string): number[] {
  const numbers = []
  for (let at = 0; at < id.length; at += 4) {
    let number = 0
    for (const char of id.slice(at, at + 4)) number = (number << 8) | (char.charCodeAt(0) & 0xff)
    numbers.push(number)
  }
  return numbers
}
