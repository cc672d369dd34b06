import { eq, getTableName, lt, sql } from 'drizzle-orm'
import type { Clock } from '../clock.ts'
import type { Database } from '../data-map.ts'
import type { Vault } from '../vault/index.ts'
import { createAttemptsUnderWay } from './attempts-under-way.ts'
import {
  ACCOUNT_LIMIT,
  ADDRESS_LIMIT,
  judgeAttempt,
  networkOf,
  type AttemptVerdict,
  type SignInLimit,
} from './limits.ts'
import type { AttemptTable } from './table.ts'

/** Counts attempts to sign in, in RECORDS, so that all processes count together and a restart forgets nothing. */
export interface AttemptCounter {
  /**
   * Counts an attempt and makes it; says how long to wait when it may not be made. One that resolves was right: the account
   * starts afresh, and the address gets its attempt back. One that rejects stays counted, and its error goes on. An attempt
   * beyond the limit waits for those of its account that are under way in this process, since one that is right frees it:
   * a console that signs in seven times at once is not a guesser.
   */
  make<T>(attempt: { email: string; address: string }, work: () => Promise<T>): Promise<AttemptResult<T>>
  /** Deletes what is long forgotten. */
  tidy(): Promise<void>
}

export type AttemptResult<T> =
  | { readonly isAllowed: true; readonly value: T }
  | { readonly isAllowed: false; readonly waitMs: number }

export function createAttemptCounter(deps: {
  db: Database
  vault: Vault
  clock: Clock
  table: AttemptTable
}): AttemptCounter {
  const { db, vault, clock, table } = deps
  const name = getTableName(table)
  const byEmail = (email: string) =>
    vault.lookup({ name: `${name}.email`, kind: 'email' }, email.slice(0, 254))
  const byAddress = (address: string) => vault.lookup(`${name}.address`, networkOf(address))

  const underWay = createAttemptsUnderWay()

  /** One row at a time is judged: a hundred attempts at once are a hundred attempts. */
  function judge(subject: string, limit: SignInLimit): Promise<AttemptVerdict> {
    return db.transaction(async (tx) => {
      await tx
        .insert(table)
        .values({ subject, attempts: 0, lastAt: new Date(clock.now()) })
        .onConflictDoNothing()
      const [row] = await tx.select().from(table).where(eq(table.subject, subject)).for('update')
      const before = row && { attempts: row.attempts, lastAt: row.lastAt.getTime() }
      const verdict = judgeAttempt(limit, before ?? null, clock.now())
      if (verdict.isAllowed) {
        const { attempts, lastAt } = verdict.next
        await tx
          .update(table)
          .set({ attempts, lastAt: new Date(lastAt) })
          .where(eq(table.subject, subject))
      }
      return verdict
    })
  }

  async function succeed(account: string, network: string): Promise<void> {
    await db.delete(table).where(eq(table.subject, account))
    await db
      .update(table)
      .set({ attempts: sql`greatest(0, ${table.attempts} - 1)` })
      .where(eq(table.subject, network))
  }

  return {
    async make({ email, address }, work) {
      const account = byEmail(email)
      const network = byAddress(address)
      return underWay.admit(
        network,
        () => judge(network, ADDRESS_LIMIT),
        () =>
          underWay.admit(
            account,
            () => judge(account, ACCOUNT_LIMIT),
            async () => {
              const value = await work()
              await succeed(account, network)
              return { isAllowed: true, value }
            },
          ),
      )
    },

    async tidy() {
      await db.delete(table).where(lt(table.lastAt, new Date(clock.now() - ACCOUNT_LIMIT.forgetMs)))
    },
  }
}
