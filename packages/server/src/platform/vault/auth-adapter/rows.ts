import type { Database } from '../../data-map.ts'
import type { Keychain, Vault } from '../vault.ts'
import { companionOf, type Model } from './policy.ts'

/** Rows on their way into the database (sealed) and out of it (opened). */
export type Row = Record<string, unknown>

/** Seals and opens the values of one model for one owner. */
interface Sealer {
  seal(column: string, plain: string): string
  /** Null when the key is gone. */
  open(column: string, sealed: string): string | null
}

/** The fields of `data` that the policy touches become HMACs and sealed texts; the others stay. */
export function sealRow(
  model: Model,
  data: Readonly<Row>,
  owner: string | null,
  keys: Keychain,
  vault: Vault,
): Row {
  const sealer = sealerOf(model, owner, keys, vault)
  const row: Row = { ...data }
  for (const [field, value] of Object.entries(data)) {
    const lookup = model.lookups.get(field)
    if (lookup) {
      row[field] = isMissing(value) ? value : vault.lookup(lookup.column, textOf(model, field, value))
      if (lookup.isReadable !== false) row[companionOf(field)] = sealValue(sealer, model, field, value)
    } else if (model.sealed.has(field)) row[field] = sealValue(sealer, model, field, value)
  }
  return row
}

/** Whether `data` writes a field that has to be sealed. */
export function touches(model: Model, data: Readonly<Row>): boolean {
  return Object.keys(data).some((field) => model.lookups.has(field) || model.sealed.has(field))
}

/** A row of a model, and the rows of the models that it was joined with. */
export interface JoinedModels {
  readonly model: Model | null
  readonly joined: ReadonlyMap<string, Model | null>
}

/** Opens rows with one query for the keys of all their owners. */
export async function openRows(
  handle: Database,
  models: JoinedModels,
  rows: readonly Row[],
  vault: Vault,
): Promise<Row[]> {
  const owners = new Set<string>()
  const noteOwner = (model: Model | null, row: Row) => {
    const owner = model?.owner ? row[model.owner] : undefined
    if (typeof owner === 'string') owners.add(owner)
  }
  for (const row of rows) {
    noteOwner(models.model, row)
    for (const [name, model] of models.joined) for (const inner of nested(row, name)) noteOwner(model, inner)
  }
  const keys = await vault.unlock(handle, owners)
  return rows.map((row) => {
    const opened = openRow(models.model, row, keys, vault)
    for (const [name, model] of models.joined) {
      const value = row[name]
      if (Array.isArray(value)) opened[name] = value.map((inner: Row) => openRow(model, inner, keys, vault))
      else if (value) opened[name] = openRow(model, value as Row, keys, vault)
    }
    return opened
  })
}

function openRow(model: Model | null, row: Row, keys: Keychain, vault: Vault): Row {
  const opened: Row = { ...row }
  if (!model) return opened
  const owner = model.owner === null ? null : ((row[model.owner] as string | null | undefined) ?? null)
  const sealer = sealerOf(model, owner, keys, vault)
  for (const field of model.sealed) {
    if (isMissing(row[field])) continue
    const value = openValue(sealer, model, field, row[field])
    opened[field] = value ?? (model.required.has(field) ? '' : null)
  }
  for (const [field, lookup] of model.lookups) {
    if (lookup.isReadable === false) continue
    const companion = row[companionOf(field)]
    delete opened[companionOf(field)]
    if (isMissing(row[field])) continue
    if (isMissing(companion)) throw new Error(`${model.name}.${field} has no sealed companion`)
    opened[field] = openValue(sealer, model, field, companion) ?? `${String(row['id'])}@erased.invalid`
  }
  return opened
}

function sealerOf(model: Model, owner: string | null, keys: Keychain, vault: Vault): Sealer {
  if (model.owner === null) return { seal: vault.sealService, open: vault.openService }
  if (owner === null) throw new Error(`a row of ${model.name} has no owner whose key could seal it`)
  return {
    seal: (column, plain) => keys.seal(owner, column, plain),
    open: (column, sealed) => keys.open(owner, column, sealed),
  }
}

function sealValue(sealer: Sealer, model: Model, field: string, value: unknown): unknown {
  if (isMissing(value)) return value
  if (Array.isArray(value)) return value.map((item) => sealValue(sealer, model, field, item))
  return sealer.seal(`${model.name}.${field}`, textOf(model, field, value))
}

/** Throws SealBroken when a plain value stands in the column; null when the key is gone. */
function openValue(sealer: Sealer, model: Model, field: string, value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => openValue(sealer, model, field, item))
    return items.includes(null) ? null : items
  }
  return sealer.open(`${model.name}.${field}`, textOf(model, field, value))
}

function textOf(model: Model, field: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`${model.name}.${field} is sealed and takes text only`)
  return value
}

function nested(row: Row, name: string): Row[] {
  return [row[name]].flat().filter((inner): inner is Row => typeof inner === 'object' && inner !== null)
}

function isMissing(value: unknown): value is null | undefined {
  return value === null || value === undefined
}
