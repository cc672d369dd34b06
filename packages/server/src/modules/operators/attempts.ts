import { eq, lt, sql } from 'drizzle-orm'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import type { Vault } from '../../platform/vault/index.ts'
import { operatorAttempt } from './schema.ts'
import {
  ACCOUNT_LIMIT,
  ADDRESS_LIMIT,
  judgeAttempt,
  networkOf,
  type AttemptVerdict,
  type SignInLimit,
} from './sign-in-limits.ts'

/** Counts attempts to sign in, in RECORDS, so that all processes count together and a restart forgets nothing. */
export interface AttemptCounter {
  /** Counts an attempt before it is made; answers how long to wait when it may not be. */
  begin(attempt: {
    email: string
    address: string
  }): Promise<{ isAllowed: true } | { isAllowed: false; waitMs: number }>
  /** The attempt was right: the account starts afresh, and the address gets its attempt back. */
  succeed(attempt: { email: string; address: string }): Promise<void>
  /** Deletes what is long forgotten. */
  tidy(): Promise<void>
}

export function createAttemptCounter(deps: { db: Database; vault: Vault; clock: Clock }): AttemptCounter {
  const { db, vault, clock } = deps
  const byEmail = (email: string) =>
    vault.lookup({ name: 'operator_attempt.email', kind: 'email' }, email.slice(0, 254))
  const byAddress = (address: string) => vault.lookup('operator_attempt.address', networkOf(address))

  /** One row at a time is judged: a hundred attempts at once are a hundred attempts. */
  function judge(subject: string, limit: SignInLimit): Promise<AttemptVerdict> {
    return db.transaction(async (tx) => {
      await tx
        .insert(operatorAttempt)
        .values({ subject, attempts: 0, lastAt: new Date(clock.now()) })
        .onConflictDoNothing()
      const [row] = await tx
        .select()
        .from(operatorAttempt)
        .where(eq(operatorAttempt.subject, subject))
        .for('update')
      const before = row && { attempts: row.attempts, lastAt: row.lastAt.getTime() }
      const verdict = judgeAttempt(limit, before ?? null, clock.now())
      if (verdict.isAllowed) {
        const { attempts, lastAt } = verdict.next
        await tx
          .update(operatorAttempt)
          .set({ attempts, lastAt: new Date(lastAt) })
          .where(eq(operatorAttempt.subject, subject))
      }
      return verdict
    })
  }

  return {
    async begin({ email, address }) {
      for (const [subject, limit] of [
        [byAddress(address), ADDRESS_LIMIT],
        [byEmail(email), ACCOUNT_LIMIT],
      ] as const) {
        const verdict = await judge(subject, limit)
        if (!verdict.isAllowed) return { isAllowed: false, waitMs: verdict.waitMs }
      }
      return { isAllowed: true }
    },

    async succeed({ email, address }) {
      await db.delete(operatorAttempt).where(eq(operatorAttempt.subject, byEmail(email)))
      await db
        .update(operatorAttempt)
        .set({ attempts: sql`greatest(0, ${operatorAttempt.attempts} - 1)` })
        .where(eq(operatorAttempt.subject, byAddress(address)))
    },

    async tidy() {
      await db
        .delete(operatorAttempt)
        .where(lt(operatorAttempt.lastAt, new Date(clock.now() - ACCOUNT_LIMIT.forgetMs)))
    },
  }
}
