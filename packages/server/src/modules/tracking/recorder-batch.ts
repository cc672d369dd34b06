import { purposeMask, PURPOSES_WITHOUT_CONSENT } from '@foyer/contracts'
import type { Logger } from '../../platform/log.ts'
import type { JournalEntry, Position, RecorderState, SealedBatch, StateChanges } from '../../storage/index.ts'
import type { Enrich, Enrichment } from './enrich.ts'
import { correctedTime } from './envelope.ts'
import { openSightings, type Sightings } from './presence-sightings.ts'
import { openDedupe, type FreshEvent } from './recorder-dedupe.ts'
import { decodeEvents } from './recorder-decode.ts'
import type { TrackedEvent } from './recorder-event.ts'
import { applyIdentifies, type IdentifyDependencies } from './recorder-identify.ts'
import { openLines, type Lines } from './recorder-lines.ts'
import type { SetAside } from './recorder-set-aside.ts'
import { EVENT_COLUMNS, eventRow, REVISION_COLUMNS, type ViewColumns } from './rows.ts'
import { openSubjects, type Attribution, type SubjectDependencies } from './subjects.ts'
import { openViews } from './view-state.ts'

export interface BatchDependencies extends SubjectDependencies, IdentifyDependencies {
  readonly state: RecorderState
  readonly enrich: Enrich
  localDateOf(ts: number, timeZone: string): string
  /** An app and its service; null when it was deleted since. */
  appById(
    id: string,
  ): Promise<{ readonly platform: string; readonly service: { readonly timeZone: string } } | null>
  readonly setAside: SetAside
  readonly log: Logger
}

/** What was done, for the counters. */
export interface BatchCounts {
  readonly events: number
  readonly duplicates: number
  readonly unreadable: number
  /** Receipt of the oldest new event, epoch ms; null without one. */
  readonly oldestReceivedAt: number | null
  /** Receipt of the newest, epoch ms; null without one. */
  readonly newestReceivedAt: number | null
}

/** A batch in the making: entries go in, rows and what to remember come out. */
export interface Batch {
  add(entries: readonly JournalEntry[]): Promise<void>
  readonly rows: number
  readonly bytes: number
  readonly counts: BatchCounts
  /** Closes it. Tokens are made of `tokenPrefix`. */
  finish(options: { now: number; number: number; upTo: Position | null; tokenPrefix: string }): {
    sealed: SealedBatch
    changes: StateChanges
    /** Who was there by it, for whom it counts once it is sealed. */
    sightings: Sightings
  }
}

