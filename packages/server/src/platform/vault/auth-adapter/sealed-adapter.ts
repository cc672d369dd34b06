import type { BetterAuthOptions } from '@better-auth/core'
import type { DBAdapter, JoinOption, Where } from '@better-auth/core/db/adapter'
import { generateId } from '@better-auth/core/utils/id'
import { is } from 'drizzle-orm'
import { PgTransaction } from 'drizzle-orm/pg-core'
import type { Database } from '../../data-map.ts'
import type { Vault } from '../vault.ts'
import { companionOf, resolveModels, type AuthPolicy, type Model } from './policy.ts'
import { openRows, sealRow, touches, type Row } from './rows.ts'
import { scan, writeTargets } from './targets.ts'
import { sortRows, splitWhere } from './where.ts'

export interface SealedAdapterOptions {
  /** The database, or an open transaction that everything shall be part of. */
  readonly db: Database
  readonly vault: Vault
  readonly policy: AuthPolicy
  /** Set before model names in the vault, such as `operator_`: instances must not share look-ups. */
  readonly prefix: string
  /** The adapter to wrap, over the database or one of its transactions. */
  readonly adapter: (handle: Database) => (options: BetterAuthOptions) => DBAdapter
}

/**
 * A better-auth database under which nothing personal is readable. Give it as `database`. Refuses to start (StartupError)
 * while the policy leaves a column unclassified.
 */
export function sealedAdapter(settings: SealedAdapterOptions): (options: BetterAuthOptions) => DBAdapter {
  return (options) => {
    const models = resolveModels(settings.policy, options, settings.prefix)
    const context = { ...settings, options, models }
    const inner = settings.adapter(settings.db)(options)
    return wrap(context, { handle: settings.db, inner, isInTransaction: is(settings.db, PgTransaction) })
  }
}

interface Context extends SealedAdapterOptions {
  readonly options: BetterAuthOptions
  readonly models: (model: string) => Model | null
}

