import { and, asc, eq, gt, isNull, lt } from 'drizzle-orm'
import {
  OPERATOR_LIMITS,
  type Invitation,
  type InvitationInput,
  type NewInvitation,
  type OneTimeLink,
} from '@foyer/contracts'
import type { AuditTrail } from '../../platform/audit.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import { Problem } from '../../platform/errors.ts'
import type { Actor } from '../../platform/http/index.ts'
import { newSecret, sha256, uuidV7, type RandomSource } from '../../platform/ids.ts'
import type { Vault } from '../../platform/vault/index.ts'
import type { OperatorAuth } from './auth.ts'
import { refuseBeyond } from './grants.ts'
import { operatorActor, type People } from './people.ts'
import { operatorLink } from './schema.ts'

/** How long a link may be used: each once. */
export const LINK_MS = { first: 86_400_000, invitation: 7 * 86_400_000, password: 86_400_000 } as const

/** One-time links, by which operators come in without anybody setting a password for them. */
export interface Links {
  /** A link for the first operator; null when there are operators. Other such links stay valid until one is used. */
  forFirstOperator(): Promise<string | null>
  /** The answers are the ids of the operators. All throw Problem operator.link_invalid. */
  acceptFirst(input: { token: string; name: string; email: string; password: string }): Promise<string>
  acceptInvitation(input: {
    token: string
    name: string
    password: string
  }): Promise<{ id: string; email: string }>
  acceptPassword(input: { token: string; password: string }): Promise<string>

  invite(by: Actor, input: InvitationInput): Promise<NewInvitation>
  listInvitations(page: {
    limit: number
    cursor?: string | undefined
  }): Promise<{ items: Invitation[]; next: string | null }>
  withdrawInvitation(by: Actor, id: string): Promise<void>
  /** For an operator who forgot theirs. */
  passwordLink(by: Actor, operatorId: string): Promise<OneTimeLink>
  /** Deletes links that were made a month ago. */
  tidy(): Promise<void>
}

const PAGES = { first: 'welcome', invitation: 'join', password: 'password' } as const
const EMAIL_COLUMN = 'operator_link.email'
const KEPT_MS = 30 * 86_400_000

type LinkRow = typeof operatorLink.$inferSelect

