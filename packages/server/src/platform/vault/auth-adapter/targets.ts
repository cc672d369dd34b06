import type { DBAdapter, Where } from '@better-auth/core/db/adapter'
import type { Database } from '../../data-map.ts'
import type { Vault } from '../vault.ts'
import { companionOf, type Model } from './policy.ts'
import { openRows, type Row } from './rows.ts'
import { matches, splitWhere } from './where.ts'

/** Rows that a condition or an order over sealed columns may have to open; more are refused. */
export const SCAN_ROWS_MAX = 20_000

/** A row as it lies in the database and as it reads. */
export interface ScannedRow {
  readonly raw: Row
  readonly opened: Row
}

/**
 * Finds rows by opening them: for conditions that the database cannot decide, such as "the name contains". Throws when
 * more than SCAN_ROWS_MAX rows would have to be opened.
 */
export async function scan(
  using: { inner: Pick<DBAdapter, 'findMany'>; handle: Database; vault: Vault },
  what: {
    modelName: string
    model: Model | null
    pushed: Where[]
    residual: readonly Where[] | null
    join?: Parameters<DBAdapter['findMany']>[0]['join']
    joined?: ReadonlyMap<string, Model | null>
  },
): Promise<ScannedRow[]> {
  const rows = await using.inner.findMany<Row>({
    model: what.modelName,
    where: what.pushed,
    limit: SCAN_ROWS_MAX + 1,
    ...(what.join ? { join: what.join } : {}),
  })
  if (rows.length > SCAN_ROWS_MAX) {
    throw new Error(
      `more than ${SCAN_ROWS_MAX} rows of ${what.modelName} would have to be opened: narrow the search`,
    )
  }
  const models = { model: what.model, joined: what.joined ?? new Map<string, Model | null>() }
  const opened = await openRows(using.handle, models, rows, using.vault)
  const scanned = rows.map((raw, index) => ({ raw, opened: opened[index]! }))
  const { residual } = what
  return residual ? scanned.filter((row) => matches(residual, row.opened)) : scanned
}

/**
 * Conditions for a write: one list when the database can decide alone, else one list a row that was found by opening. Such
 * a list also demands that what was opened has not changed since, so that a guard ("while the code is still …") holds
 * under concurrency as it would over readable columns.
 */
export async function writeTargets(
  using: { inner: Pick<DBAdapter, 'findMany'>; handle: Database; vault: Vault },
  what: { modelName: string; model: Model | null; where: readonly Where[] },
): Promise<Where[][]> {
  const { pushed, residual } = splitWhere(what.model, what.where, using.vault)
  if (!residual) return [pushed]
  const rows = await scan(using, { ...what, pushed, residual })
  return rows.map(({ raw }) => [
    ...pushed,
    { field: 'id', value: raw['id'] as string },
    ...residual.flatMap((condition) => unchanged(what.model!, condition.field, raw)),
  ])
}

function unchanged(model: Model, field: string, raw: Row): Where[] {
  if (!model.lookups.has(field) && !model.sealed.has(field)) return []
  const column =
    model.lookups.get(field)?.isReadable === false || model.sealed.has(field) ? field : companionOf(field)
  const value = raw[column]
  return typeof value === 'string' || value === null ? [{ field: column, value }] : []
}
