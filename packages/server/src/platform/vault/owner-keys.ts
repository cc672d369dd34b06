import { eq, inArray, is } from 'drizzle-orm'
import { PgTransaction } from 'drizzle-orm/pg-core'
import type { Clock } from '../clock.ts'
import type { Database } from '../data-map.ts'
import type { RandomSource } from '../ids.ts'
import { KEY_BYTES, keyNameOf, type Place } from './cipher.ts'
import type { MasterKeys } from './master-keys.ts'
import { vaultKey } from './schema.ts'

/** The data keys of owners: made, loaded, remembered for a moment, destroyed. */
export interface OwnerKeys {
  /** Makes the owners' keys unless they have one. Stands or falls with the transaction. */
  create(tx: Database, owners: readonly string[]): Promise<void>
  /** The keys of those owners that have one. */
  load(tx: Database, owners: Iterable<string>): Promise<Map<string, Uint8Array>>
  destroy(tx: Database, owner: string): Promise<void>
}

export interface KeyCacheLimits {
  /** How long a loaded key may be used before RECORDS is asked again, ms: the delay of a shred in other processes. */
  readonly ttlMs: number
  /** Keys remembered at most; the oldest goes first. */
  readonly keysMax: number
}

/** Owners in one query. */
const LOAD_CHUNK = 1_000

export const keyPlace = (owner: string): Place => ({ owner, column: 'vault_key.wrapped' })

export function createOwnerKeys(options: {
  masterKeys: MasterKeys
  clock: Clock
  random: RandomSource
  limits: KeyCacheLimits
}): OwnerKeys {
  const { masterKeys, clock, random, limits } = options
  const cache = new Map<string, { key: Uint8Array; until: number }>()
  /**
   * What a transaction knows is remembered with the transaction: a key that it made may yet be rolled back, and one
   * that outlived its row would seal values that nothing opens. Null marks a key that it destroyed.
   */
  const byTransaction = new WeakMap<Database, Map<string, Uint8Array | null>>()

  function known(tx: Database): Map<string, Uint8Array | null> | null {
    if (!is(tx, PgTransaction)) return null
    let keys = byTransaction.get(tx)
    if (!keys) byTransaction.set(tx, (keys = new Map()))
    return keys
  }

  function cached(owner: string): Uint8Array | undefined {
    const entry = cache.get(owner)
    if (entry && entry.until > clock.now()) return entry.key
    cache.delete(owner)
  }

  function remember(owner: string, key: Uint8Array): void {
    if (cache.size >= limits.keysMax) cache.delete(cache.keys().next().value!)
    cache.set(owner, { key, until: clock.now() + limits.ttlMs })
  }

  return {
    async create(tx, owners) {
      const keys = new Map(owners.map((owner) => [owner, Buffer.from(random(KEY_BYTES))]))
      if (keys.size === 0) return
      const createdAt = new Date(clock.now())
      const rows = [...keys].map(([owner, key]) => {
        const wrapped = masterKeys.seal('wrap', keyPlace(owner), key)
        return { owner, wrapped, epoch: keyNameOf(wrapped, keyPlace(owner)), createdAt }
      })
      const made = await tx
        .insert(vaultKey)
        .values(rows)
        .onConflictDoNothing()
        .returning({ owner: vaultKey.owner })
      for (const { owner } of made) known(tx)?.set(owner, keys.get(owner)!)
    },

    async load(tx, owners) {
      const found = new Map<string, Uint8Array>()
      const missing: string[] = []
      const local = known(tx)
      for (const owner of new Set(owners)) {
        const here = local?.get(owner)
        const key = here === undefined ? cached(owner) : here
        if (key) found.set(owner, key)
        else if (here !== null) missing.push(owner)
      }
      for (let from = 0; from < missing.length; from += LOAD_CHUNK) {
        const rows = await tx
          .select({ owner: vaultKey.owner, wrapped: vaultKey.wrapped })
          .from(vaultKey)
          .where(inArray(vaultKey.owner, missing.slice(from, from + LOAD_CHUNK)))
        for (const row of rows) {
          const key = masterKeys.open('wrap', keyPlace(row.owner), row.wrapped)
          if (!key) continue
          found.set(row.owner, key)
          if (local) local.set(row.owner, key)
          else remember(row.owner, key)
        }
      }
      return found
    },

    async destroy(tx, owner) {
      await tx.delete(vaultKey).where(eq(vaultKey.owner, owner))
      known(tx)?.set(owner, null)
      cache.delete(owner)
    },
  }
}
