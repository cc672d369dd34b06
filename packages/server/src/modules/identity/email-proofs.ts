import { and, eq, gt, inArray, lt, sql } from 'drizzle-orm'
import { ACCOUNT_LIMITS, type CodeSent } from '@foyer/contracts'
import { networkOf } from '../../platform/attempts/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import { Problem } from '../../platform/errors.ts'
import { uuidV7, type RandomSource } from '../../platform/ids.ts'
import type { Letter, Outbox } from '../../platform/mail/index.ts'
import type { Vault } from '../../platform/vault/index.ts'
import { emailProof } from './schema.ts'

/**
 * Proofs that somebody reads the letters of an address: a code goes there, and whoever began gives it back together with the
 * id that only they got. Neither alone is worth anything, so that nobody can have a stranger finish what they began.
 */
export interface EmailProofs {
  /**
   * Sends a letter with a code. The same work is done and the same answered whoever has the address. Throws
   * account.too_many_letters.
   */
  begin<K extends ProofKind>(proof: {
    kind: K
    /** In the form of `emailAddress`. */
    email: string
    /** The asker's network address. */
    address: string
    payload: ProofPayload[K]
    letter: (code: string) => Letter
  }): Promise<CodeSent>
  /**
   * Does `work` in the transaction that uses the code up. Throws account.code_wrong, or account.code_expired when it was
   * tried too often, is too old or was used.
   */
  complete<K extends ProofKind, R>(
    proof: { kind: K; id: string; code: string },
    work: (tx: Database, payload: ProofPayload[K]) => Promise<R>,
  ): Promise<R>
  tidy(): Promise<void>
}

export interface ProofPayload {
  readonly registration: {
    readonly email: string
    readonly service: string
    readonly name: string | null
    readonly passwordHash: string
  }
  readonly password_reset: { readonly email: string }
}
export type ProofKind = keyof ProofPayload

/** Letters an hour: to one address, so that nobody's mailbox is flooded, and from one network. */
export const LETTER_LIMITS = { perEmail: 5, perNetwork: 30, withinMs: 3_600_000 } as const

/** Rows are kept for so long, since letters are counted by them. */
const KEPT_MS = 86_400_000

const EMAIL = { name: 'email_proof.email', kind: 'email' } as const
const NETWORK = 'email_proof.network'
const CODE = 'email_proof.code'
const PAYLOAD = 'email_proof.payload'

export function createEmailProofs(deps: {
  db: Database
  vault: Vault
  clock: Clock
  random: RandomSource
  outbox: Outbox
  limits?: { perEmail: number; perNetwork: number }
}): EmailProofs {
  const { db, vault, clock, random, outbox } = deps
  const { perEmail, perNetwork } = deps.limits ?? LETTER_LIMITS
  const codeHash = (id: string, code: string) => vault.lookup(CODE, `${id} ${code}`)
  const codeHashes = (id: string, code: string) => vault.lookups(CODE, `${id} ${code}`)

  async function refuseTooMany(tx: Database, email: string, network: string): Promise<void> {
    // One after the other, so that a hundred at once are a hundred.
    for (const name of [email, network].toSorted()) {
      await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`)
    }
    const since = gt(emailProof.createdAt, new Date(clock.now() - LETTER_LIMITS.withinMs))
    const toAddress = inArray(emailProof.email, vault.lookups(EMAIL, email))
    const fromNetwork = inArray(emailProof.network, vault.lookups(NETWORK, network))
    const isTooMany =
      (await tx.$count(emailProof, and(since, toAddress))) >= perEmail ||
      (await tx.$count(emailProof, and(since, fromNetwork))) >= perNetwork
    if (isTooMany) {
      throw new Problem(
        'account.too_many_letters',
        'Look for the letters that were sent, or try again in an hour.',
        {
          headers: { 'retry-after': String(LETTER_LIMITS.withinMs / 1_000) },
        },
      )
    }
  }

  return {
    async begin({ kind, email, address, payload, letter }) {
      const now = clock.now()
      const id = uuidV7(now, random)
      const code = newCode(random)
      const network = networkOf(address)
      const expiresAt = new Date(now + ACCOUNT_LIMITS.codeLiveMs)
      await db.transaction(async (tx) => {
        await refuseTooMany(tx, email, network)
        await tx.insert(emailProof).values({
          id,
          kind,
          email: vault.lookup(EMAIL, email),
          network: vault.lookup(NETWORK, network),
          payload: vault.sealService(PAYLOAD, JSON.stringify(payload)),
          code: codeHash(id, code),
          attempts: 0,
          createdAt: new Date(now),
          expiresAt,
        })
        await outbox.post(tx, letter(code), ACCOUNT_LIMITS.codeLiveMs)
      })
      return { id, expiresAt: expiresAt.toISOString() }
    },

    async complete({ kind, id, code }, work) {
      const outcome = await db.transaction(async (tx) => {
        const [row] = await tx
          .select()
          .from(emailProof)
          .where(and(eq(emailProof.id, id), eq(emailProof.kind, kind)))
          .for('update')
        const isLive =
          row !== undefined &&
          row.expiresAt.getTime() > clock.now() &&
          row.attempts < ACCOUNT_LIMITS.codeAttempts
        const payload = isLive ? vault.openService(PAYLOAD, row.payload) : null
        if (!isLive || payload === null) return { refused: 'account.code_expired' } as const
        if (!codeHashes(id, code).includes(row.code)) {
          await tx
            .update(emailProof)
            .set({ attempts: row.attempts + 1 })
            .where(eq(emailProof.id, id))
          return { refused: 'account.code_wrong' } as const
        }
        // Used up, and still counted as a letter.
        await tx
          .update(emailProof)
          .set({ attempts: ACCOUNT_LIMITS.codeAttempts })
          .where(eq(emailProof.id, id))
        return { done: await work(tx, JSON.parse(payload) as ProofPayload[typeof kind]) }
      })
      // Thrown outside, so that a wrong code stays counted.
      if ('refused' in outcome) throw new Problem(outcome.refused)
      return outcome.done
    },

    async tidy() {
      await db.delete(emailProof).where(lt(emailProof.createdAt, new Date(clock.now() - KEPT_MS)))
    },
  }
}

/** Of 64 random bits, so that no code is likelier than another by more than one in 10¹³. */
function newCode(random: RandomSource): string {
  const number = Buffer.from(random(8)).readBigUInt64BE() % 10n ** BigInt(ACCOUNT_LIMITS.codeDigits)
  return number.toString().padStart(ACCOUNT_LIMITS.codeDigits, '0')
}
