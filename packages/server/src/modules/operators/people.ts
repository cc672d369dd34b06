import { and, asc, eq, gt, isNull, ne, sql } from 'drizzle-orm'
import {
  OPERATOR_LIMITS,
  type Operator,
  type OperatorMe,
  type OperatorPatch,
  ROLES,
  type Role,
} from '@foyer/contracts'
import type { AuditTrail } from '../../platform/audit.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import { Problem } from '../../platform/errors.ts'
import type { Actor } from '../../platform/http/index.ts'
import type { ApiKeys } from './api-keys.ts'
import type { OperatorAuth } from './auth.ts'
import { refuseBeyond } from './grants.ts'
import { operator } from './schema.ts'

/** A person to be made an operator. */
export interface NewOperator {
  readonly name: string
  readonly email: string
  readonly password: string
  readonly role: Role
}

/** The operators themselves: who they are and what they may do. */
export interface People {
  /** Throws Problem operator.exists. */
  create(person: NewOperator, by: Actor | null): Promise<string>
  /** The same within a transaction of the caller, who audits. The password is hashed already. */
  insert(tx: Database, person: Omit<NewOperator, 'password'> & { passwordHash: string }): Promise<string>
  list(page: {
    limit: number
    cursor?: string | undefined
  }): Promise<{ items: Operator[]; next: string | null }>
  get(id: string, tx?: Database): Promise<Operator>
  change(by: Actor, id: string, patch: OperatorPatch): Promise<Operator>
  remove(by: Actor, id: string): Promise<void>
  /** Sets the password and ends all sessions. */
  setPassword(tx: Database, id: string, passwordHash: string): Promise<void>
  /** Whether it is the operator's. */
  hasPassword(id: string, password: string): Promise<boolean>
  isEmpty(tx: Database): Promise<boolean>
  /** Within the transaction, nobody else creates, changes or removes operators. */
  lock(tx: Database): Promise<void>
}

