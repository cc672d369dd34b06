import type { BetterAuthOptions, BetterAuthPlugin } from '@better-auth/core'
import { getAuthTables } from '@better-auth/core/db'
import { StartupError } from '../../errors.ts'
import type { LookupColumn, LookupKind } from '../lookups.ts'

/**
 * What happens to each column of each better-auth model. Every text and JSON column must be named in one of the three
 * ways, or the start is refused: a plugin that brings new columns cannot write them readable by accident.
 */
export interface ModelPolicy {
  /**
   * The field that holds the owner of the row, whose key seals it: `id` in the model of the people themselves, `userId`
   * in theirs. Null for rows that belong to nobody yet: they are sealed under the service's key and must not live longer
   * than a month.
   */
  readonly owner: string | null
  /**
   * Looked up by equality and perhaps unique: the column holds the HMAC, and its companion `<field>Sealed` the value.
   */
  readonly lookup?: Readonly<Record<string, LookupField>>
  /** Sealed where it stands. */
  readonly sealed?: readonly string[]
  /** Looked at and judged to say nothing of a person; `*` for a whole model. */
  readonly plain?: readonly string[] | '*'
}

export interface LookupField {
  readonly kind: LookupKind
  /** False when nobody needs the value back: there is no companion column, and readers get the HMAC. */
  readonly isReadable?: boolean
  /** Two owners may not hold the same value, also while two peppers are live. */
  readonly isUnique?: boolean
}

/** Policies by better-auth's own model names, whatever the tables are called. */
export type AuthPolicy = Readonly<Record<string, ModelPolicy>>

/** A model's policy, ready for use by the adapter. */
export interface Model {
  /** With the instance's prefix: the same address of a viewer and of an operator gives two HMACs. */
  readonly name: string
  readonly owner: string | null
  readonly lookups: ReadonlyMap<string, LookupField & { readonly column: LookupColumn }>
  readonly sealed: ReadonlySet<string>
  /** Sealed fields that the schema requires: what a shredded row shows instead. */
  readonly required: ReadonlySet<string>
}

/** The companion column of a looked-up field. */
export const companionOf = (field: string) => `${field}Sealed`

/**
 * A better-auth plugin that declares the companion columns. Put it last, behind the plugins whose models the policy names.
 */
export function companionColumns(policy: AuthPolicy): BetterAuthPlugin {
  const schema: NonNullable<BetterAuthPlugin['schema']> = {}
  for (const [model, { lookup = {} }] of Object.entries(policy)) {
    const readable = Object.entries(lookup).filter(([, field]) => field.isReadable !== false)
    if (readable.length === 0) continue
    schema[model] = {
      fields: Object.fromEntries(
        readable.map(([field]) => [
          companionOf(field),
          { type: 'string' as const, required: false, returned: false, input: false },
        ]),
      ),
    }
  }
  return { id: 'foyer-vault', schema }
}

/** Reads the policy against the tables that better-auth will use. Throws StartupError for whatever is not classified. */
export function resolveModels(
  policy: AuthPolicy,
  options: BetterAuthOptions,
  prefix: string,
): (model: string) => Model | null {
  const tables = getAuthTables(options)
  const faults: string[] = []
  const models = new Map<string, Model | null>()
  for (const [name, table] of Object.entries(tables)) {
    const modelPolicy = policy[name]
    if (modelPolicy) faults.push(...faultsOf(name, table.fields, modelPolicy))
    else faults.push(`the model ${name} is not classified`)
    const model = modelPolicy ? modelOf(prefix + name, table.fields, modelPolicy) : null
    models.set(name, model)
    models.set(table.modelName, model)
  }
  if (faults.length > 0) {
    throw new StartupError(`Personal data could be stored readable:\n  ${faults.join('\n  ')}`)
  }
  return (model) => {
    const found = models.get(model)
    if (found === undefined) throw new Error(`better-auth asked for the unknown model ${model}`)
    return found
  }
}

type Fields = ReturnType<typeof getAuthTables>[string]['fields']

function modelOf(name: string, fields: Fields, policy: ModelPolicy): Model | null {
  const lookups = new Map(
    Object.entries(policy.lookup ?? {}).map(([field, how]) => [
      field,
      { ...how, column: { name: `${name}.${field}`, kind: how.kind } },
    ]),
  )
  const sealed = new Set(policy.sealed)
  if (lookups.size === 0 && sealed.size === 0) return null
  const required = new Set(
    [...lookups.keys(), ...sealed].filter((field) => fields[field]?.required !== false),
  )
  return { name, owner: policy.owner, lookups, sealed, required }
}

/** Types that cannot hold a name or an address. */
const HARMLESS_TYPES: readonly unknown[] = ['date', 'number', 'boolean', 'number[]']

function faultsOf(model: string, fields: Fields, policy: ModelPolicy): string[] {
  const faults: string[] = []
  const hidden = [...Object.keys(policy.lookup ?? {}), ...(policy.sealed ?? [])]
  for (const [field, attributes] of Object.entries(fields)) {
    const where = `${model}.${field}`
    if (hidden.includes(field)) {
      if (attributes.type !== 'string' && (attributes.type !== 'string[]' || policy.lookup?.[field])) {
        faults.push(`${where} is to be sealed and must be a string, not ${String(attributes.type)}`)
      }
      if (attributes.defaultValue !== undefined || attributes.onUpdate || attributes.transform) {
        faults.push(`${where} is to be sealed and cannot have a default or a transformation`)
      }
      if (attributes.fieldName && attributes.fieldName !== field) {
        faults.push(`${where} is to be sealed and cannot be renamed to ${attributes.fieldName}`)
      }
      if (
        policy.lookup?.[field] &&
        policy.lookup[field].isReadable !== false &&
        !fields[companionOf(field)]
      ) {
        faults.push(
          `${where} needs the column ${companionOf(field)}: add companionColumns(policy) to the plugins`,
        )
      }
      continue
    }
    const isHarmless = attributes.references !== undefined || HARMLESS_TYPES.includes(attributes.type)
    const isCompanion = hidden.some((owner) => companionOf(owner) === field)
    const isPlain = policy.plain === '*' || policy.plain?.includes(field)
    if (!isHarmless && !isCompanion && !isPlain) faults.push(`the column ${where} is not classified`)
  }
  return faults
}