/** Wraps the adapter over one handle: the database, or a transaction of it. */
function wrap(
  context: Context,
  over: { handle: Database; inner: DBAdapter; isInTransaction: boolean },
): DBAdapter {
  const { vault, models } = context
  const { handle, inner, isInTransaction } = over
  const using = { inner, handle, vault }

  /** What needs several statements stands or falls together. */
  function atomically<R>(work: (adapter: DBAdapter) => Promise<R>): Promise<R> {
    return isInTransaction ? work(adapter) : adapter.transaction((tx) => work(tx as DBAdapter))
  }

  const joinedModels = (join: JoinOption | undefined) =>
    new Map(Object.keys(join ?? {}).map((name) => [name, models(name)]))

  async function open<R>(modelName: string, row: R, join?: JoinOption): Promise<R> {
    if (row === null || row === undefined) return row
    const to = { model: models(modelName), joined: joinedModels(join) }
    return (await openRows(handle, to, [row as Row], vault))[0] as R
  }

  /** The data to write for a row of a known owner. */
  async function seal(model: Model, data: Readonly<Row>, owner: string | null): Promise<Row> {
    return sealRow(model, data, owner, await vault.unlock(handle, owner === null ? [] : [owner]), vault)
  }

  async function claimAll(model: Model, owner: string, data: Readonly<Row>): Promise<void> {
    for (const [field, lookup] of model.lookups) {
      const value = data[field]
      if (lookup.isUnique && typeof value === 'string') await vault.claim(handle, owner, lookup.column, value)
    }
  }

  /** Rows that a write will hit, with their owners: what sealed values are written under. */
  async function ownersOf(
    modelName: string,
    model: Model,
    where: Where[],
    limit: number,
  ): Promise<{ where: Where[]; owner: string }[]> {
    const ownerField = model.owner!
    const rows = await inner.findMany<Row>({ model: modelName, where, limit, select: ['id', ownerField] })
    return rows.map((row) => ({
      where: [...where, { field: 'id', value: row['id'] as string }],
      owner: row[ownerField] as string,
    }))
  }

  /** Runs `write` for each row, or once for rows of one key, until one write has taken place if `limit` is 1. */
  async function writeSealed(
    what: { modelName: string; where: readonly Where[]; data: Readonly<Row>; limit: number },
    write: (where: Where[], data: Row) => Promise<number>,
  ): Promise<number> {
    const model = models(what.modelName)
    const isSealing = model !== null && touches(model, what.data)
    let written = 0
    for (const where of await writeTargets(using, { ...what, model })) {
      if (!isSealing) written += await write(where, { ...what.data })
      else if (model.owner === null) written += await write(where, await seal(model, what.data, null))
      else {
        for (const target of await ownersOf(what.modelName, model, where, what.limit - written)) {
          if (model.owner === 'id') await claimAll(model, target.owner, what.data)
          written += await write(target.where, await seal(model, what.data, target.owner))
        }
      }
      if (written >= what.limit) break
    }
    return written
  }

  /** Whether a write may take several statements. */
  const needsTransaction = (modelName: string, data: Readonly<Row>) => {
    const model = models(modelName)
    return model?.owner === 'id' && touches(model, data)
  }

  /** Ids of the people that a deletion will hit, so that their keys and claims go with them. */
  async function peopleOf(modelName: string, targets: readonly Where[][]): Promise<string[]> {
    const ids: string[] = []
    for (const where of targets) {
      const rows = await inner.findMany<Row>({ model: modelName, where, limit: OWNERS_MAX, select: ['id'] })
      ids.push(...rows.map((row) => row['id'] as string))
    }
    return ids
  }

  async function forgetPeople(owners: readonly string[]): Promise<void> {
    for (const owner of owners) {
      await vault.destroyKey(handle, owner)
      await vault.releaseClaims(handle, owner)
    }
  }

  const adapter: DBAdapter = {
    ...inner,

    async create<T extends Row, R = T>(input: Parameters<DBAdapter['create']>[0]): Promise<R> {
      const model = models(input.model)
      if (!model) return inner.create<T, R>(input as never)
      const data: Row = { ...input.data }
      if (model.owner === 'id') {
        if (!isInTransaction) return atomically((tx) => tx.create<T, R>(input as never))
        // The id must be known before the row is sealed, so it is made here and not by the adapter within.
        data['id'] ??= newId(context.options, input.model)
        await vault.createKey(handle, data['id'] as string)
        await claimAll(model, data['id'] as string, data)
      }
      const owner = model.owner === null ? null : ((data[model.owner] as string | undefined) ?? null)
      const created = await inner.create<Row, Row>({
        model: input.model,
        data: await seal(model, data, owner),
        forceAllowId: input.forceAllowId === true || model.owner === 'id',
      })
      return cut(await open(input.model, created), input.select) as R
    },

    async findOne<T>(input: Parameters<DBAdapter['findOne']>[0]): Promise<T | null> {
      const model = models(input.model)
      const { pushed, residual } = splitWhere(model, input.where, vault)
      if (residual) {
        const found = await scan(using, { ...search(input), pushed, residual })
        return cut(found[0]?.opened ?? null, input.select, input.join) as T | null
      }
      const row = await inner.findOne<Row>({ ...input, where: pushed, ...widened(model, input.select) })
      return cut(await open(input.model, row, input.join), input.select, input.join) as T | null
    },

    async findMany<T>(input: Parameters<DBAdapter['findMany']>[0]): Promise<T[]> {
      const model = models(input.model)
      const { pushed, residual } = splitWhere(model, input.where ?? [], vault)
      const { sortBy } = input
      if (
        residual ||
        (sortBy && model && (model.lookups.has(sortBy.field) || model.sealed.has(sortBy.field)))
      ) {
        const found = (await scan(using, { ...search(input), pushed, residual })).map((row) => row.opened)
        const sorted = sortBy ? sortRows(found, sortBy) : found
        const from = input.offset ?? 0
        return sorted
          .slice(from, from + (input.limit ?? DEFAULT_LIMIT))
          .map((row) => cut(row, input.select, input.join) as T)
      }
      const rows = await inner.findMany<Row>({ ...input, where: pushed, ...widened(model, input.select) })
      const opened = await openRows(handle, { model, joined: joinedModels(input.join) }, rows, vault)
      return opened.map((row) => cut(row, input.select, input.join) as T)
    },

    async count(input) {
      const { pushed, residual } = splitWhere(models(input.model), input.where ?? [], vault)
      if (!residual) return inner.count({ ...input, where: pushed })
      return (await scan(using, { ...search(input), pushed, residual })).length
    },

    async update<T>(input: Parameters<DBAdapter['update']>[0]): Promise<T | null> {
      if (!isInTransaction && needsTransaction(input.model, input.update)) {
        return atomically((tx) => tx.update<T>(input))
      }
      if (input.where.length === 0) return null
      let updated: T | null = null
      const what = { modelName: input.model, where: input.where, data: input.update, limit: 1 }
      await writeSealed(what, async (where, update) => {
        updated = await inner.update<T>({ model: input.model, where, update })
        return updated ? 1 : 0
      })
      return open(input.model, updated)
    },

    async updateMany(input) {
      if (!isInTransaction && needsTransaction(input.model, input.update)) {
        return atomically((tx) => tx.updateMany(input))
      }
      const what = { modelName: input.model, where: input.where, data: input.update, limit: OWNERS_MAX }
      return writeSealed(what, (where, update) => inner.updateMany({ model: input.model, where, update }))
    },

    async delete(input) {
      await adapter.deleteMany(input)
    },

    async deleteMany(input) {
      const model = models(input.model)
      const isPeople = model?.owner === 'id'
      if (isPeople && !isInTransaction) return atomically((tx) => tx.deleteMany(input))
      const targets = await writeTargets(using, { modelName: input.model, model, where: input.where })
      if (isPeople) await forgetPeople(await peopleOf(input.model, targets))
      let deleted = 0
      for (const where of targets) deleted += await inner.deleteMany({ model: input.model, where })
      return deleted
    },

    async consumeOne<T>(input: Parameters<DBAdapter['consumeOne']>[0]): Promise<T | null> {
      const model = models(input.model)
      for (const where of await writeTargets(using, { modelName: input.model, model, where: input.where })) {
        const consumed = await inner.consumeOne<T>({ model: input.model, where })
        if (consumed) return open(input.model, consumed)
      }
      return null
    },

    async incrementOne<T>(input: Parameters<DBAdapter['incrementOne']>[0]): Promise<T | null> {
      let updated: T | null = null
      const what = { modelName: input.model, where: input.where, data: input.set ?? {}, limit: 1 }
      await writeSealed(what, async (where, set) => {
        updated = await inner.incrementOne<T>({ ...input, where, ...(input.set ? { set } : {}) })
        return updated ? 1 : 0
      })
      return open(input.model, updated)
    },

    transaction<R>(work: Parameters<DBAdapter['transaction']>[0]): Promise<R> {
      if (isInTransaction) return work(adapter) as Promise<R>
      return context.db.transaction((tx) => {
        const innerTx = context.adapter(tx)(context.options)
        return work(wrap(context, { handle: tx, inner: innerTx, isInTransaction: true })) as Promise<R>
      })
    },
  }

  function search(input: { model: string; join?: JoinOption | undefined }) {
    return {
      modelName: input.model,
      model: models(input.model),
      joined: joinedModels(input.join),
      ...(input.join ? { join: input.join } : {}),
    }
  }

  return adapter
}

/** Rows of a list when the caller names no limit: better-auth's own default. */
const DEFAULT_LIMIT = 100
/** Rows that one write over sealed columns may touch. */
const OWNERS_MAX = 100_000

function newId(options: BetterAuthOptions, model: string): string {
  const { generateId: own } = options.advanced?.database ?? {}
  return (typeof own === 'function' ? own({ model }) : false) || generateId()
}

/** A list of fields with what opening them needs: the id, the owner and the companions. */
function widened(model: Model | null, select: string[] | undefined): { select?: string[] } {
  if (!select?.length) return {}
  if (!model) return { select: [...select] }
  const companions = select.filter((field) => model.lookups.get(field)?.isReadable !== false)
  return {
    select: [
      ...new Set([
        ...select,
        'id',
        ...(model.owner === null ? [] : [model.owner]),
        ...companions.filter((field) => model.lookups.has(field)).map(companionOf),
      ]),
    ],
  }
}

/** Takes off again what `widened` added. */
function cut(row: Row | null, select?: string[], join?: JoinOption): Row | null {
  if (!row || !select?.length) return row
  return Object.fromEntries(
    Object.entries(row).filter(([field]) => select.includes(field) || (join && field in join)),
  )
}
