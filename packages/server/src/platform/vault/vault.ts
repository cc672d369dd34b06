import { createHmac, hkdfSync } from 'node:crypto'
import { and, eq, notInArray } from 'drizzle-orm'
import { systemClock, type Clock } from '../clock.ts'
import type { Database, Sealed } from '../data-map.ts'
import { subjectFrom, systemRandom, type RandomSource, type Subject } from '../ids.ts'
import { checkKeys } from './check-keys.ts'
import { KEY_BYTES, OWN_KEY, openBytes, sealBytes, SealBroken, keyNameOf } from './cipher.ts'
import type { KeyRing } from './key-ring.ts'
import { lookupOf, type LookupColumn } from './lookups.ts'
import { createMasterKeys } from './master-keys.ts'
import { createOwnerKeys, type KeyCacheLimits } from './owner-keys.ts'
import { rotateKeys, type Rotation } from './rotation.ts'
import { vaultClaim } from './schema.ts'

/**
 * Seals personal values. `tx` is the records database or the open transaction that also writes the row: key and row
 * stand or fall together. An owner is a viewer's or an operator's id; a column is `table.column`.
 */
export interface Vault {
  /** Makes the owner's data key unless there is one. Every owner needs one before the first `seal`. */
  createKey(tx: Database, owner: string): Promise<void>
  /** The same for many, with one statement. */
  createKeys(tx: Database, owners: readonly string[]): Promise<void>
  /**
   * Shreds: what was sealed for the owner opens nowhere any more. Other processes may still open it for the seconds
   * that they remember keys; copies of the wrapped key in backups and in freed disk pages die with its epoch.
   */
  destroyKey(tx: Database, owner: string): Promise<void>
  /** Throws when the owner has no key. */
  seal(tx: Database, owner: string, column: string, plain: string): Promise<Sealed>
  /** Null when the owner's key was destroyed. Throws SealBroken when the value was altered or moved here. */
  open(tx: Database, owner: string, column: string, sealed: string): Promise<string | null>
  /** The keys of many owners with one query, then everything at once: for lists and for rows of many columns. */
  unlock(tx: Database, owners: Iterable<string>): Promise<Keychain>

  /** Seals a value of a row without owner under the epoch's service key. It must not outlive its epoch by 30 days. */
  sealService(column: string, plain: string): Sealed
  /** Null when the epoch of the value is destroyed. Throws SealBroken. */
  openService(column: string, sealed: string): string | null
  /** Seals what waits in the journal. */
  sealForIntake(plain: string): string
  /** Throws SealBroken, also when it waited for longer than its epoch lived. */
  openFromIntake(text: string): string

  /** What to write into a look-up column: `h<pepper version>.<hmac>`. A plain column name means kind `exact`. */
  lookup(column: string | LookupColumn, plain: string): string
  /** What to search for, one for each live pepper: `where … in (lookups)`. */
  lookups(column: string | LookupColumn, plain: string): string[]
  /**
   * Claims a value that must be unique for an owner, freeing what the owner claimed of the column before. Call it in the
   * transaction that writes the look-up column, after having searched by `lookups`. Costs nothing while one pepper is
   * live; while several are, another owner's claim makes it fail with PostgreSQL's unique_violation (23505).
   */
  claim(tx: Database, owner: string, column: string | LookupColumn, plain: string): Promise<void>
  /** Frees all that an owner claimed. */
  releaseClaims(tx: Database, owner: string): Promise<void>

  /** A secret of this installation for a use, such as signing cookies: 256 bits, base64url, always the same. */
  secretFor(use: string): string
  /** A stable random-looking subject for an outside id, such as a device's: nobody computes it without the secret. */
  pseudonym(kind: string, value: string): Subject

  /** Throws StartupError when these records were sealed with other keys than the ring's. Call it once at the start. */
  check(db: Database): Promise<void>
  /** Wraps live keys anew under the current epoch and destroys epochs that no backup needs. Run it daily. */
  rotate(db: Database): Promise<Rotation>
}

/** The unlocked keys of some owners. Use it within one request and drop it. */
export interface Keychain {
  /** Whether the owner has a key. */
  has(owner: string): boolean
  seal(owner: string, column: string, plain: string): Sealed
  /** Null when the owner has no key. Throws SealBroken. */
  open(owner: string, column: string, sealed: string): string | null
}

const CACHE_LIMITS: KeyCacheLimits = { ttlMs: 5_000, keysMax: 10_000 }
const SERVICE = 'service'
const INTAKE = 'intake'

