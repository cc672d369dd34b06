/**
 * Operators: the people who work in the console, and the programs that call the API for them. Operators sign in by e-mail
 * and password (a better-auth instance of their own over sealed tables); programs send an API key. Both have rights, which
 * come from a role or stand on the key, and routes name the right that they need: `authenticate` is what `platform/http`
 * asks who is there. Nobody signs up: the first operator comes by the link of `firstOperatorLink`, the others by invitation.
 * What they look at or change is written to the audit trail (`audit`), which refuses changes.
 */
import { firstOperator, roleName } from '@foyer/contracts'
import { createAttemptCounter } from '../../platform/attempts/index.ts'
import type { AuditTrail } from '../../platform/audit.ts'
import type { Authenticate, Routes } from '../../platform/http/index.ts'
import type { Job } from '../../platform/jobs.ts'
import { createApiKeys } from './api-keys.ts'
import { createAuditTrail } from './audit-trail.ts'
import { createAuthentication } from './authenticate.ts'
import { createOperatorAuth, type OperatorAuthDeps } from './auth.ts'
import { createLinks } from './links.ts'
import { apiKeyRoutes, auditRoutes, operatorRoutes } from './operator-routes.ts'
import { createPeople, type NewOperator } from './people.ts'
import { sessionRoutes } from './session-routes.ts'
import { operatorAttempt } from './schema.ts'
import { createSessions } from './sessions.ts'

export type { NewOperator } from './people.ts'
export { operatorsData } from './schema.ts'

export interface Operators {
  readonly routes: Routes
  readonly authenticate: Authenticate
  readonly audit: AuditTrail
  /** For the worker. */
  readonly jobs: readonly Job[]
  /** A link by which the first operator comes in, valid once and for 24 h; null when there are operators. */
  firstOperatorLink(): Promise<string | null>
  /** Makes an operator without a link, for the demo and the command line. Throws Problem operator.exists. */
  createOperator(person: NewOperator): Promise<string>
}

const newOperator = firstOperator.omit({ token: true }).extend({ role: roleName })

/** Rejects with StartupError when the vault's policy does not cover the tables. */
export async function createOperators(deps: OperatorAuthDeps): Promise<Operators> {
  const auth = await createOperatorAuth(deps)
  const audit = createAuditTrail(deps)
  const attempts = createAttemptCounter({ ...deps, table: operatorAttempt })
  const apiKeys = createApiKeys({ ...deps, audit })
  const people = createPeople({ ...deps, auth, apiKeys, audit })
  const sessions = createSessions({ ...deps, auth, people, attempts, audit })
  const links = createLinks({ ...deps, auth, people, audit })
  const authentication = createAuthentication({ sessions, apiKeys, baseUrl: deps.baseUrl })
  const routes = [
    sessionRoutes({ sessions, authentication, links, audit, baseUrl: deps.baseUrl }),
    operatorRoutes({ people, links }),
    apiKeyRoutes(apiKeys),
    auditRoutes(audit),
  ]

  return {
    routes: async (server) => {
      for (const register of routes) await register(server)
    },
    authenticate: authentication.authenticate,
    audit,
    jobs: [
      {
        name: 'operators.tidy',
        everyMs: 3_600_000,
        run: async () => {
          for (const part of [sessions, attempts, links]) await part.tidy()
        },
      },
    ],
    firstOperatorLink: links.forFirstOperator,
    createOperator: async (person) => people.create(newOperator.parse(person), null),
  }
}
