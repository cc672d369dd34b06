import { accountsData } from './modules/accounts/index.ts'
import { catalogueDataMap } from './modules/catalogue/index.ts'
import { identityData } from './modules/identity/index.ts'
import { operatorsData } from './modules/operators/index.ts'
import { trackingData } from './modules/tracking/index.ts'
import { operational, type AnnotatedTable } from './platform/data-map.ts'
import { idempotencyDataMap } from './platform/http/idempotency-schema.ts'
import { mailData } from './platform/mail/index.ts'
import { vaultData } from './platform/vault/index.ts'

/** What each store remembers of its own migrations. */
const migrations: readonly AnnotatedTable[] = [
  {
    store: 'records',
    table: 'foyer_migration',
    columns: { name: operational, checksum: operational, applied_at: operational },
  },
  {
    store: 'events',
    table: 'foyer_migration',
    columns: {
      name: operational,
      checksum: operational,
      done: operational,
      total: operational,
      at: operational,
    },
  },
]

/**
 * Every column of every store with what it is, why it is kept, how long, and what becomes of it. A test holds it against
 * the stores as they are; `docs/reference/data-map.md` is generated from it, and so will be exports, erasure, retention
 * and the register of processing (GDPR Art. 30).
 */
export const DATA_MAP: readonly AnnotatedTable[] = [
  ...accountsData,
  ...catalogueDataMap,
  ...identityData,
  ...operatorsData,
  ...trackingData,
  ...vaultData,
  ...mailData,
  idempotencyDataMap,
  ...migrations,
]

/** The data map as a page. */
export function dataMapReference(): string {
  const lines = [
    '# Data map',
    '',
    "What each column of each store is, for which purpose it is kept and how long, whether a viewer's copy of the data holds it, and what erasure does with it.",
  ]
  for (const { store, table, columns } of DATA_MAP) {
    lines.push(
      '',
      `## ${store}: ${table}`,
      '',
      '| column | category | purpose | kept | in the copy | erasure |',
      '|---|---|---|---|---|---|',
    )
    for (const [column, annotation] of Object.entries(columns)) {
      const { category, purpose, retention, isExported, erasure } = annotation
      lines.push(
        `| \`${column}\` | ${category} | ${purpose ?? '–'} | ${retention} | ${isExported ? 'yes' : 'no'} | ${erasure} |`,
      )
    }
  }
  return `${lines.join('\n')}\n`
}