export function createVault(options: {
  ring: KeyRing
  clock?: Clock
  random?: RandomSource
  cache?: KeyCacheLimits
}): Vault {
  const { ring, clock = systemClock, random = systemRandom, cache = CACHE_LIMITS } = options
  const masterKeys = createMasterKeys(ring, random)
  const ownerKeys = createOwnerKeys({ masterKeys, clock, random, limits: cache })

  async function unlock(tx: Database, owners: Iterable<string>): Promise<Keychain> {
    const keys = await ownerKeys.load(tx, owners)
    return {
      has: (owner) => keys.has(owner),
      seal(owner, column, plain) {
        const key = keys.get(owner)
        if (!key) throw new Error(`the vault has no key for the owner of ${column}`)
        return sealBytes(Buffer.from(plain), { key, keyName: OWN_KEY, place: { owner, column }, random })
      },
      open(owner, column, sealed) {
        const place = { owner, column }
        if (keyNameOf(sealed, place) !== OWN_KEY) {
          throw new SealBroken(`a value of ${column} is not sealed under its owner's key`)
        }
        const key = keys.get(owner)
        return key ? openBytes(sealed, { key, place }).toString() : null
      },
    }
  }

  function sealService(column: string, plain: string): Sealed {
    return masterKeys.seal('service', { owner: SERVICE, column }, Buffer.from(plain))
  }

  function openService(column: string, sealed: string): string | null {
    const place = { owner: SERVICE, column }
    if (keyNameOf(sealed, place) === OWN_KEY) {
      throw new SealBroken(`a value of ${column} is not sealed under the service's key`)
    }
    return masterKeys.open('service', place, sealed)?.toString() ?? null
  }

  function lookups(column: string | LookupColumn, plain: string): string[] {
    return ring.peppers().map((pepper) => lookupOf(pepper, lookupColumn(column), plain))
  }

  return {
    createKey: (tx, owner) => ownerKeys.create(tx, [owner]),
    createKeys: (tx, owners) => ownerKeys.create(tx, owners),
    destroyKey: (tx, owner) => ownerKeys.destroy(tx, owner),
    unlock,
    seal: async (tx, owner, column, plain) => (await unlock(tx, [owner])).seal(owner, column, plain),
    open: async (tx, owner, column, sealed) => (await unlock(tx, [owner])).open(owner, column, sealed),
    sealService,
    openService,
    sealForIntake: (plain) => sealService(INTAKE, plain),
    openFromIntake(text) {
      const plain = openService(INTAKE, text)
      if (plain === null) throw new SealBroken('what waited in the journal outlived the epoch of its key')
      return plain
    },
    lookup: (column, plain) => lookupOf(ring.peppers()[0], lookupColumn(column), plain),
    lookups,
    async claim(tx, owner, column, plain) {
      const claims = lookups(column, plain)
      if (claims.length < 2) return
      const columnName = lookupColumn(column).name
      await tx
        .delete(vaultClaim)
        .where(
          and(
            eq(vaultClaim.owner, owner),
            eq(vaultClaim.columnName, columnName),
            notInArray(vaultClaim.lookup, claims),
          ),
        )
      const held = await tx
        .select({ lookup: vaultClaim.lookup })
        .from(vaultClaim)
        .where(and(eq(vaultClaim.owner, owner), eq(vaultClaim.columnName, columnName)))
      const missing = claims.filter((lookup) => !held.some((row) => row.lookup === lookup))
      // In one order, so that two owners who claim the same value wait for each other and never in a circle.
      for (const lookup of missing.sort()) await tx.insert(vaultClaim).values({ lookup, owner, columnName })
    },
    async releaseClaims(tx, owner) {
      await tx.delete(vaultClaim).where(eq(vaultClaim.owner, owner))
    },
    secretFor(use) {
      const info = `foyer secret ${use}`
      return Buffer.from(hkdfSync('sha256', ring.pseudonymSecret(), '', info, KEY_BYTES)).toString(
        'base64url',
      )
    },
    pseudonym(kind, value) {
      return subjectFrom(createHmac('sha256', ring.pseudonymSecret()).update(`${kind}\0${value}`).digest())
    },
    check: (db) => checkKeys(db, masterKeys),
    rotate: (db) => rotateKeys(db, { ring, masterKeys, clock }),
  }
}

function lookupColumn(column: string | LookupColumn): LookupColumn {
  return typeof column === 'string' ? { name: column, kind: 'exact' } : column
}
