import { setTimeout as delay } from 'node:timers/promises'
import { startLoad, type AckedRequest, type Load, type Truth } from './kill-load.ts'
import { queryEvents } from './stored-events.ts'
import type { TestInstance } from './instance.ts'

const SEGMENT_BATCH = 20
const WAIT_MS_MAX = 60_000
/** What was recorded twice would show so long after everything is there, ms. */
const SETTLED_MS = 1_000
/** Between a request's moments by the sender's clock and the backup's moment by its own: they run on one machine. */
const UNSURE_MS = 10

/** A load that remembers each request that was acknowledged. */
export interface RememberedLoad extends Load {
  readonly requests: readonly AckedRequest[]
  /** Resolves when so many more requests were acknowledged. */
  untilMore(count: number): Promise<void>
}

export function startRememberedLoad(url: string, serverKey: string): RememberedLoad {
  const requests: AckedRequest[] = []
  let waiting: { readonly count: number; resolve(): void }[] = []
  function onAcked(request: AckedRequest): void {
    requests.push(request)
    for (const { count, resolve } of waiting) if (requests.length >= count) resolve()
    waiting = waiting.filter(({ count }) => requests.length < count)
  }
  return {
    ...startLoad(url, serverKey, onAcked, { segmentPauseMs: 20 }),
    requests,
    untilMore: (more) =>
      new Promise((resolve) => void waiting.push({ count: requests.length + more, resolve })),
  }
}

/** Requests by when they were acknowledged: surely before a moment, surely sent after it, or on their way during it. */
export function splitAt(requests: readonly AckedRequest[], at: number) {
  return {
    before: requests.filter(({ ackedAt }) => ackedAt < at - UNSURE_MS),
    after: requests.filter(({ sentAt }) => sentAt > at + UNSURE_MS),
  }
}

/** Of the given requests those whose events EVENTS hold, one by one. */
export async function requestsIn(
  dataFolder: string,
  requests: readonly AckedRequest[],
): Promise<AckedRequest[]> {
  const batches = new Set(
    (
      await queryEvents<{ batch: string }>(
        dataFolder,
        `SELECT DISTINCT toString(properties.batch) AS batch FROM events WHERE name = 'Kill Test'`,
      )
    ).map(({ batch }) => batch),
  )
  const seen = new Set(
    (
      await queryEvents<{ event: string }>(
        dataFolder,
        `SELECT concat(view_id, ' ', toString(seq)) AS event FROM events WHERE view_id != ''`,
      )
    ).map(({ event }) => event),
  )
  return requests.filter(({ of }) => {
    if ('batch' in of) return batches.has(String(of.batch))
    const { viewId } = of.view.context as { viewId: string }
    return (of.view.batches[of.index] as { seq: number }[]).every(({ seq }) => seen.has(`${viewId} ${seq}`))
  })
}

/** What stores must hold of some requests: worked out from what was sent, with views that are cut off anywhere. */
export function truthOf(requests: readonly AckedRequest[]): Truth {
  const truth: Truth = { segment: 0, native: 0, starts: 0, streams: 0, playedMs: 0, bytes: 0 }
  const views = new Map<object, SentEvent[]>()
  for (const { of } of requests) {
    if ('batch' in of) truth.segment += SEGMENT_BATCH
    else views.set(of.view, [...(views.get(of.view) ?? []), ...(of.view.batches[of.index] as SentEvent[])])
  }
  for (const events of views.values()) {
    const playedMs = playedUntil(events)
    truth.native += events.length
    truth.starts += 1
    truth.streams += playedMs >= 5_000 ? 1 : 0
    truth.playedMs += playedMs
    truth.bytes += events.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)
  }
  return truth
}

interface SentEvent {
  readonly type: string
  readonly monoMs: number
  readonly bytes?: number
}

/** Planted views play from their first frame on without a stop. */
function playedUntil(events: readonly SentEvent[]): number {
  const firstFrame = events.find(({ type }) => type === 'first_frame')
  if (!firstFrame) return 0
  return Math.max(...events.map(({ monoMs }) => monoMs)) - firstFrame.monoMs
}

/** Sends requests once more, as clients do that are not sure. */
export async function sendAgain(
  url: string,
  serverKey: string,
  requests: readonly AckedRequest[],
): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${serverKey}:`).toString('base64')}`
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < requests.length) {
      const { path, body } = requests[next++]!
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      if (!response.ok) throw new Error(`a repeated request was refused: ${await response.text()}`)
      await response.text()
    }
  }
  await Promise.all(Array.from({ length: 8 }, lane))
}

/** Waits until the journal holds nothing that is not recorded. */
export async function untilRecorded({ url }: Pick<TestInstance, 'url'>): Promise<void> {
  const deadline = AbortSignal.timeout(WAIT_MS_MAX)
  for (;;) {
    const metrics = await (await fetch(`${url}/metrics`)).text()
    const backlog = /^foyer_journal_backlog_entries(?:\{[^}]*\})? (\d+)$/m.exec(metrics)?.[1]
    if (backlog === '0') break
    if (deadline.aborted) throw new Error(`the journal still holds ${backlog} entries`)
    await delay(250)
  }
  // The metrics are told every two seconds.
  await delay(2_000 + SETTLED_MS)
}
