import { index, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import { annotate, operational, sealed, secret, type AnnotatedTable } from '../data-map.ts'

/** One data key an owner (a viewer or an operator), wrapped by the key of an epoch. Deleting the row shreds. */
export const vaultKey = pgTable('vault_key', {
  owner: text('owner').primaryKey(),
  wrapped: sealed('wrapped').notNull(),
  epoch: text('epoch').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
})

const vaultKeyData = annotate(vaultKey, {
  owner: {
    ...operational,
    category: 'identifier',
    purpose: 'service',
    retention: 'account',
    erasure: 'delete',
  },
  wrapped: { ...secret, purpose: 'service', retention: 'account', erasure: 'delete' },
  epoch: operational,
  createdAt: { ...operational, purpose: 'service', retention: 'account', erasure: 'delete' },
})

/**
 * Look-ups of every pepper version for columns whose values must be unique, kept only while more than one version is
 * live: a unique index over the column itself sees one version.
 */
export const vaultClaim = pgTable(
  'vault_claim',
  {
    lookup: text('lookup').primaryKey(),
    owner: text('owner').notNull(),
    columnName: text('column_name').notNull(),
  },
  (table) => [index('vault_claim_owner').on(table.owner)],
)

const vaultClaimData = annotate(vaultClaim, {
  lookup: {
    ...operational,
    category: 'identifier',
    purpose: 'service',
    retention: 'account',
    erasure: 'delete',
  },
  owner: {
    ...operational,
    category: 'identifier',
    purpose: 'service',
    retention: 'account',
    erasure: 'delete',
  },
  columnName: { ...operational, retention: 'account', erasure: 'delete' },
})

/** Every table of the vault. */
export const vaultData: readonly AnnotatedTable[] = [vaultKeyData, vaultClaimData]
