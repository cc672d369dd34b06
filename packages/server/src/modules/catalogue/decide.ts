import type { FieldError, ProblemCode } from '@foyer/contracts'
import { changedFields, writtenItem, type Item, type ItemFields, type ItemKind } from './item.ts'
import { itemFaults, PARENT_KINDS, parentFault } from './rules.ts'

/** A write that somebody asks for; `fields` have passed their schema. */
export interface Change {
  readonly id: string
  /**
   * create: refused where the id is taken · replace: fields left out are cleared · update: refused where there is nothing,
   * fields left out stay · merge: creates or updates, fields left out stay · delete.
   */
  readonly mode: 'create' | 'replace' | 'update' | 'merge' | 'delete'
  /** Titles and channels share ids; a write meant for one never touches the other. */
  readonly family: 'title' | 'channel'
  readonly fields: ItemFields
}

export type Decision =
  | {
      readonly outcome: 'created' | 'updated' | 'deleted'
      readonly item: Item
      readonly changed: readonly string[]
    }
  | { readonly outcome: 'unchanged'; readonly item: Item }
  | { readonly outcome: 'refused'; readonly code: ProblemCode; readonly errors: readonly FieldError[] }

/** What the decisions depend on. `decideChanges` keeps it up to date, so that one write sees the one before it. */
export interface World {
  /** Entries by id, also deleted ones: all that are written and all parents that are named. */
  readonly items: Map<string, Item>
  /** Ids of what belongs to an entry and is not deleted, with their kinds. */
  readonly children: Map<string, Map<string, ItemKind>>
}

/** Decides writes one after another: the only place that says what may be written. Pure but for `world`. */
export function decideChanges(changes: readonly Change[], world: World, at: string): Decision[] {
  return changes.map((change) => {
    const decision = decide(change, world, at)
    if (decision.outcome !== 'refused' && decision.outcome !== 'unchanged') remember(world, decision.item)
    return decision
  })
}

function decide(change: Change, world: World, at: string): Decision {
  const { id, mode, family } = change
  const known = world.items.get(id)
  const before = known?.deletedAt === null ? known : undefined
  if (before && familyOf(before) !== family) {
    return refuse(`${family}.exists`, 'id', `${id} is a ${before.kind}`)
  }
  if (mode === 'create' && before) return refuse(`${family}.exists`, 'id', 'is taken')
  if ((mode === 'update' || mode === 'delete') && !before)
    return refuse(`${family}.not_found`, 'id', 'is unknown')
  const children = world.children.get(id) ?? new Map<string, ItemKind>()
  if (mode === 'delete') {
    if (children.size > 0) return refuse('title.in_use', 'id', `${children.size} titles belong to it`)
    return { outcome: 'deleted', item: { ...before!, updatedAt: at, deletedAt: at }, changed: [] }
  }

  const isNew = before === undefined
  if (isNew && change.fields.kind === undefined) {
    return refuse('request.invalid', 'kind', 'a new title needs a kind')
  }
  const fields = mode === 'replace' ? { ...CLEARED, ...change.fields } : change.fields
  const item = writtenItem(id, fields, before, at)
  if (!isNew && item === before) return { outcome: 'unchanged', item }

  const faults = itemFaults(item)
  if (faults.length > 0) return { outcome: 'refused', code: 'request.invalid', errors: faults }
  const fault = parentFault(item, item.parentId === null ? undefined : world.items.get(item.parentId))
  if (fault) return refuse('title.parent_invalid', 'parentId', fault)
  for (const kind of children.values()) {
    if (!PARENT_KINDS[kind].includes(item.kind)) {
      return refuse('title.in_use', 'kind', `a ${kind} belongs to it, so it cannot become a ${item.kind}`)
    }
  }
  return isNew
    ? { outcome: 'created', item, changed: [] }
    : { outcome: 'updated', item, changed: changedFields(before, item) }
}

/** Null for every field that may be left out. */
const CLEARED: ItemFields = {
  parentId: null,
  number: null,
  originalName: null,
  synopsis: null,
  language: null,
  releaseDate: null,
  releaseYear: null,
  durationMs: null,
  creditsStartMs: null,
  ageRating: null,
  categories: null,
  keywords: null,
  people: null,
  windows: null,
  rights: null,
  localised: null,
  images: null,
  externalIds: null,
}

export function familyOf(item: Pick<Item, 'kind'>): 'title' | 'channel' {
  return item.kind === 'channel' ? 'channel' : 'title'
}

function remember(world: World, item: Item): void {
  const before = world.items.get(item.id)
  if (before?.parentId) world.children.get(before.parentId)?.delete(item.id)
  world.items.set(item.id, item)
  if (item.parentId === null || item.deletedAt !== null) return
  const siblings = world.children.get(item.parentId)
  if (siblings) siblings.set(item.id, item.kind)
  else world.children.set(item.parentId, new Map([[item.id, item.kind]]))
}

function refuse(code: ProblemCode, field: string, message: string): Decision {
  return { outcome: 'refused', code, errors: [{ field, message }] }
}
