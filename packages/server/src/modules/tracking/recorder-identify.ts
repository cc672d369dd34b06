import type { Subject } from '../../platform/ids.ts'
import type { Logger } from '../../platform/log.ts'
import { sqlState } from '../../storage/index.ts'
import type { TrackedEvent } from './recorder-event.ts'

/** An `identify`, opened, for the module accounts. */
export interface Identification {
  readonly service: string
  readonly app: string
  readonly externalId: string
  readonly device: Subject | null
  readonly traits: Readonly<Record<string, unknown>>
  /** When it was said, by our clock, epoch ms. */
  readonly at: number
  readonly isVerified: boolean
}

/** What accounts made of it. */
export type IdentifyVerdict =
  | {
      readonly outcome: 'created' | 'updated' | 'unchanged'
      /** Traits that were not taken: a field's name, or `traits.` and the name that the client gave it. */
      readonly dropped: readonly { readonly field: string }[]
    }
  | { readonly outcome: 'claimed' }
  | { readonly outcome: 'refused'; readonly reason: string }

export interface IdentifyDependencies {
  openFromIntake(text: string): string
  resolveViewers(service: string, externalIds: Iterable<string>): Promise<ReadonlyMap<string, Subject>>
  /** Takes what it says; doing it again changes nothing. */
  applyIdentify(identification: Identification): Promise<IdentifyVerdict>
  /** Counts traits that were not taken: the field, `traits` for all others, `all` for an identify of which nothing was. */
  countDropped(field: string): void
  readonly log: Logger
}

/**
 * Hands the `identify` messages of a batch to accounts, in order, before the batch is sealed: after a crash it is done
 * again, which changes nothing. Events keep no traits. Whoever sent what is not taken had its answer long ago, so it is
 * counted, and told in the log without its values.
 */
export async function applyIdentifies(
  events: readonly { readonly event: TrackedEvent; readonly device: string }[],
  deps: IdentifyDependencies,
): Promise<void> {
  const dropped = new Map<string, Set<string>>()
  function drop(app: string, field: string): void {
    deps.countDropped(field)
    dropped.set(app, (dropped.get(app) ?? new Set()).add(field))
  }
  for (const { event, device } of events) {
    const { actor } = event
    const externalId = actor.externalId ?? actor.claimedId
    if (event.type !== 'identify' || event.source !== 'segment' || externalId === null) continue
    const traits = openTraits(event, deps)
    const identification = {
      service: event.service,
      app: event.app,
      externalId,
      device: device === '0' ? null : (device as Subject),
      traits: traits ?? {},
      at: event.ts,
      isVerified: actor.externalId !== null || (await isOwnToken(event, externalId, deps)),
    }
    if (traits === null) drop(event.app, 'all')
    try {
      for (const field of droppedBy(await deps.applyIdentify(identification))) drop(event.app, field)
    } catch (error) {
      if (!isAboutContent(error)) throw error
      drop(event.app, 'all')
      deps.log.error(
        { err: error, app: event.app },
        'an identify cannot be applied; its event is kept without it',
      )
    }
  }
  for (const [app, fields] of dropped)
    deps.log.warn({ app, fields: [...fields] }, 'traits of identify messages were not taken')
}

/** Fields by names of ours alone: a client's could be anything, a value too. */
function droppedBy(verdict: IdentifyVerdict): string[] {
  if (verdict.outcome === 'refused') return ['all']
  if (verdict.outcome === 'claimed') return []
  return verdict.dropped.map(({ field }) => (field.startsWith('traits.') ? 'traits' : field))
}

/**
 * Whether an identify fails by what it says and would fail again: its data do not fit (classes 22 and 23 of SQLSTATE) or
 * trip a mistake of ours. It must not stop the line; anything else is RECORDS' state, and is waited for.
 */
function isAboutContent(error: unknown): boolean {
  const state = sqlState(error)
  if (state !== undefined && state !== null) return /^2[23]/.test(state)
  return error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError
}

/** A viewer token speaks for the viewer that it names and for nobody else. */
async function isOwnToken(
  event: TrackedEvent,
  externalId: string,
  deps: IdentifyDependencies,
): Promise<boolean> {
  if (event.actor.vid === null) return false
  const viewers = await deps.resolveViewers(event.service, [externalId])
  return viewers.get(externalId) === event.actor.vid
}

/** Null when their key is gone: they waited longer than it lived. */
function openTraits(
  event: TrackedEvent,
  deps: IdentifyDependencies,
): Readonly<Record<string, unknown>> | null {
  if (event.sealedTraits === null) return {}
  try {
    return JSON.parse(deps.openFromIntake(event.sealedTraits)) as Record<string, unknown>
  } catch {
    return null
  }
}
