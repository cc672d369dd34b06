import { hash } from 'node:crypto'
import { uuidV7From } from '../../platform/ids.ts'
import type { RecorderState, StateChanges } from '../../storage/index.ts'
import type { TrackedEvent } from './recorder-event.ts'

/** How long a message id is remembered: as long as the intake takes late events. Imports are remembered for ever. */
const SEEN_MS = 7 * 86_400_000
const KEY_BYTES = 16
const DIGEST_BYTES = 32

/** An event that was not seen before. */
export interface FreshEvent {
  readonly event: TrackedEvent
  /** UUIDv7 of the receipt and the message id: drawn from nothing, so that it never differs. */
  readonly eventId: string
}

/** Takes out what came before, in this batch or in an earlier one. */
export interface Dedupe {
  fresh(events: readonly TrackedEvent[]): FreshEvent[]
  /** Keys to remember with the batch. */
  seen(): StateChanges['seen']
}

export function openDedupe(state: Pick<RecorderState, 'seen'>): Dedupe {
  const seen: StateChanges['seen'][number][] = []
  const inBatch = new Set<string>()

  return {
    fresh(events) {
      const digests = digestsOf(events)
      const known = state.seen(digests.map((digest) => digest.subarray(0, KEY_BYTES)))
      const fresh: FreshEvent[] = []
      for (const [index, event] of events.entries()) {
        const digest = digests[index]!
        const text = digest.toString('latin1', 0, KEY_BYTES)
        if (known[index] || inBatch.has(text)) continue
        inBatch.add(text)
        seen.push({
          key: digest.subarray(0, KEY_BYTES),
          expiresAt: event.isImport ? null : event.receivedAt + SEEN_MS,
        })
        fresh.push({ event, eventId: uuidV7From(event.receivedAt, digest.subarray(KEY_BYTES)) })
      }
      return fresh
    },
    seen: () => seen,
  }
}

/**
 * SHA-256 of where a message id means something and the id: its app, and for imports their source, so that the same file
 * imported through another app adds nothing. Ids hold no control characters. All lie in one piece of memory, since a
 * buffer each would cost the collector more than the hash.
 */
function digestsOf(events: readonly TrackedEvent[]): Buffer[] {
  const all = Buffer.allocUnsafeSlow(events.length * DIGEST_BYTES)
  return events.map((event, index) => {
    const scope = event.isImport ? `${event.service}\n${event.source}` : event.app
    const from = index * DIGEST_BYTES
    all.write(hash('sha256', `${scope}\n${event.messageId}`, 'binary'), from, 'latin1')
    return all.subarray(from, from + DIGEST_BYTES)
  })
}