/** The steps from journal entries to rows, each named for what it does. */
export function openBatch(deps: BatchDependencies): Batch {
  const dedupe = openDedupe(deps.state)
  const subjects = openSubjects(deps.state, deps)
  const views = openViews(deps.state, deps.localDateOf)
  const sightings = openSightings()
  const eventLines = openLines()
  const apps = new Map<string, AppFacts>()
  const timeZones = new Map<string, string>()
  const counts = {
    events: 0,
    duplicates: 0,
    unreadable: 0,
    oldestReceivedAt: null as number | null,
    newestReceivedAt: null as number | null,
  }

  async function add(entries: readonly JournalEntry[]): Promise<void> {
    const events = entries.flatMap(decode)
    const fresh = dedupe.fresh(events).map(correctClock)
    counts.events += fresh.length
    counts.duplicates += events.length - fresh.length
    await learnApps(fresh)
    const attributed = await attribute(fresh)
    await applyIdentifies(attributed, deps)
    for (const each of attributed) record(each)
  }

  function decode({ position, entry }: JournalEntry): readonly TrackedEvent[] {
    const decoded = decodeEvents(entry, deps)
    if (decoded.kind === 'events') return decoded.events
    if (decoded.kind === 'newer') throw new NewerEntry(decoded.version)
    const isKept = deps.setAside.put(`entry-${position}`, entry)
    counts.unreadable += 1
    deps.log.warn(
      { position, reason: decoded.reason, isKept },
      'a journal entry cannot be read; it was set aside',
    )
    return []
  }

  /** Players send many batches of a view, which together know their clock better than each alone. */
  function correctClock(each: FreshEvent): FreshEvent {
    const { event } = each
    if (!event.fold) return each
    const clockOffsetMs = views.clockOffset({ ...event, monoMs: event.fold.monoMs })
    if (clockOffsetMs === event.clockOffsetMs) return each
    const ts = correctedTime({ receivedAt: event.receivedAt, clockOffsetMs }, event.deviceTs)
    return { ...each, event: { ...event, clockOffsetMs, ts, fold: { ...event.fold, ts } } }
  }

  async function learnApps(fresh: readonly FreshEvent[]): Promise<void> {
    for (const { event } of fresh) {
      if (apps.has(event.app)) continue
      const app = await deps.appById(event.app)
      const facts = { platform: app?.platform ?? '', timeZone: app?.service.timeZone ?? 'UTC' }
      apps.set(event.app, facts)
      timeZones.set(event.service, facts.timeZone)
    }
  }

  async function attribute(fresh: readonly FreshEvent[]): Promise<(FreshEvent & Attribution)[]> {
    const attributions = await subjects.attribute(fresh.map(({ event }) => event))
    return fresh.map((each, index) => ({ ...each, ...attributions[index]! }))
  }

  function record(each: FreshEvent & Attribution): void {
    const app = apps.get(each.event.app)!
    const enrichment = deps.enrich(each.event, app.platform)
    const event = enrichment.deviceClass === 'bot' ? withoutConsent(each.event) : each.event
    const line = eventRow({ ...each, event, localDate: deps.localDateOf(event.ts, app.timeZone), enrichment })
    eventLines.add(event.ts, line)
    counts.oldestReceivedAt = Math.min(counts.oldestReceivedAt ?? Infinity, event.receivedAt)
    counts.newestReceivedAt = Math.max(counts.newestReceivedAt ?? -Infinity, event.receivedAt)
    sightings.add(event, each, enrichment)
    if (!event.fold) return
    const columns = viewColumns(event, each, enrichment)
    views.add({ columns, isSignedIn: each.isSignedIn, event: event.fold })
  }

  return {
    add,
    get rows() {
      return eventLines.rows
    },
    get bytes() {
      return eventLines.bytes
    },
    counts,
    finish({ now, number, upTo, tokenPrefix }) {
      const viewed = views.finish({ now, timeZoneOf: (service) => timeZones.get(service) ?? 'UTC' })
      const viewLines = openLines()
      for (const { ts, line } of viewed.rows) viewLines.add(ts, line)
      const inserts = [
        ...insertsOf('events', { lines: eventLines, columns: EVENT_COLUMNS, tokenPrefix }),
        ...insertsOf('view_revision', { lines: viewLines, columns: REVISION_COLUMNS, tokenPrefix }),
      ]
      const remember = [...subjects.remember(now), ...viewed.remember]
      return {
        sealed: { number, upTo, inserts, links: subjects.links },
        changes: { seen: dedupe.seen(), remember },
        sightings: sightings.finish(viewed.standing),
      }
    },
  }
}

/** Nobody's event, who could have agreed to anything: it counts where no consent is needed, and nowhere else. */
function withoutConsent(event: TrackedEvent): TrackedEvent {
  return { ...event, consentMask: (event.consentMask & WITHOUT_CONSENT) >>> 0 }
}

const WITHOUT_CONSENT = purposeMask(PURPOSES_WITHOUT_CONSENT)

interface AppFacts {
  readonly platform: string
  readonly timeZone: string
}

/** An entry that a newer Foyer wrote: it must not be skipped, so the recorder waits. */
export class NewerEntry extends Error {
  override readonly name = 'NewerEntry'
  constructor(version: number) {
    super(
      `The journal holds an entry of version ${version}, which only a newer Foyer can read. Start that version.`,
    )
  }
}

function viewColumns(
  event: TrackedEvent,
  { subject, device }: Attribution,
  enrichment: Enrichment,
): ViewColumns {
  return {
    service: event.service,
    app: event.app,
    viewId: event.viewId,
    subject,
    consentMask: event.consentMask,
    device,
    platform: enrichment.platform,
    deviceClass: enrichment.deviceClass,
    country: enrichment.country,
    contentId: event.contentId,
    contentKind: enrichment.contentKind,
    contentType: enrichment.contentType,
  }
}

/** Months in one insert: the engine refuses a block of more than 100 partitions. */
const MONTHS_MAX = 90

/** One insert for a table, or several where imported history spans many years. */
function insertsOf(
  table: string,
  { lines, columns, tokenPrefix }: { lines: Lines; columns: readonly string[]; tokenPrefix: string },
): SealedBatch['inserts'] {
  const parts = lines.parts(MONTHS_MAX)
  return parts.map((ndjson, index) => ({
    table,
    token: `${tokenPrefix}:${table}${parts.length > 1 ? `:${index}` : ''}`,
    columns,
    ndjson,
  }))
}
