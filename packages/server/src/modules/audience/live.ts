import { PassThrough, type Readable } from 'node:stream'
import { LIVE, type LiveReport } from '@foyer/contracts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../platform/errors.ts'
import { isRefusal } from '../../platform/http/index.ts'
import type { LiveNews } from '../tracking/index.ts'

/**
 * Shows the live picture that the worker counts: one at a time to who asks, and as server-sent events to open pages. A
 * stream sends `live` with a whole report at once and at each news, or `waiting` while there is none: the worker restarts
 * and must not be believed to be silent. A page that cannot follow misses pictures, never the latest.
 */
export interface Live {
  take(news: LiveNews): void
  /** Throws Problem live.not_ready. */
  report(service: string): LiveReport
  /**
   * A stream that ends with its client, with `stop`, or when `mayStill` refuses: it is asked every `RIGHT_EVERY_MS`.
   * Throws Problem request.too_many.
   */
  subscribe(service: string, mayStill: () => Promise<void>): Readable
  stop(): void
}

/** Open pages of one api. Each costs some 40 KB/s. */
const STREAMS_MAX = 500
const RIGHT_EVERY_MS = 10_000
/** A line without meaning, so that proxies and the browser know that the connection stands. */
const HEARTBEAT_EVERY_MS = 15_000

interface Page {
  readonly service: string
  readonly stream: PassThrough
  /** What was sent last is not taken yet, and something newer waits. */
  isMissing: boolean
  /** Heartbeats for which nothing was taken. */
  beatsMissed: number
  readonly cancels: (() => void)[]
}

export function createLive({ clock }: { clock: Clock }): Live {
  const pages = new Set<Page>()
  let news: LiveNews | null = null
  let texts = new Map<string, string>()
  let cancelLost = () => {}

  /** What a page of a service is told now; made once for all of them. */
  function textOf(service: string): string {
    if (!news) return 'event: waiting\ndata:\n\n'
    let text = texts.get(service)
    if (text === undefined) {
      text = `event: live\ndata: ${JSON.stringify(reportOf(news, service))}\n\n`
      texts.set(service, text)
    }
    return text
  }

  function tell(page: Page): void {
    page.isMissing = page.stream.writableNeedDrain
    if (!page.isMissing) page.stream.write(textOf(page.service))
  }

  function change(to: LiveNews | null): void {
    news = to
    texts = new Map()
    for (const page of pages) tell(page)
  }

  /** Calls back again and again until the page leaves. */
  function every(ms: number, page: Page, act: () => void): void {
    const turn = page.cancels.length
    const again = (): void => {
      page.cancels[turn] = clock.after(ms, () => {
        act()
        if (pages.has(page)) again()
      })
    }
    again()
  }

  function beat(page: Page): void {
    if (!page.stream.writableNeedDrain) {
      page.beatsMissed = 0
      page.stream.write(': \n\n')
    } else if (++page.beatsMissed > 1) page.stream.destroy()
  }

  function leave(page: Page): void {
    if (!pages.delete(page)) return
    for (const cancel of page.cancels) cancel()
  }

  return {
    take(next) {
      cancelLost()
      cancelLost = clock.after(LIVE.lostMs, () => change(null))
      change(next)
    },

    report(service) {
      if (!news) throw new Problem('live.not_ready', undefined, { headers: { 'retry-after': '2' } })
      return reportOf(news, service)
    },

    subscribe(service, mayStill) {
      if (pages.size >= STREAMS_MAX)
        throw new Problem('request.too_many', `There are ${STREAMS_MAX} live pages open already.`)
      // Room for one picture: what the client has not taken is not old news in a queue.
      const stream = new PassThrough({ highWaterMark: 1 })
      const page: Page = { service, stream, isMissing: false, beatsMissed: 0, cancels: [] }
      pages.add(page)
      stream.on('close', () => leave(page))
      stream.on('drain', () => page.isMissing && tell(page))
      every(HEARTBEAT_EVERY_MS, page, () => beat(page))
      every(RIGHT_EVERY_MS, page, () => void mayStill().catch((error) => isRefusal(error) && stream.end()))
      // The first line opens the connection for the browser; a second it waits before it connects again.
      stream.write(`retry: 1000\n\n${textOf(service)}`)
      return stream
    },

    stop() {
      cancelLost()
      for (const page of pages) {
        page.stream.end()
        leave(page)
      }
    },
  }
}

/** A store that restarts is no reason to send a reader away. */
function reportOf(news: LiveNews, service: string): LiveReport {
  return {
    service,
    at: new Date(news.at).toISOString(),
    behindMs: news.behindMs,
    isPartial: news.isPartial,
    ...(news.services[service] ?? news.nothing),
    services: Object.entries(news.services)
      .map(([id, { viewers, plays, eventsPerSecond }]) => ({
        service: id,
        viewers: viewers.signedIn + viewers.anonymous,
        plays: plays.playing + plays.stalled + plays.ad,
        eventsPerSecond,
      }))
      .sort((a, b) => b.viewers - a.viewers || b.plays - a.plays || (a.service < b.service ? -1 : 1)),
  }
}
