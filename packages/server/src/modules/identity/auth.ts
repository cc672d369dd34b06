import { betterAuth } from 'better-auth'
import { createAuthEndpoint } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { z } from 'zod'
import { ACCOUNT_LIMITS } from '@foyer/contracts'
import {
  authOptions,
  openSealedAuth,
  peoplePolicy,
  sealedTables,
  type AuthDeps,
} from '../../platform/auth/index.ts'
import type { Database } from '../../platform/data-map.ts'
import { companionColumns } from '../../platform/vault/auth-adapter/index.ts'
import { viewerLogin, viewerSession, viewerSignInMethod, viewerVerification } from './schema.ts'

const viewerPolicy = peoplePolicy({ plain: ['service'] })

/** A session ends after so long whatever happens; see `IDLE_MS_MAX` for one that is not used. */
const SESSION_SECONDS_MAX = 365 * 86_400

export interface ViewerAuthDeps extends AuthDeps {
  readonly db: Database
}

export type ViewerAuth = Awaited<ReturnType<typeof createViewerAuth>>

/** A row of `viewer_login` as better-auth reads it. */
export interface LoginRow {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly service: string
  readonly suspendedAt?: Date | null
}

/**
 * The viewers' better-auth instance over sealed tables: passwords and sessions. Its HTTP handler is not mounted; our routes
 * call its functions, so that no address exists that we did not declare. Nobody signs up through it: an account is made
 * when its address is proven (`registration.ts`).
 */
export async function createViewerAuth(deps: ViewerAuthDeps) {
  const tables = sealedTables({
    db: deps.db,
    vault: deps.vault,
    policy: viewerPolicy,
    prefix: 'viewer_',
    tables: {
      user: viewerLogin,
      session: viewerSession,
      account: viewerSignInMethod,
      verification: viewerVerification,
    },
  })
  const auth = betterAuth({
    ...authOptions(deps, {
      kind: 'viewer',
      secondsMax: SESSION_SECONDS_MAX,
      // An app of the operator's sends the browser here to sign in.
      sameSite: 'lax',
      passwordLength: { min: ACCOUNT_LIMITS.passwordMin, max: ACCOUNT_LIMITS.passwordMax },
    }),
    database: tables(),
    user: {
      additionalFields: {
        service: { type: 'string', required: true, input: false },
        suspendedAt: { type: 'date', required: false, input: false },
      },
    },
    plugins: [sessionsForProof, companionColumns(viewerPolicy)],
  })
  return openSealedAuth(auth, tables)
}

/** Opens a session for a viewer who has proven who they are by other means than better-auth knows. Called by us alone. */
const sessionsForProof = {
  id: 'foyer-sessions',
  endpoints: {
    openSession: createAuthEndpoint(
      '/foyer/open-session',
      {
        method: 'POST',
        body: z.object({ viewerId: z.uuid() }),
        requireHeaders: true,
        metadata: { SERVER_ONLY: true },
      },
      async (ctx) => {
        const { internalAdapter } = ctx.context
        const user = await internalAdapter.findUserById(ctx.body.viewerId)
        if (!user) throw new Error('a session was to be opened for nobody')
        const session = await internalAdapter.createSession(user.id)
        await setSessionCookie(ctx, { session, user })
        return { id: session.id }
      },
    ),
  },
}
