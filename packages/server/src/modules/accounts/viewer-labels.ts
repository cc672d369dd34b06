import { inArray } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Actor } from '../../platform/http/index.ts'
import type { Subject } from '../../platform/ids.ts'
import type { Vault } from '../../platform/vault/index.ts'
import { viewerSubject } from './schema.ts'
import { loadNames, type StoredNames } from './viewer-rows.ts'

/** A viewer as a line of a list. */
export interface ListedViewer {
  readonly viewerId: string
  readonly label: string
}

/**
 * What to call many viewers, by their subjects in EVENTS; subjects without a viewer are missing. Names are opened for who
 * has the right viewers.personal alone. The caller records the look.
 */
export type LabelViewers = (actor: Actor, vids: readonly Subject[]) => Promise<Map<Subject, ListedViewer>>

export function createLabelViewers({ db, vault }: { db: NodePgDatabase; vault: Vault }): LabelViewers {
  return async (actor, vids) => {
    if (vids.length === 0) return new Map()
    const found = await db
      .select({ vid: viewerSubject.vid, viewerId: viewerSubject.viewerId })
      .from(viewerSubject)
      .where(inArray(viewerSubject.vid, [...vids]))
    const names = maySeeNames(actor)
      ? await loadNames(
          db,
          vault,
          found.map(({ viewerId }) => viewerId),
        )
      : new Map<string, StoredNames>()
    return new Map(
      found.map(({ vid, viewerId }) => [vid, { viewerId, label: labelOf(viewerId, names.get(viewerId)) }]),
    )
  }
}

export function maySeeNames(actor: Actor): boolean {
  return actor.rights.has('viewers.personal')
}

/** The name in full, or what is known of it; null for a viewer without one. */
export function fullNameOf({ name, firstName, lastName }: StoredNames): string | null {
  return name ?? ([firstName, lastName].filter((part) => part !== null).join(' ') || null)
}

/** The name; without one, or without leave to see it, what tells viewers apart and says nothing of them. */
export function labelOf(viewerId: string, names: StoredNames | undefined): string {
  return (names && fullNameOf(names)) ?? `Viewer …${viewerId.slice(-6)}`
}
