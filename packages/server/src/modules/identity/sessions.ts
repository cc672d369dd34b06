import { eq, lt } from 'drizzle-orm'
import type { FastifyRequest } from 'fastify'
import type { AccountSession } from '@foyer/contracts'
import type { AttemptCounter } from '../../platform/attempts/index.ts'
import { authHeadersOf } from '../../platform/auth/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import { Problem } from '../../platform/errors.ts'
import type { LoginRow, ViewerAuth } from './auth.ts'
import { emailAddress } from './email.ts'
import { viewerSession } from './schema.ts'

/** A session that is not used for so long ends: a television that was given away does not stay signed in for ever. */
export const IDLE_MS_MAX = 90 * 86_400_000

/** Uses closer together than this are not written down. */
const LAST_USED_STEP_MS = 3_600_000

/** The device's session and whose it is. */
export interface SignedInViewer {
  readonly sessionId: string
  readonly login: LoginRow
}

/** Signing in and out, and the sessions between. Cookies to set are answered, for the route to send. */
export interface Sessions {
  /** Throws account.locked, account.sign_in_failed or account.suspended. */
  signIn(
    request: FastifyRequest,
    credentials: { email: string; password: string },
  ): Promise<{ login: LoginRow; cookies: string[] }>
  /** For who has proven who they are otherwise. */
  open(request: FastifyRequest, viewerId: string): Promise<{ login: LoginRow; cookies: string[] }>
  signOut(request: FastifyRequest): Promise<string[]>
  /** Who is signed in by the request's cookie; null for nobody. */
  find(request: FastifyRequest): Promise<SignedInViewer | null>
  /** Ends all other sessions. Throws account.sign_in_failed when the current password is wrong, and account.locked. */
  changePassword(
    request: FastifyRequest,
    signedIn: SignedInViewer,
    change: { currentPassword: string; newPassword: string },
  ): Promise<string[]>
  list(signedIn: SignedInViewer): Promise<{ items: AccountSession[]; next: null }>
  /** Throws account_session.not_found. */
  end(signedIn: SignedInViewer, sessionId: string): Promise<void>
  /** All but the one that asks, or all. */
  endAll(viewerId: string, except?: string, tx?: Database): Promise<void>
  /** Deletes sessions that have ended. */
  tidy(): Promise<void>
}

export function createSessions(deps: {
  db: Database
  auth: ViewerAuth
  attempts: AttemptCounter
  clock: Clock
}): Sessions {
  const { db, auth, attempts, clock } = deps

  async function attempt<T>(email: string, request: FastifyRequest, work: () => Promise<T>): Promise<T> {
    const result = await attempts.make({ email, address: request.ip }, work)
    if (result.isAllowed) return result.value
    const seconds = Math.ceil(result.waitMs / 1_000)
    throw new Problem('account.locked', `Try again in ${seconds} s, or set a new password.`, {
      headers: { 'retry-after': String(seconds) },
    })
  }

  async function readRow(id: string): Promise<LoginRow> {
    const where = [{ field: 'id', value: id }]
    return (await auth.adapter.findOne<LoginRow>({ model: 'user', where }))!
  }

  const endWhere = (
    where: Parameters<typeof auth.adapter.deleteMany>[0]['where'],
    adapter: Pick<typeof auth.adapter, 'deleteMany'> = auth.adapter,
  ) => adapter.deleteMany({ model: 'session', where })

  return {
    signIn(request, { email: given, password }) {
      // What is no address is tried like one, so that it is answered and counted as any other.
      const email = emailAddress(given) ?? 'nobody@invalid.invalid'
      return attempt(email, request, async () => {
        const { headers, response } = await auth.api
          .signInEmail({ body: { email, password }, headers: authHeadersOf(request), returnHeaders: true })
          .catch(asRefusal)
        const login = await readRow(response.user.id)
        if (login.suspendedAt) {
          await endWhere([{ field: 'token', value: response.token }])
          throw new Problem('account.suspended')
        }
        return { login, cookies: headers.getSetCookie() }
      })
    },

    async open(request, viewerId) {
      const { headers } = await auth.api.openSession({
        body: { viewerId },
        headers: authHeadersOf(request, { withCookie: false }),
        returnHeaders: true,
      })
      return { login: await readRow(viewerId), cookies: headers.getSetCookie() }
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
      const login = found.user as unknown as LoginRow
      if (login.suspendedAt) return null
      const lastUsedAt = (session as { lastUsedAt?: Date | null }).lastUsedAt?.getTime() ?? 0
      if (clock.now() - lastUsedAt >= IDLE_MS_MAX) {
        await endWhere([{ field: 'id', value: session.id }])
        return null
      }
      if (clock.now() - lastUsedAt >= LAST_USED_STEP_MS) {
        await db
          .update(viewerSession)
          .set({ lastUsedAt: new Date(clock.now()) })
          .where(eq(viewerSession.id, session.id))
      }
      return { sessionId: session.id, login }
    },

    changePassword(request, { login }, change) {
      // A borrowed device must not become a place to guess the password.
      return attempt(login.email, request, async () => {
        const { headers } = await auth.api
          .changePassword({
            body: { ...change, revokeOtherSessions: true },
            headers: authHeadersOf(request),
            returnHeaders: true,
          })
          .catch(asRefusal)
        return headers.getSetCookie()
      })
    },

    async list({ sessionId, login }) {
      const rows = await auth.adapter.findMany<SessionRow>({
        model: 'session',
        where: [{ field: 'userId', value: login.id }],
        sortBy: { field: 'createdAt', direction: 'desc' },
      })
      const live = rows.filter(
        (row) =>
          clock.now() - row.lastUsedAt.getTime() < IDLE_MS_MAX && row.expiresAt.getTime() > clock.now(),
      )
      const items = live.map((row) => ({
        id: row.id,
        signedInAt: row.createdAt.toISOString(),
        lastUsedAt: row.lastUsedAt.toISOString(),
        expiresAt: row.expiresAt.toISOString(),
        address: row.ipAddress || null,
        userAgent: row.userAgent || null,
        isCurrent: row.id === sessionId,
      }))
      return { items, next: null }
    },

    async end({ login }, sessionId) {
      const where = [
        { field: 'id', value: sessionId },
        { field: 'userId', value: login.id },
      ]
      if ((await endWhere(where)) === 0) throw new Problem('account_session.not_found')
    },

    async endAll(viewerId, except, tx) {
      await endWhere(
        [
          { field: 'userId', value: viewerId },
          ...(except === undefined ? [] : [{ field: 'id', operator: 'ne' as const, value: except }]),
        ],
        tx ? auth.adapterIn(tx) : auth.adapter,
      )
    },

    async tidy() {
      await db.delete(viewerSession).where(lt(viewerSession.lastUsedAt, new Date(clock.now() - IDLE_MS_MAX)))
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
  if (status === 400 || status === 401) throw new Problem('account.sign_in_failed')
  throw error
}
