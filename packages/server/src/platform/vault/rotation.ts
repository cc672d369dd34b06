import { and, asc, eq, gt, ne, sql } from 'drizzle-orm'
import type { Clock } from '../clock.ts'
import type { Database } from '../data-map.ts'
import { keyNameOf } from './cipher.ts'
import type { Epoch, KeyRing } from './key-ring.ts'
import type { MasterKeys } from './master-keys.ts'
import { keyPlace } from './owner-keys.ts'
import { vaultKey } from './schema.ts'

/** What a rotation did. */
export interface Rotation {
  /** Data keys that were wrapped anew. */
  readonly rewrapped: number
  /** Data keys whose epoch is destroyed: rows that came back from an old backup. They open nothing. */
  readonly dead: number
  /** Epochs whose keys are gone for ever now. */
  readonly destroyed: readonly Epoch[]
}

/** A backup is kept for so long, and what it holds must open for so long. */
export const BACKUP_RETENTION_MS = 30 * 86_400_000

/** Data keys wrapped anew in one statement. */
const BATCH = 500

/**
 * Wraps every data key that is not under the current epoch anew, retires the epochs that thereby end, and destroys those
 * that ended longer ago than backups are kept: only then are the wrapped keys of erased people, in backups and in freed
 * pages of the disk, beyond opening. May run in several processes at once and be broken off at any point.
 */
export async function rotateKeys(
  db: Database,
  using: { ring: KeyRing; masterKeys: MasterKeys; clock: Clock },
): Promise<Rotation> {
  const { ring, clock } = using
  const current = ring.currentEpoch()
  const { rewrapped, dead } = await rewrapAll(db, current, using.masterKeys)
  const inUse = await epochsInUse(db)
  const destroyed: Epoch[] = []
  for (const { epoch, retiredAt } of ring.epochs()) {
    if (epoch === current || inUse.has(epoch)) continue
    if (retiredAt === null) ring.retire(epoch)
    else if (retiredAt + BACKUP_RETENTION_MS <= clock.now()) {
      ring.destroy(epoch)
      destroyed.push(epoch)
    }
  }
  return { rewrapped, dead, destroyed }
}

async function rewrapAll(
  db: Database,
  current: Epoch,
  masterKeys: MasterKeys,
): Promise<{ rewrapped: number; dead: number }> {
  let rewrapped = 0
  let dead = 0
  for (let after = ''; ;) {
    const rows = await db
      .select({ owner: vaultKey.owner, wrapped: vaultKey.wrapped, epoch: vaultKey.epoch })
      .from(vaultKey)
      .where(and(ne(vaultKey.epoch, current), gt(vaultKey.owner, after)))
      .orderBy(asc(vaultKey.owner))
      .limit(BATCH)
    const fresh = rows.flatMap((row) => {
      const key = masterKeys.open('wrap', keyPlace(row.owner), row.wrapped)
      if (!key) return []
      return [
        { owner: row.owner, old: row.epoch, wrapped: masterKeys.seal('wrap', keyPlace(row.owner), key) },
      ]
    })
    dead += rows.length - fresh.length
    if (fresh.length > 0) rewrapped += await writeBatch(db, fresh)
    if (rows.length < BATCH) return { rewrapped, dead }
    after = rows.at(-1)!.owner
  }
}

/** Skips a key that another process wrapped anew or destroyed meanwhile. */
async function writeBatch(
  db: Database,
  fresh: readonly { owner: string; old: string; wrapped: string }[],
): Promise<number> {
  const values = sql.join(
    fresh.map((row) => {
      const epoch = keyNameOf(row.wrapped, keyPlace(row.owner))
      return sql`(${row.owner}::text, ${row.old}::text, ${row.wrapped}::text, ${epoch}::text)`
    }),
    sql`, `,
  )
  const written = await db
    .update(vaultKey)
    .set({ wrapped: sql`fresh.wrapped`, epoch: sql`fresh.epoch` })
    .from(sql`(values ${values}) as fresh(owner, old, wrapped, epoch)`)
    .where(and(eq(vaultKey.owner, sql`fresh.owner`), eq(vaultKey.epoch, sql`fresh.old`)))
    .returning({ owner: vaultKey.owner })
  return written.length
}

async function epochsInUse(db: Database): Promise<Set<string>> {
  const rows = await db.selectDistinct({ epoch: vaultKey.epoch }).from(vaultKey)
  return new Set(rows.map((row) => row.epoch))
}
