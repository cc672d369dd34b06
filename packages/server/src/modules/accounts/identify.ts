import { desc, eq, inArray, lt, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { DEFAULT_PURPOSES, identifier, isShallowTrait, purposeMask, VIEWER_LIMITS } from '@foyer/contracts'
import type { Clock } from '../../platform/clock.ts'
import { uuidV7, type RandomSource, type Subject } from '../../platform/ids.ts'
import type { Vault } from '../../platform/vault/index.ts'
import type { Directory } from './directory.ts'
import type { Dropped } from './fields.ts'
import { applyChanges, emptyProfile } from './profile.ts'
import { identifyClaim } from './schema.ts'
import { EXTERNAL_ID_LOOKUP, type Subjects } from './subjects.ts'
import { inWordsOfTraits, readTraits } from './traits.ts'
import { insertViewers, loadViewers, updateViewer } from './viewer-rows.ts'

/** An `identify` of a wire, opened. */
export interface Identification {
  readonly service: string
  readonly app: string
  /** The operator's id of the person (Segment's `userId`). */
  readonly externalId: string
  /** Pseudonym of the installation that sent it; null when unknown. */
  readonly device: Subject | null
  readonly traits: Readonly<Record<string, unknown>>
  /** When it was said, by our clock, epoch ms. */
  readonly at: number
  /** A server key, a viewer token of this very external id, or the app's word (`trustClientIdentify`) stands for it. */
  readonly isVerified: boolean
}

export type IdentifyResult =
  | {
      readonly outcome: 'created' | 'updated' | 'unchanged'
      readonly viewerId: string
      readonly vid: Subject
      /** Traits that were not taken, and why. */
      readonly dropped: readonly Dropped[]
    }
  /** Unverified: kept aside for 30 days; no viewer was touched. */
  | { readonly outcome: 'claimed' }
  | { readonly outcome: 'refused'; readonly reason: string }

export interface Identify {
  /**
   * Takes what an `identify` says. Doing it again changes nothing, and what is late never overwrites what was said later.
   */
  apply(identification: Identification): Promise<IdentifyResult>
  /** Deletes claims that have expired. */
  forgetClaims(): Promise<number>
}

const CLAIM_COLUMN = 'identify_claim.claim'
const CLAIM_MS = 30 * 86_400_000
/** Claims of one device; the oldest goes first. */
const CLAIMS_PER_DEVICE_MAX = 20
const FORGET_CHUNK = 1_000

export function createIdentify(deps: {
  db: NodePgDatabase
  vault: Vault
  clock: Clock
  random: RandomSource
  directory: Directory
  subjects: Subjects
}): Identify {
  const { db, vault, clock, random, directory, subjects } = deps

  async function applyVerified(said: Identification, timeZone: string): Promise<IdentifyResult> {
    const now = clock.now()
    const { changes, dropped: unread } = readTraits(said.traits, { now, timeZone })
    const app = await directory.appById(said.app)
    return db.transaction(async (tx) => {
      const { vid, viewerId } = (await subjects.attach(tx, said.service, [said.externalId])).get(
        said.externalId,
      )!
      if (viewerId === null) {
        const { profile, dropped } = applyChanges(emptyProfile(said.at), changes, { at: said.at, timeZone })
        const id = uuidV7(now, random)
        const viewer = {
          id,
          vid,
          service: said.service,
          externalId: said.externalId,
          profile,
          consentMask: app?.defaultMask ?? purposeMask(DEFAULT_PURPOSES),
          source: 'identify',
        }
        await insertViewers(tx, vault, [viewer], now)
        return { outcome: 'created', viewerId: id, vid, dropped: inWordsOfTraits([...unread, ...dropped]) }
      }
      const stored = (await loadViewers(tx, vault, [viewerId], 'update')).get(viewerId)
      if (!stored) return { outcome: 'refused', reason: 'the viewer was erased' }
      const { profile, dropped } = applyChanges(stored.profile, changes, { at: said.at, timeZone })
      const isWritten = await updateViewer(tx, vault, stored, profile, now)
      return {
        outcome: isWritten ? 'updated' : 'unchanged',
        viewerId,
        vid,
        dropped: inWordsOfTraits([...unread, ...dropped]),
      }
    })
  }

  async function keepClaim(said: Identification, device: Subject): Promise<IdentifyResult> {
    if (!isShallowTrait(said.traits)) return { outcome: 'refused', reason: 'traits are nested too deeply' }
    const text = JSON.stringify({ externalId: said.externalId, traits: said.traits })
    if (Buffer.byteLength(text) > 2 * VIEWER_LIMITS.traitsBytesMax)
      return { outcome: 'refused', reason: 'an unverified identify is larger than 32 KB' }
    const now = clock.now()
    await db.transaction(async (tx) => {
      await tx
        .insert(identifyClaim)
        .values({
          id: uuidV7(now, random),
          app: said.app,
          device,
          lookup: vault.lookup(EXTERNAL_ID_LOOKUP, said.externalId),
          claim: vault.sealService(CLAIM_COLUMN, text),
          claimedAt: new Date(said.at),
          expiresAt: new Date(now + CLAIM_MS),
        })
        .onConflictDoUpdate({
          target: [identifyClaim.device, identifyClaim.app, identifyClaim.lookup],
          set: {
            claim: sql`excluded.claim`,
            claimedAt: sql`excluded.claimed_at`,
            expiresAt: sql`excluded.expires_at`,
          },
          setWhere: sql`excluded.claimed_at > ${identifyClaim.claimedAt}`,
        })
      const surplus = tx
        .select({ id: identifyClaim.id })
        .from(identifyClaim)
        .where(eq(identifyClaim.device, device))
        .orderBy(desc(identifyClaim.claimedAt), desc(identifyClaim.id))
        .offset(CLAIMS_PER_DEVICE_MAX)
      await tx.delete(identifyClaim).where(inArray(identifyClaim.id, surplus))
    })
    return { outcome: 'claimed' }
  }

  return {
    async apply(given) {
      const said = { ...given, at: Math.floor(given.at) }
      if (!identifier.safeParse(said.externalId).success) return { outcome: 'refused', reason: 'not an id' }
      const service = await directory.serviceById(said.service)
      if (!service) return { outcome: 'refused', reason: 'no such service' }
      if (said.isVerified) return applyVerified(said, service.timeZone)
      if (said.device === null) return { outcome: 'refused', reason: 'unverified and without a device' }
      return keepClaim(said, said.device)
    },

    async forgetClaims() {
      let forgotten = 0
      for (;;) {
        const expired = db
          .select({ id: identifyClaim.id })
          .from(identifyClaim)
          .where(lt(identifyClaim.expiresAt, new Date(clock.now())))
          .limit(FORGET_CHUNK)
        const gone = await db
          .delete(identifyClaim)
          .where(inArray(identifyClaim.id, expired))
          .returning({ id: identifyClaim.id })
        forgotten += gone.length
        if (gone.length < FORGET_CHUNK) return forgotten
      }
    },
  }
}