export function createLinks(deps: {
  db: Database
  auth: OperatorAuth
  people: People
  vault: Vault
  clock: Clock
  random: RandomSource
  audit: AuditTrail
  baseUrl: string
}): Links {
  const { db, auth, people, vault, clock, random, audit } = deps

  async function make(
    tx: Database,
    link: Pick<LinkRow, 'kind'> & Partial<Pick<LinkRow, 'emailSealed' | 'role' | 'operatorId' | 'createdBy'>>,
  ): Promise<{ row: LinkRow; url: string }> {
    const token = newSecret('link', random)
    const now = clock.now()
    const [row] = await tx
      .insert(operatorLink)
      .values({
        ...link,
        id: uuidV7(now, random),
        tokenHash: sha256(token),
        createdAt: new Date(now),
        expiresAt: new Date(now + LINK_MS[link.kind]),
      })
      .returning()
    return { row: row!, url: new URL(`/console/${PAGES[link.kind]}?token=${token}`, deps.baseUrl).href }
  }

  /** Uses a link up, in the transaction that does what it is for. */
  async function use(tx: Database, kind: LinkRow['kind'], token: string): Promise<LinkRow> {
    const now = new Date(clock.now())
    const [row] = await tx
      .update(operatorLink)
      .set({ usedAt: now })
      .where(
        and(
          eq(operatorLink.tokenHash, sha256(token)),
          eq(operatorLink.kind, kind),
          isNull(operatorLink.usedAt),
          gt(operatorLink.expiresAt, now),
        ),
      )
      .returning()
    if (!row) throw new Problem('operator.link_invalid')
    return row
  }

  /** Hashing takes a tenth of a second of a core: only for links that open something. */
  async function hashFor(kind: LinkRow['kind'], token: string, password: string): Promise<string> {
    const live = await db.$count(
      operatorLink,
      and(isOpen(kind, clock), eq(operatorLink.tokenHash, sha256(token))),
    )
    if (live === 0) throw new Problem('operator.link_invalid')
    return auth.hashPassword(password)
  }

  function emailOf(row: LinkRow): string {
    const email = row.emailSealed && vault.openService(EMAIL_COLUMN, row.emailSealed)
    if (!email) throw new Problem('operator.link_invalid')
    return email
  }

  return {
    async forFirstOperator() {
      if (!(await people.isEmpty(db))) return null
      return (await make(db, { kind: 'first' })).url
    },

    async acceptFirst({ token, name, email, password }) {
      const passwordHash = await hashFor('first', token, password)
      const role = 'administrator'
      return db.transaction(async (tx) => {
        await people.lock(tx)
        await use(tx, 'first', token)
        if (!(await people.isEmpty(tx))) throw new Problem('operator.link_invalid')
        const id = await people.insert(tx, { name, email, role, passwordHash })
        const details = { role, by: 'first link' }
        await audit.record(
          { actor: operatorActor(id, role), action: 'operator.created', object: id, details },
          tx,
        )
        return id
      })
    },

    async acceptInvitation({ token, name, password }) {
      const passwordHash = await hashFor('invitation', token, password)
      return db.transaction(async (tx) => {
        await people.lock(tx)
        const row = await use(tx, 'invitation', token)
        const [email, role] = [emailOf(row), row.role!]
        const id = await people.insert(tx, { name, email, role, passwordHash })
        const details = { role, invitation: row.id }
        await audit.record(
          { actor: operatorActor(id, role), action: 'operator.created', object: id, details },
          tx,
        )
        return { id, email }
      })
    },

    async acceptPassword({ token, password }) {
      const passwordHash = await hashFor('password', token, password)
      return db.transaction(async (tx) => {
        const id = (await use(tx, 'password', token)).operatorId!
        await people.setPassword(tx, id, passwordHash)
        const { role } = await people.get(id, tx)
        const actor = operatorActor(id, role)
        await audit.record({ actor, action: 'operator.password_changed', object: id }, tx)
        return id
      })
    },

    async invite(by, { email, role }) {
      refuseBeyond(by, { role })
      const open = await db.$count(operatorLink, isOpen('invitation', clock))
      if (open >= OPERATOR_LIMITS.openInvitations) {
        throw new Problem(
          'settings.limit_reached',
          `${OPERATOR_LIMITS.openInvitations} invitations are open.`,
        )
      }
      const emailSealed = vault.sealService(EMAIL_COLUMN, email)
      return db.transaction(async (tx) => {
        const { row, url } = await make(tx, { kind: 'invitation', emailSealed, role, createdBy: by.id })
        await audit.record({ actor: by, action: 'operator.invited', object: row.id, details: { role } }, tx)
        return { ...toInvitation(row, email), link: url }
      })
    },

    async listInvitations({ limit, cursor }) {
      const rows = await db
        .select()
        .from(operatorLink)
        .where(
          and(isOpen('invitation', clock), cursor === undefined ? undefined : gt(operatorLink.id, cursor)),
        )
        .orderBy(asc(operatorLink.id))
        .limit(limit + 1)
      const items = rows.slice(0, limit).map((row) => toInvitation(row, emailOf(row)))
      return { items, next: rows.length > limit ? items.at(-1)!.id : null }
    },

    async withdrawInvitation(by, id) {
      await db.transaction(async (tx) => {
        const gone = await tx
          .delete(operatorLink)
          .where(and(isOpen('invitation', clock), eq(operatorLink.id, id)))
          .returning({ id: operatorLink.id })
        if (gone.length === 0) throw new Problem('invitation.not_found')
        await audit.record({ actor: by, action: 'operator.invitation_withdrawn', object: id }, tx)
      })
    },

    async passwordLink(by, operatorId) {
      refuseBeyond(by, await people.get(operatorId))
      return db.transaction(async (tx) => {
        const { row, url } = await make(tx, { kind: 'password', operatorId, createdBy: by.id })
        await audit.record({ actor: by, action: 'operator.password_link_made', object: operatorId }, tx)
        return { link: url, expiresAt: row.expiresAt.toISOString() }
      })
    },

    async tidy() {
      await db.delete(operatorLink).where(lt(operatorLink.createdAt, new Date(clock.now() - KEPT_MS)))
    },
  }
}

function isOpen(kind: LinkRow['kind'], clock: Clock) {
  return and(
    eq(operatorLink.kind, kind),
    isNull(operatorLink.usedAt),
    gt(operatorLink.expiresAt, new Date(clock.now())),
  )
}

function toInvitation(row: LinkRow, email: string): Invitation {
  return {
    id: row.id,
    email,
    role: row.role!,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
  }
}
