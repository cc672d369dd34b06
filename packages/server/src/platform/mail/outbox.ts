import { and, asc, eq, gt, inArray, lte, sql } from 'drizzle-orm'
import type { Clock } from '../clock.ts'
import type { Database } from '../data-map.ts'
import { uuidV7, type RandomSource } from '../ids.ts'
import type { Vault } from '../vault/index.ts'
import type { Letter } from './letter.ts'
import { outgoingLetter } from './schema.ts'

export type { Letter } from './letter.ts'

/** Letters that wait to be sent. */
export interface Outbox {
  /** Queues a letter in the transaction that makes it necessary. After `liveMs` it would be of no use any more. */
  post(tx: Database, letter: Letter, liveMs: number): Promise<void>
  /** Takes letters that are due and keeps others from taking them for `CLAIM_MS`. */
  claim(limit: number): Promise<ClaimedLetter[]>
  /** It was sent, or never will be. */
  drop(id: string): Promise<void>
  /** It could not be sent now: the next attempt waits, twice as long each time. */
  postpone(letter: ClaimedLetter): Promise<void>
  /** Deletes letters that are of no use any more. How many. */
  expire(): Promise<number>
  /** What waits, oldest first, for whoever runs the instance. */
  waiting(limit: number): Promise<WaitingLetter[]>
}

export interface WaitingLetter {
  readonly letter: Letter
  /** Epoch ms. */
  readonly createdAt: number
  readonly expiresAt: number
}

export interface ClaimedLetter {
  readonly id: string
  readonly letter: Letter
  /** Attempts before this one. */
  readonly attempts: number
}

/** An attempt that takes longer than this is made again by somebody else. */
const CLAIM_MS = 120_000
const FIRST_WAIT_MS = 3_000
const WAIT_MS_MAX = 1_800_000

const COLUMN = 'outgoing_letter.letter'

export function createOutbox(deps: {
  db: Database
  vault: Vault
  clock: Clock
  random: RandomSource
}): Outbox {
  const { db, vault, clock, random } = deps

  /** Null when its key is gone, as after a restore without keys. */
  function read(row: { letter: string }): Letter | null {
    const json = vault.openService(COLUMN, row.letter)
    return json === null ? null : (JSON.parse(json) as Letter)
  }

  return {
    async post(tx, letter, liveMs) {
      const now = clock.now()
      await tx.insert(outgoingLetter).values({
        id: uuidV7(now, random),
        letter: vault.sealService(COLUMN, JSON.stringify(letter)),
        attempts: 0,
        nextAttemptAt: new Date(now),
        createdAt: new Date(now),
        expiresAt: new Date(now + liveMs),
      })
    },

    async claim(limit) {
      const now = new Date(clock.now())
      const due = db
        .select({ id: outgoingLetter.id })
        .from(outgoingLetter)
        .where(lte(outgoingLetter.nextAttemptAt, now))
        .orderBy(asc(outgoingLetter.nextAttemptAt))
        .limit(limit)
        .for('update', { skipLocked: true })
      const rows = await db
        .update(outgoingLetter)
        .set({
          attempts: sql`${outgoingLetter.attempts} + 1`,
          nextAttemptAt: new Date(clock.now() + CLAIM_MS),
        })
        .where(and(inArray(outgoingLetter.id, due), gt(outgoingLetter.expiresAt, now)))
        .returning()
      return rows.flatMap((row) => {
        const letter = read(row)
        return letter === null ? [] : [{ id: row.id, letter, attempts: row.attempts - 1 }]
      })
    },

    async drop(id) {
      await db.delete(outgoingLetter).where(eq(outgoingLetter.id, id))
    },

    async postpone({ id, attempts }) {
      const waitMs = Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** attempts)
      await db
        .update(outgoingLetter)
        .set({ nextAttemptAt: new Date(clock.now() + waitMs) })
        .where(eq(outgoingLetter.id, id))
    },

    async expire() {
      const gone = await db.delete(outgoingLetter).where(lte(outgoingLetter.expiresAt, new Date(clock.now())))
      return gone.rowCount ?? 0
    },

    async waiting(limit) {
      const rows = await db
        .select()
        .from(outgoingLetter)
        .where(gt(outgoingLetter.expiresAt, new Date(clock.now())))
        .orderBy(asc(outgoingLetter.createdAt))
        .limit(limit)
      return rows.flatMap((row) => {
        const letter = read(row)
        return letter === null
          ? []
          : [{ createdAt: row.createdAt.getTime(), expiresAt: row.expiresAt.getTime(), letter }]
      })
    },
  }
}
