import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import { decideChanges, type Change, type Decision, type World } from './decide.ts'
import { lockForWriting, readChildren, readItems, writeItems } from './queries.ts'

/**
 * Decides and writes changes in one transaction: what is refused is left out, all else is written together. One writer at
 * a time, so what was decided holds when it is written. At most `CHANGES_AT_ONCE`.
 */
export function applyChanges(db: Database, clock: Clock, changes: readonly Change[]): Promise<Decision[]> {
  if (changes.length > CHANGES_AT_ONCE) throw new RangeError(`more than ${CHANGES_AT_ONCE} changes at once`)
  return db.transaction(async (tx) => {
    const last = await lockForWriting(tx)
    const world: World = { items: new Map(), children: new Map() }
    await learn(tx, world, changes)
    const decisions = decideChanges(changes, world, new Date(clock.now()).toISOString())
    const written = new Set(
      decisions.flatMap((decision) => ('changed' in decision ? [decision.item.id] : [])),
    )
    await writeItems(
      tx,
      [...written].map((id) => world.items.get(id)!),
      last + 1,
    )
    return decisions
  })
}

/** Changes in one transaction: few enough to be done well within the time that a lease of RECORDS lasts. */
export const CHANGES_AT_ONCE = 250

/** Reads into `world` what deciding these changes needs and it does not hold yet. */
export async function learn(db: Database, world: World, changes: readonly Change[]): Promise<void> {
  const named = new Set(
    changes.flatMap(({ id, fields }) => [id, ...(fields.parentId ? [fields.parentId] : [])]),
  )
  await read([...named])
  // A kind may change while the parent stays: then the parent decides and was not named.
  await read(changes.flatMap(({ id }) => world.items.get(id)?.parentId ?? []))
  const asked = changes.filter(
    ({ id, mode, fields }) =>
      world.items.has(id) &&
      (mode === 'delete' || (fields.kind !== undefined && fields.kind !== world.items.get(id)!.kind)),
  )
  const stored = await readChildren(
    db,
    asked.map(({ id }) => id),
  )
  for (const [id, children] of stored) {
    // What `world` already knows of a child is newer than what is stored.
    for (const [childId, kind] of world.children.get(id) ?? []) children.set(childId, kind)
    for (const childId of children.keys()) {
      const known = world.items.get(childId)
      if (known && (known.parentId !== id || known.deletedAt !== null)) children.delete(childId)
    }
    world.children.set(id, children)
  }

  async function read(ids: readonly string[]): Promise<void> {
    for (const item of await readItems(
      db,
      ids.filter((id) => !world.items.has(id)),
    )) {
      world.items.set(item.id, item)
    }
  }
}
