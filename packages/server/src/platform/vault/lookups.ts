import { createHmac } from 'node:crypto'
import type { Pepper } from './key-ring.ts'

/**
 * Look-ups: `h<pepper version>.<base64url HMAC-SHA256>` of a value that has been brought to one form. Equal values of a
 * column give equal look-ups, so unique constraints and indexes work over them, and without the pepper nobody can try a
 * dictionary of addresses against a copy of the database.
 */
export interface LookupColumn {
  /** `table.column`: the same value in two columns gives two look-ups that cannot be joined. */
  readonly name: string
  readonly kind: LookupKind
}

/**
 * How a value is brought to one form before it is looked up. email: NFKC, no blanks around it, lower case ·
 * phone: NFKC, its digits and a leading plus · text: like email, inner blanks made one · exact: as it is.
 */
export type LookupKind = keyof typeof NORMALISERS

const NORMALISERS = {
  email: (value: string) => value.normalize('NFKC').trim().toLowerCase(),
  phone: (value: string) =>
    value
      .normalize('NFKC')
      .trim()
      .replace(/(?!^\+)\D/g, ''),
  text: (value: string) => value.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase(),
  exact: (value: string) => value,
} as const satisfies Record<string, (value: string) => string>

export function normalise(kind: LookupKind, value: string): string {
  return NORMALISERS[kind](value)
}

export function lookupOf(pepper: Pepper, column: LookupColumn, plain: string): string {
  const digest = createHmac('sha256', pepper.secret)
    .update(`${column.name}\0${normalise(column.kind, plain)}`)
    .digest('base64url')
  return `h${pepper.version}.${digest}`
}
