import type { ContentKind, TitleKind } from '@foyer/contracts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import type { Logger } from '../../platform/log.ts'
import { lastChange, summariesSince } from './queries.ts'

/** What the recorder stamps on an event. */
export interface TitleInfo {
  readonly id: string
  /** Kind of content on the wire. */
  readonly kind: Extract<ContentKind, 'vod' | 'live'>
  /** What it is in the catalogue. */
  readonly type: TitleKind | 'channel'
  readonly name: string
}

/**
 * Every title and channel by id, in memory, for callers that cannot wait (the recorder, once an event). Deleted ones stay:
 * late events still name them. About 200 bytes an entry.
 */
export interface Lookup {
  titleInfo(contentId: string): TitleInfo | undefined
  /** Brings the memory up to date and resolves. */
  refresh(): Promise<void>
  stop(): void
}

/** How often RECORDS are asked for changes: what `titleInfo` says is at most this and one query old. */
const REFRESH_EVERY_MS = 1_000
const PAGE = 5_000

/** Reads the catalogue, then follows its changes until stopped. */
export async function startLookup(deps: { db: Database; clock: Clock; log: Logger }): Promise<Lookup> {
  const entries = new Map<string, TitleInfo>()
  let seen = 0
  let running: Promise<void> = Promise.resolve()
  let isStopped = false
  let cancel = () => {}

  async function follow(): Promise<void> {
    const last = await lastChange(deps.db)
    if (last === seen) return
    // A restored backup counts from an earlier number: begin again.
    if (last < seen) {
      entries.clear()
      seen = 0
    }
    let place: { change: number; id: string | null } = { change: seen, id: null }
    for (;;) {
      const page = await summariesSince(deps.db, place, PAGE)
      for (const { id, kind, name, change } of page) {
        entries.set(id, { id, kind: kind === 'channel' ? 'live' : 'vod', type: kind, name })
        place = { change, id }
      }
      if (page.length < PAGE) break
    }
    seen = Math.max(last, place.change)
  }

  /** One at a time; who asks while one is under way waits for the next, which sees what was written until now. */
  function refresh(): Promise<void> {
    running = running.catch(() => {}).then(follow)
    return running
  }

  function schedule(): void {
    if (isStopped) return
    cancel = deps.clock.after(REFRESH_EVERY_MS, () => {
      refresh()
        .catch((error: unknown) => deps.log.warn({ err: error }, 'the catalogue could not be refreshed'))
        .finally(schedule)
    })
  }

  await refresh()
  schedule()
  return {
    titleInfo: (contentId) => entries.get(contentId),
    refresh,
    stop() {
      isStopped = true
      cancel()
    },
  }
}