export function createPeople(deps: {
  db: Database
  auth: OperatorAuth
  apiKeys: Pick<ApiKeys, 'revokeMadeBy'>
  clock: Clock
  audit: AuditTrail
}): People {
  const { db, auth, apiKeys, clock, audit } = deps

  async function lock(tx: Database): Promise<void> {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('foyer operators'))`)
  }

  async function insert(
    tx: Database,
    person: Omit<NewOperator, 'password'> & { passwordHash: string },
  ): Promise<string> {
    const adapter = auth.adapterIn(tx)
    const now = new Date(clock.now())
    const times = { createdAt: now, updatedAt: now }
    const where = [{ field: 'email', value: person.email }]
    if (await adapter.findOne({ model: 'user', where })) throw new Problem('operator.exists')
    if ((await tx.$count(operator)) >= OPERATOR_LIMITS.operators) {
      throw new Problem('settings.limit_reached', `There can be ${OPERATOR_LIMITS.operators} operators.`)
    }
    const { name, email, role, passwordHash } = person
    const { id } = await adapter.create<Record<string, unknown>, { id: string }>({
      model: 'user',
      data: { name, email: email.toLowerCase(), emailVerified: true, role, ...times },
    })
    await adapter.create({
      model: 'account',
      data: { userId: id, accountId: id, providerId: 'credential', password: passwordHash, ...times },
    })
    return id
  }

  /** Throws when nobody but this one could manage operators. */
  async function keepAnAdministrator(tx: Database, id: string): Promise<void> {
    const others = await tx.$count(
      operator,
      and(eq(operator.role, 'administrator'), isNull(operator.disabledAt), ne(operator.id, id)),
    )
    if (others === 0) {
      throw new Problem('operator.last_administrator', 'Make another operator an administrator first.')
    }
  }

  async function endSessions(tx: Database, id: string): Promise<void> {
    await auth.adapterIn(tx).deleteMany({ model: 'session', where: [{ field: 'userId', value: id }] })
  }

  return {
    lock,
    insert,

    async create(person, by) {
      const passwordHash = await auth.hashPassword(person.password)
      return db.transaction(async (tx) => {
        await lock(tx)
        const id = await insert(tx, { ...person, passwordHash })
        const actor = by ?? operatorActor(id, person.role)
        const details = { role: person.role }
        await audit.record({ actor, action: 'operator.created', object: id, details }, tx)
        return id
      })
    },

    async list({ limit, cursor }) {
      const ids = await db
        .select({ id: operator.id })
        .from(operator)
        .where(cursor === undefined ? undefined : gt(operator.id, cursor))
        .orderBy(asc(operator.id))
        .limit(limit + 1)
      const page = ids.slice(0, limit).map(({ id }) => id)
      const rows = await auth.adapter.findMany<OperatorRow>({
        model: 'user',
        where: [{ field: 'id', operator: 'in', value: page }],
        limit,
      })
      const items = rows.map(toOperator).sort((a, b) => (a.id < b.id ? -1 : 1))
      return { items, next: ids.length > limit ? page.at(-1)! : null }
    },

    async get(id, tx) {
      return toOperator(await findRow(tx ? { adapter: auth.adapterIn(tx) } : auth, id))
    },

    async change(by, id, patch) {
      const before = toOperator(await findRow(auth, id))
      const after = { ...before, ...withoutUndefined(patch) }
      for (const { role } of [before, after]) refuseBeyond(by, { role })
      await db.transaction(async (tx) => {
        await lock(tx)
        if (after.role !== 'administrator' || after.isDisabled) await keepAnAdministrator(tx, id)
        const changed = await tx
          .update(operator)
          .set({
            role: after.role,
            disabledAt: after.isDisabled ? new Date(clock.now()) : null,
            updatedAt: new Date(clock.now()),
          })
          .where(eq(operator.id, id))
          .returning({ id: operator.id })
        if (changed.length === 0) throw new Problem('operator.not_found')
        if (after.isDisabled) {
          await endSessions(tx, id)
          await apiKeys.revokeMadeBy(tx, by, id)
        }
        if (after.role !== before.role) {
          const details = { from: before.role, to: after.role }
          await audit.record({ actor: by, action: 'operator.role_changed', object: id, details }, tx)
        }
        if (after.isDisabled !== before.isDisabled) {
          const action = after.isDisabled ? 'operator.disabled' : 'operator.enabled'
          await audit.record({ actor: by, action, object: id }, tx)
        }
      })
      return after
    },

    async remove(by, id) {
      await db.transaction(async (tx) => {
        await lock(tx)
        refuseBeyond(by, await findRow({ adapter: auth.adapterIn(tx) }, id))
        await keepAnAdministrator(tx, id)
        await apiKeys.revokeMadeBy(tx, by, id)
        await auth.adapterIn(tx).delete({ model: 'user', where: [{ field: 'id', value: id }] })
        await audit.record({ actor: by, action: 'operator.removed', object: id }, tx)
      })
    },

    async setPassword(tx, id, passwordHash) {
      const update = { password: passwordHash, updatedAt: new Date(clock.now()) }
      const changed = await auth.adapterIn(tx).updateMany({ model: 'account', where: passwordOf(id), update })
      if (changed === 0) throw new Problem('operator.not_found')
      await endSessions(tx, id)
    },

    async hasPassword(id, password) {
      const row = await auth.adapter.findOne<{ password?: string | null }>({
        model: 'account',
        where: passwordOf(id),
      })
      return row?.password ? auth.verifyPassword({ hash: row.password, password }) : false
    },

    async isEmpty(tx) {
      return (await tx.$count(operator)) === 0
    },
  }
}

const passwordOf = (id: string) => [
  { field: 'userId', value: id },
  { field: 'providerId', value: 'credential' },
]

/** A row as better-auth reads it. */
export interface OperatorRow {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly role: Role
  readonly disabledAt?: Date | null | undefined
  readonly createdAt: Date
}

export function toOperator(row: OperatorRow): Operator {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    isDisabled: Boolean(row.disabledAt),
    createdAt: row.createdAt.toISOString(),
  }
}

export function toMe(row: OperatorRow): OperatorMe {
  const { id, name, email, role } = row
  return { id, name, email, role, rights: [...ROLES[role]] }
}

export function operatorActor(id: string, role: Role): Actor {
  // A role that a later version took away gives no rights.
  return { kind: 'operator', id, rights: new Set(ROLES[role] ?? []) }
}

async function findRow(auth: Pick<OperatorAuth, 'adapter'>, id: string): Promise<OperatorRow> {
  const row = await auth.adapter.findOne<OperatorRow>({ model: 'user', where: [{ field: 'id', value: id }] })
  if (!row) throw new Problem('operator.not_found')
  return row
}

function withoutUndefined<T extends object>(patch: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as never
}
