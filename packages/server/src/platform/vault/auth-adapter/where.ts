import type { Where } from '@better-auth/core/db/adapter'
import type { Vault } from '../vault.ts'
import type { Model } from './policy.ts'

/**
 * Conditions over models with sealed columns: what the database can decide is pushed to it, with HMACs in place of
 * values; the rest is decided over opened rows.
 */
export interface SplitWhere {
  /** Conditions for the database: equal to the whole, or weaker than it. */
  readonly pushed: Where[]
  /** The whole, to be decided again over opened rows; null when `pushed` says it all. */
  readonly residual: readonly Where[] | null
}

export function splitWhere(model: Model | null, where: readonly Where[], vault: Vault): SplitWhere {
  if (!model) return { pushed: [...where], residual: null }
  const translated = where.map((condition) => ({ condition, pushed: push(model, condition, vault) }))
  if (translated.every(({ pushed }) => pushed)) {
    return { pushed: translated.map(({ pushed }) => pushed!), residual: null }
  }
  // One alternative that the database cannot decide makes the whole group of alternatives undecided.
  const isOrPushable = translated.every(({ condition, pushed }) => pushed || condition.connector !== 'OR')
  return {
    pushed: translated.flatMap(({ condition, pushed }) =>
      pushed && (condition.connector !== 'OR' || isOrPushable) ? [pushed] : [],
    ),
    residual: where,
  }
}

/** The condition as the database can decide it; null when it cannot. */
function push(model: Model, condition: Where, vault: Vault): Where | null {
  const lookup = model.lookups.get(condition.field)
  if (!lookup && !model.sealed.has(condition.field)) return condition
  // A missing value is stored as missing, sealed or not.
  if (condition.value === null) return condition
  const operator = condition.operator ?? 'eq'
  if (!lookup || !['eq', 'in', 'ne', 'not_in'].includes(operator)) return null
  if (condition.mode === 'insensitive' && lookup.kind === 'exact') return null
  const values = [condition.value].flat().map(String)
  const isPositive = operator === 'eq' || operator === 'in'
  return {
    ...condition,
    mode: 'sensitive',
    operator: isPositive ? 'in' : 'not_in',
    value: values.flatMap((value) => vault.lookups(lookup.column, value)),
  }
}

/** Whether an opened row meets the conditions: all that are joined by AND, and one of those joined by OR. */
export function matches(where: readonly Where[], row: Readonly<Record<string, unknown>>): boolean {
  const all = where.filter((condition) => condition.connector !== 'OR')
  const any = where.filter((condition) => condition.connector === 'OR')
  const holds = (condition: Where) => decide(condition, row[condition.field])
  return all.every(holds) && (any.length === 0 || any.some(holds))
}

function decide(condition: Where, actual: unknown): boolean {
  const isInsensitive = condition.mode === 'insensitive'
  const comparable = (value: unknown): unknown => {
    if (value instanceof Date) return value.getTime()
    return isInsensitive && typeof value === 'string' ? value.toLowerCase() : value
  }
  const left = comparable(actual ?? null)
  const right = Array.isArray(condition.value)
    ? (condition.value as unknown[]).map(comparable)
    : comparable(condition.value)
  const operator = condition.operator ?? 'eq'
  if (right === null) return operator === 'ne' ? left !== null : operator === 'eq' && left === null
  // As in SQL, a missing value meets no comparison.
  if (left === null) return false
  switch (operator) {
    case 'eq':
      return left === right
    case 'ne':
      return left !== right
    case 'in':
      return (right as unknown[]).includes(left)
    case 'not_in':
      return !(right as unknown[]).includes(left)
    case 'contains':
      return String(left).includes(String(right))
    case 'starts_with':
      return String(left).startsWith(String(right))
    case 'ends_with':
      return String(left).endsWith(String(right))
    case 'gt':
      return compare(left, right) > 0
    case 'gte':
      return compare(left, right) >= 0
    case 'lt':
      return compare(left, right) < 0
    case 'lte':
      return compare(left, right) <= 0
  }
}

/** Sorts opened rows; missing values last, as PostgreSQL does in ascending order, and first in descending order. */
export function sortRows<Row extends Readonly<Record<string, unknown>>>(
  rows: readonly Row[],
  by: { field: string; direction: 'asc' | 'desc' },
): Row[] {
  const sign = by.direction === 'desc' ? -1 : 1
  return rows.toSorted((a, b) => sign * compareMissingLast(a[by.field], b[by.field]))
}

function compareMissingLast(a: unknown, b: unknown): number {
  const isMissing = (value: unknown) => value === null || value === undefined
  if (isMissing(a) || isMissing(b)) return Number(isMissing(a)) - Number(isMissing(b))
  return compare(a, b)
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return a.localeCompare(b)
  return Number(a) - Number(b)
}
