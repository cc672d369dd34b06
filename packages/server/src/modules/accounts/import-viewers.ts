import { isDeepStrictEqual } from 'node:util'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { DEFAULT_PURPOSES, identifier, purposeMask, type Purpose } from '@foyer/contracts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../platform/errors.ts'
import { uuidV7, type RandomSource, type Subject } from '../../platform/ids.ts'
import type { Vault } from '../../platform/vault/index.ts'
import type { Directory } from './directory.ts'
import { readFields, type Dropped, type Json, type StatedFields } from './fields.ts'
import { applyChanges, emptyProfile } from './profile.ts'
import type { Subjects } from './subjects.ts'
import { insertViewers, loadViewers, updateViewer, type NewViewer } from './viewer-rows.ts'

/** A viewer from a file: values as they stand there, read leniently. */
export interface ImportedViewer extends StatedFields {
  readonly externalId: string
  readonly traits?: Readonly<Record<string, Json>>
  /** When the row was last true, epoch ms. With it, newer rows change older viewers; without, a known viewer stays as it is. */
  readonly updatedAt?: number
}

export interface ViewerImport {
  readonly service: string
  /** What the viewers may be counted for. */
  readonly purposes?: readonly Purpose[]
  /** `import:movielens`, `import:csv` … */
  readonly source: `import:${string}`
  /** At most `IMPORT_BATCH_MAX`; more is a mistake of the caller. */
  readonly viewers: readonly ImportedViewer[]
}

/** What became of a row, in the order of the rows. */
export type ImportedResult =
  | {
      readonly outcome: 'created' | 'updated' | 'unchanged'
      readonly externalId: string
      readonly viewerId: string
      readonly vid: Subject
      readonly dropped: readonly Dropped[]
    }
  | { readonly outcome: 'refused'; readonly externalId: string; readonly reason: string }

export type ImportViewers = (batch: ViewerImport) => Promise<ImportedResult[]>

/** Rows in one transaction: 0.5 s of the embedded RECORDS, whose lease ends after 10. */
export const IMPORT_BATCH_MAX = 500

/**
 * Imports viewers: all of a batch or, when it throws, none. Rows are told apart by external id, so the same file again
 * adds nothing.
 */
export function createImportViewers(deps: {
  db: NodePgDatabase
  vault: Vault
  clock: Clock
  random: RandomSource
  directory: Directory
  subjects: Subjects
}): ImportViewers {
  const { db, vault, clock, random, directory, subjects } = deps

  return async function importViewers(batch) {
    if (batch.viewers.length > IMPORT_BATCH_MAX)
      throw new RangeError(`a batch of viewers has at most ${IMPORT_BATCH_MAX}`)
    const service = await directory.serviceById(batch.service)
    if (!service) throw new Problem('service.not_found', `There is no service ${batch.service}.`)
    const { timeZone } = service
    const now = clock.now()
    const valid = batch.viewers.filter((row) => identifier.safeParse(row.externalId).success)

    return db.transaction(async (tx) => {
      const attached = await subjects.attach(
        tx,
        batch.service,
        valid.map((row) => row.externalId),
      )
      const known = await loadViewers(
        tx,
        vault,
        [...attached.values()].flatMap(({ viewerId }) => viewerId ?? []),
        'update',
      )
      const created = new Map<string, NewViewer>()
      const results: ImportedResult[] = []
      for (const row of batch.viewers) results.push(await importRow(row))
      await insertViewers(tx, vault, [...created.values()], now)
      return results

      async function importRow(row: ImportedViewer): Promise<ImportedResult> {
        const { externalId, traits, updatedAt, ...stated } = row
        const attachment = attached.get(externalId)
        if (!attachment)
          return {
            outcome: 'refused',
            externalId,
            reason: 'the id is empty, too long or has control characters',
          }
        const { vid, viewerId } = attachment
        const { changes, dropped: unread } = readFields(stated, { now, timeZone })
        if (traits) changes.traits = { ...traits }
        const at = updatedAt ?? changes.registeredAt ?? now

        if (viewerId === null) {
          const twin = created.get(externalId)
          if (twin && updatedAt === undefined)
            return { outcome: 'unchanged', externalId, viewerId: twin.id, vid, dropped: [] }
          if (twin) {
            // A later statement of the same file, as if its viewer were stored already.
            const { profile, dropped } = applyChanges(twin.profile, changes, { at, timeZone })
            created.set(externalId, { ...twin, profile })
            const outcome = isDeepStrictEqual(profile, twin.profile) ? 'unchanged' : 'updated'
            return { outcome, externalId, viewerId: twin.id, vid, dropped: [...unread, ...dropped] }
          }
          const { profile, dropped } = applyChanges(emptyProfile(at), changes, { at, timeZone })
          const id = uuidV7(now, random)
          created.set(externalId, {
            id,
            vid,
            service: batch.service,
            externalId,
            profile,
            consentMask: purposeMask(batch.purposes ?? DEFAULT_PURPOSES),
            source: batch.source,
          })
          return { outcome: 'created', externalId, viewerId: id, vid, dropped: [...unread, ...dropped] }
        }
        const stored = known.get(viewerId)
        if (!stored) return { outcome: 'refused', externalId, reason: 'the viewer was erased' }
        if (updatedAt === undefined) return { outcome: 'unchanged', externalId, viewerId, vid, dropped: [] }
        const { profile, dropped } = applyChanges(stored.profile, changes, { at, timeZone })
        const isWritten = await updateViewer(tx, vault, stored, profile, now)
        if (isWritten) known.set(viewerId, { ...stored, profile })
        return {
          outcome: isWritten ? 'updated' : 'unchanged',
          externalId,
          viewerId,
          vid,
          dropped: [...unread, ...dropped],
        }
      }
    })
  }
}
