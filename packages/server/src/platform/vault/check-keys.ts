import type { Database } from '../data-map.ts'
import { StartupError } from '../errors.ts'
import { SealBroken } from './cipher.ts'
import type { MasterKeys } from './master-keys.ts'
import { keyPlace } from './owner-keys.ts'
import { vaultKey } from './schema.ts'

/**
 * Whether the key ring is the one that the records were sealed with: one data key of each epoch is tried. Throws
 * StartupError when none opens, or when one opens to the keys of another installation; otherwise every name and address
 * would look as if its viewer had been erased, and new ones would be sealed under keys that belong to no backup.
 */
export async function checkKeys(db: Database, masterKeys: MasterKeys): Promise<void> {
  const samples = await db
    .selectDistinctOn([vaultKey.epoch], { owner: vaultKey.owner, wrapped: vaultKey.wrapped })
    .from(vaultKey)
  if (samples.length === 0) return
  const opens = samples.map(({ owner, wrapped }) => {
    try {
      return masterKeys.open('wrap', keyPlace(owner), wrapped) !== null
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error
      throw foreignKeys()
    }
  })
  if (!opens.includes(true)) throw foreignKeys()
}

function foreignKeys(): StartupError {
  return new StartupError(
    'The records hold personal values that the keys in the key folder do not open. Put back the key folder that belongs to these records (`keys` in the data folder); without it they stay unreadable for ever.',
  )
}
