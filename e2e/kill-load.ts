import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { plantedView, type PlantedView } from './planted-view.ts'

/** What the stores must hold of a load, each number a sum. */
export interface Truth {
  /** Events of the Segment wire, people identified among them, and of players. */
  segment: number
  native: number
  starts: number
  streams: number
  playedMs: number
  bytes: number
}

/** A request that was acknowledged, and when it was first sent and then acknowledged, epoch ms. */
export interface AckedRequest {
  readonly path: string
  readonly body: object
  readonly sentAt: number
  readonly ackedAt: number
  /** What it is part of: the number of a batch of the Segment wire, or a view and which of its batches. */
  readonly of: { readonly batch: number } | { readonly view: PlantedView; readonly index: number }
}

/** For the instance that takes the load: all of it comes from one address, as fast as the machine allows. */
export const LOAD_ENVIRONMENT = {
  FOYER_INTAKE_REQUESTS_PER_SECOND_PER_KEY: '1000000',
  FOYER_INTAKE_REQUESTS_PER_SECOND_PER_ADDRESS: '1000000',
} as const

/** Clients that try until they are told that their events are safe. */
export interface Load {
  /** What was acknowledged. */
  readonly acked: Readonly<Truth>
  /** Points the load at another address, after a restart on another port. */
  aim(url: string): void
  /** Ends after everything that was begun is acknowledged. */
  stop(): Promise<void>
}

const SEGMENT_LANES = 3
const SEGMENT_BATCH = 20
const VIEW_LANES = 16
/** Between the batches of a view, ms: it stays open over some seconds, and so over kills. */
const VIEW_PAUSE_MS = 400
const RETRY_MS = 100

/**
 * Sends tracked events, people who are identified, and views of players, each batch again and again, the same ids, until
 * it is acknowledged; and every third batch of a view once more after that. Tracked events come as fast as they are
 * taken unless there is a pause between them.
 */
export function startLoad(
  url: string,
  serverKey: string,
  onAcked: (request: AckedRequest) => void = () => undefined,
  { segmentPauseMs = 0 } = {},
): Load {
  const acked: Truth = { segment: 0, native: 0, starts: 0, streams: 0, playedMs: 0, bytes: 0 }
  let address = url
  let isStopping = false
  let batches = 0
  let views = 0

  async function send(path: string, body: object): Promise<boolean> {
    let status: number
    let text: string
    try {
      const response = await fetch(`${address}${path}`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`${serverKey}:`).toString('base64')}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(10_000),
      })
      status = response.status
      text = await response.text()
    } catch {
      return false
    }
    if (text.includes('"refused":[{') || (status >= 400 && status < 500))
      throw new Error(`the load was refused: ${status} ${text}`)
    return status === 200 || status === 204
  }

  async function untilAcked(path: string, body: object, of: AckedRequest['of']): Promise<void> {
    const sentAt = Date.now()
    while (!(await send(path, body))) await delay(RETRY_MS)
    onAcked({ path, body, sentAt, ackedAt: Date.now(), of })
  }

  async function segmentLane(): Promise<void> {
    while (!isStopping) {
      const number = batches++
      const timestamp = new Date().toISOString()
      const anonymousId = `anonymous-${number % 50}`
      const track = Array.from({ length: SEGMENT_BATCH - 1 }, () => ({
        type: 'track',
        event: 'Kill Test',
        messageId: randomUUID(),
        anonymousId,
        timestamp,
        properties: { batch: number },
      }))
      const last =
        number % 10 === 0
          ? { type: 'identify', userId: `viewer-${number % 200}`, traits: { name: `Viewer ${number % 200}` } }
          : { type: 'track', event: 'Kill Test', anonymousId }
      const batch = [...track, { ...last, messageId: randomUUID(), timestamp }]
      await untilAcked('/v1/batch', { batch }, { batch: number })
      if (segmentPauseMs > 0) await delay(segmentPauseMs)
      acked.segment += SEGMENT_BATCH
    }
  }

  async function viewLane(): Promise<void> {
    while (!isStopping) {
      const view = plantedView(views++, Date.now())
      for (const [index, events] of view.batches.entries()) {
        const body = (): object => ({ v: 1, sentAt: Date.now(), context: view.context, events })
        await untilAcked('/v1/playback', body(), { view, index })
        if (index % 3 === 0) await send('/v1/playback', body())
        await delay(VIEW_PAUSE_MS)
      }
      add(acked, view)
    }
  }

  const lanes = [
    ...Array.from({ length: SEGMENT_LANES }, segmentLane),
    ...Array.from({ length: VIEW_LANES }, viewLane),
  ]
  const ended = Promise.all(lanes)
  // A refusal is told by `stop`; until then it must not end the process.
  ended.catch(() => undefined)
  return {
    acked,
    aim: (next) => (address = next),
    async stop() {
      isStopping = true
      await ended
    },
  }
}

function add(acked: Truth, view: PlantedView): void {
  acked.native += view.batches.flat().length
  acked.starts += 1
  acked.streams += view.streams
  acked.playedMs += view.playedMs
  acked.bytes += view.bytes
}
