import { readFields, type Dropped, type Json, type StatedFields, type ViewerChanges } from './fields.ts'

/**
 * Reads the traits of a Segment `identify` (reserved traits of the Segment specification, "Spec: Identify"). Those with a
 * meaning here become fields; every other is kept as it is, sealed, in the document of traits. What is wrong is left out
 * and listed.
 */
export function readTraits(
  traits: Readonly<Record<string, unknown>>,
  when: { readonly now: number; readonly timeZone: string },
): { changes: ViewerChanges; dropped: Dropped[] } {
  const { address, ...flat } = traits
  const stated: Record<string, unknown> = {}
  const others: [string, unknown][] = []
  for (const [trait, value] of Object.entries(flat)) {
    const field = FIELD_OF_TRAIT.get(trait)
    if (!field) others.push([trait, value])
    else if (stated[field] === undefined) stated[field] = value
  }
  if (isObject(address)) {
    const { city, state, country, ...rest } = address
    Object.assign(stated, withoutUndefined({ city, region: state, country }))
    if (Object.keys(rest).length > 0) others.push(['address', rest])
  } else if (address !== undefined) others.push(['address', address])

  const { changes, dropped } = readFields(stated, when)
  if (others.length > 0)
    changes.traits = Object.fromEntries(others.map(([trait, value]) => [trait, value as Json]))
  return { changes, dropped }
}

/** Names faults after the traits that were sent. */
export function inWordsOfTraits(dropped: readonly Dropped[]): Dropped[] {
  return dropped.map((fault) => ({ ...fault, field: TRAIT_OF_FIELD.get(fault.field) ?? fault.field }))
}

/** Where two traits mean one field, the first that is stated counts. */
const FIELD_OF_TRAIT = new Map<string, keyof StatedFields>([
  ['email', 'email'],
  ['name', 'name'],
  ['firstName', 'firstName'],
  ['lastName', 'lastName'],
  ['phone', 'phone'],
  ['gender', 'gender'],
  ['birthday', 'birthDate'],
  ['birthDate', 'birthDate'],
  ['age', 'age'],
  ['createdAt', 'registeredAt'],
  ['registeredAt', 'registeredAt'],
  ['country', 'country'],
  ['region', 'region'],
  ['state', 'region'],
  ['city', 'city'],
])

const TRAIT_OF_FIELD = new Map<string, string>([
  ['birthDate', 'birthday'],
  ['registeredAt', 'createdAt'],
  ['region', 'address.state'],
  ['country', 'address.country'],
  ['city', 'address.city'],
])

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function withoutUndefined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}
