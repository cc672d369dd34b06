import { eq, lt } from 'drizzle-orm'
import type { FastifyRequest } from 'fastify'
import type { OperatorSession } from '@foyer/contracts'
import type { AttemptCounter } from '../../platform/attempts/index.ts'
import type { AuditTrail } from '../../platform/audit.ts'
import { authHeadersOf } from '../../platform/auth/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import { Problem } from '../../platform/errors.ts'
import type { OperatorAuth } from './auth.ts'
import { operatorActor, type OperatorRow, type People } from './people.ts'
import { operatorSession } from './schema.ts'

/** A session that is not used for so long ends; one that is used ends after seven days all the same. */
export const IDLE_MS_MAX = 12 * 3_600_000

/** Uses closer together than this are not written down. */
const LAST_USED_STEP_MS = 300_000

/** The browser's session and whose it is. */
export interface SignedIn {
  readonly sessionId: string
  readonly operator: OperatorRow
}

/** Signing in and out, and the sessions between. */
export interface Sessions {
  /** Throws Problem operator.locked, operator.sign_in_failed or operator.disabled. */
  signIn(
    request: FastifyRequest,
    credentials: { email: string; password: string },
  ): Promise<{ operator: OperatorRow; cookies: string[] }>
  /** Answers the cookies to set. Succeeds also when nobody is signed in. */
  signOut(request: FastifyRequest): Promise<string[]>
  /** Who is signed in by the request's cookie; null for nobody. */
  find(request: FastifyRequest): Promise<SignedIn | null>
  /** Ends all other sessions. Throws Problem operator.sign_in_failed when the current password is wrong. */
  changePassword(
    request: FastifyRequest,
    signedIn: SignedIn,
    change: { currentPassword: string; newPassword: string },
  ): Promise<string[]>
  list(signedIn: SignedIn): Promise<{ items: OperatorSession[]; next: null }>
  /** Throws Problem operator_session.not_found. */
  end(signedIn: SignedIn, sessionId: string): Promise<void>
  endOthers(signedIn: SignedIn): Promise<void>
  /** Deletes sessions that have ended. */
  tidy(): Promise<void>
}

export function createSessions(deps: {
  db: Database
  auth: OperatorAuth
  people: Pick<People, 'hasPassword' | 'setPassword'>
  attempts: AttemptCounter
  audit: AuditTrail
  clock: Clock
}): Sessions {
  const { db, auth, people, attempts, audit, clock } = deps

  async function attempt<T>(email: string, request: FastifyRequest, work: () => Promise<T>): Promise<T> {
    const result = await attempts.make({ email, address: request.ip }, work)
    if (result.isAllowed) return result.value
    const seconds = Math.ceil(result.waitMs / 1_000)
    throw new Problem('operator.locked', `Try again in ${seconds} s.`, {
      headers: { 'retry-after': String(seconds) },
    })
  }

  async function readRow(id: string): Promise<OperatorRow> {
    const where = [{ field: 'id', value: id }]
    return (await auth.adapter.findOne<OperatorRow>({ model: 'user', where }))!
  }

  const endAll = (where: Parameters<typeof auth.adapter.deleteMany>[0]['where']) =>
    auth.adapter.deleteMany({ model: 'session', where })

  return {
    signIn(request, { email, password }) {
      return attempt(email, request, async () => {
        const { headers, response } = await auth.api
          .signInEmail({ body: { email, password }, headers: authHeadersOf(request), returnHeaders: true })
          .catch(asRefusal)
        const operator = await readRow(response.user.id)
        if (operator.disabledAt) {
          await endAll([{ field: 'token', value: response.token }])
          throw new Problem('operator.disabled')
        }
        return { operator, cookies: headers.getSetCookie() }
      })
    },

    async signOut(request) {
      const { headers } = await auth.api.signOut({ headers: authHeadersOf(request), returnHeaders: true })
      return headers.getSetCookie()
    },

    async find(request) {
      if (request.headers.cookie === undefined) return null
      const found = await auth.api.getSession({ headers: authHeadersOf(request) })
      if (!found) return null
      const { session } = found
      const operator = found.user as unknown as OperatorRow
      const lastUsedAt = (session as { lastUsedAt?: Date | null }).lastUsedAt?.getTime() ?? 0
      if (operator.disabledAt) return null
      if (clock.now() - lastUsedAt >= IDLE_MS_MAX) {
        await endAll([{ field: 'id', value: session.id }])
        return null
      }
      if (clock.now() - lastUsedAt >= LAST_USED_STEP_MS) {
        await db
          .update(operatorSession)
          .set({ lastUsedAt: new Date(clock.now()) })
          .where(eq(operatorSession.id, session.id))
      }
      return { sessionId: session.id, operator }
    },

    changePassword(request, { operator }, change) {
      // A borrowed browser must not become a place to guess the password.
      return attempt(operator.email, request, async () => {
        const { id, email, role } = operator
        if (!(await people.hasPassword(id, change.currentPassword)))
          throw new Problem('operator.sign_in_failed')
        const passwordHash = await auth.hashPassword(change.newPassword)
        await db.transaction(async (tx) => {
          await people.setPassword(tx, id, passwordHash)
          const entry = { action: 'operator.password_changed', object: id }
          await audit.record({ actor: operatorActor(id, role), ...entry }, tx)
        })
        // All sessions have ended, this one too.
        const { headers } = await auth.api.signInEmail({
          body: { email, password: change.newPassword },
          headers: authHeadersOf(request),
          returnHeaders: true,
        })
        return headers.getSetCookie()
      })
    },

    async list({ sessionId, operator }) {
      const rows = await auth.adapter.findMany<SessionRow>({
        model: 'session',
        where: [{ field: 'userId', value: operator.id }],
        sortBy: { field: 'createdAt', direction: 'desc' },
      })
      const live = rows.filter((row) => clock.now() - row.lastUsedAt.getTime() < IDLE_MS_MAX)
      const items = live.map((row) => ({
        id: row.id,
        createdAt: row.createdAt.toISOString(),
        lastUsedAt: row.lastUsedAt.toISOString(),
        expiresAt: row.expiresAt.toISOString(),
        address: row.ipAddress || null,
        userAgent: row.userAgent || null,
        isCurrent: row.id === sessionId,
      }))
      return { items, next: null }
    },

    async end({ operator }, sessionId) {
      const where = [
        { field: 'id', value: sessionId },
        { field: 'userId', value: operator.id },
      ]
      if ((await endAll(where)) === 0) throw new Problem('operator_session.not_found')
    },

    async endOthers({ sessionId, operator }) {
      await endAll([
        { field: 'userId', value: operator.id },
        { field: 'id', operator: 'ne', value: sessionId },
      ])
    },

    async tidy() {
      const idle = new Date(clock.now() - IDLE_MS_MAX)
      await db.delete(operatorSession).where(lt(operatorSession.lastUsedAt, idle))
    },
  }
}

interface SessionRow {
  readonly id: string
  readonly createdAt: Date
  readonly lastUsedAt: Date
  readonly expiresAt: Date
  readonly ipAddress?: string | null
  readonly userAgent?: string | null
}

/** better-auth's refusals in the words of our catalogue; one answer for an unknown address and for a wrong password. */
function asRefusal(error: unknown): never {
  const status = (error as { statusCode?: unknown }).statusCode
  if (status === 400 || status === 401) throw new Problem('operator.sign_in_failed')
  throw error
}
