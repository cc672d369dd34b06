import { purposeMask, type Purpose } from '@foyer/contracts'
import type { Vault } from '../../platform/vault/index.ts'
import { encodeEntry } from './envelope.ts'
import { maskValue } from './mask.ts'
import type { ImportBody, ImportRow } from './recorder-decode.ts'
import { safeId } from './wires/wire.ts'

interface ImportEntryOptions {
  readonly purposes: readonly Purpose[]
  /** Epoch ms. */
  readonly receivedAt: number
  readonly vault: Pick<Vault, 'pseudonym'>
}

/**
 * The journal entry of rows of another system, masked by the rules of the wires: importers have no other way into the
 * journal. Ids that are a person's or a machine's address become pseudonyms that repeat, so a row that is imported again
 * is still the same.
 */
export function encodeImport(
  body: ImportBody & { readonly service: string; readonly app: string },
  { purposes, receivedAt, vault }: ImportEntryOptions,
): Uint8Array {
  const masked = { ...body, rows: body.rows.map((row) => maskRow(row, vault)) }
  return encodeEntry(
    {
      v: 1,
      wire: 'import',
      receivedAt,
      clockOffsetMs: 0,
      app: body.app,
      service: body.service,
      keyKind: 'server',
      address: null,
      userAgent: null,
      defaultMask: purposeMask(purposes),
      viewer: null,
      trustClientIdentify: false,
    },
    Buffer.from(JSON.stringify(masked)),
  )
}

function maskRow(row: ImportRow, vault: Pick<Vault, 'pseudonym'>): ImportRow {
  const { messageId, deviceId, contentId, name, contentKind, properties } = row
  return {
    ...row,
    messageId: safeId(messageId, vault),
    ...(deviceId !== undefined && { deviceId: safeId(deviceId, vault) }),
    ...(contentId !== undefined && { contentId: safeId(contentId, vault) }),
    ...(name !== undefined && { name: maskValue('', name) as string }),
    ...(contentKind !== undefined && { contentKind: maskValue('', contentKind) as string }),
    // A copy, since an import that waits for a full journal sends the same rows again.
    ...(properties !== undefined && {
      properties: maskValue('', structuredClone(properties)) as Record<string, unknown>,
    }),
  }
}
