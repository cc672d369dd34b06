/**
 * Identity: how viewers prove who they are. A viewer registers with a password and the code of a letter, signs in on as many
 * devices as they have, and finds back by another letter when the password is forgotten. The account (`viewer_login`, kept by
 * better-auth over sealed tables) and the viewer (module accounts) are two rows of one id, made in one transaction. Answers
 * never tell whether an address has an account; letters do, to whoever reads them.
 */
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { createAttemptCounter } from '../../platform/attempts/index.ts'
import type { Routes } from '../../platform/http/index.ts'
import type { Job } from '../../platform/jobs.ts'
import type { Outbox } from '../../platform/mail/index.ts'
import type { Accounts } from '../accounts/index.ts'
import { accountRoutes } from './account-routes.ts'
import { createViewerAuth, type ViewerAuthDeps } from './auth.ts'
import { createEmailProofs } from './email-proofs.ts'
import { createPasswordResets } from './password-resets.ts'
import { createRegistration } from './registration.ts'
import { viewerAttempt } from './schema.ts'
import { createSessions } from './sessions.ts'

export { identityData } from './schema.ts'

export interface Identity {
  readonly routes: Routes
  /** For the worker. */
  readonly jobs: readonly Job[]
}

/** Rejects with StartupError when the vault's policy does not cover the tables. */
export async function createIdentity(
  deps: ViewerAuthDeps & {
    db: NodePgDatabase
    outbox: Outbox
    accounts: Pick<Accounts, 'registerViewer' | 'serviceById'>
    /** Letters an hour; the usual ones unless told. */
    letterLimits?: { perEmail: number; perNetwork: number }
  },
): Promise<Identity> {
  const { registerViewer, serviceById } = deps.accounts
  const auth = await createViewerAuth(deps)
  const attempts = createAttemptCounter({ ...deps, table: viewerAttempt })
  const sessions = createSessions({ ...deps, auth, attempts })
  const proofs = createEmailProofs({ ...deps, ...(deps.letterLimits ? { limits: deps.letterLimits } : {}) })
  const registration = createRegistration({ ...deps, auth, proofs, registerViewer, serviceById })
  const passwordResets = createPasswordResets({ ...deps, auth, proofs, sessions, serviceById })

  return {
    routes: accountRoutes({ registration, passwordResets, sessions, baseUrl: deps.baseUrl }),
    jobs: [
      {
        name: 'identity.tidy',
        everyMs: 3_600_000,
        run: async () => {
          for (const part of [sessions, attempts, proofs]) await part.tidy()
        },
      },
    ],
  }
}
