import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createModules, mountRoutes, type Foundations } from './app.ts'
import { programVersion } from './cli/version.ts'
import { readConfiguration } from './cli/configuration.ts'
import { systemClock } from './platform/clock.ts'
import { createHttpServer } from './platform/http/index.ts'
import { systemRandom } from './platform/ids.ts'
import { createLogger } from './platform/log.ts'
import { createMetrics } from './platform/metrics.ts'
import { createVault, openFileKeyRing } from './platform/vault/index.ts'

/** The OpenAPI document of all routes, made without any store: none is asked before a request comes. */
export async function openApiDocument(): Promise<object> {
  // Signing secrets are made while modules are put together; these are thrown away.
  const keys = mkdtempSync(join(tmpdir(), 'foyer-openapi-'))
  const log = createLogger({ role: 'openapi', level: 'silent' })
  const foundations: Foundations = {
    configuration: readConfiguration({}),
    clock: systemClock,
    random: systemRandom,
    log,
    metrics: createMetrics('openapi'),
    folder: absent('folder'),
    records: absent('records'),
    events: absent('events'),
    journal: absent('journal'),
    vault: createVault({ ring: openFileKeyRing(join(keys, 'keys'), { clock: systemClock }) }),
  }
  const server = await createHttpServer({
    log,
    authenticate: async () => null,
    requestsPerMinute: 1,
    trustedProxies: 0,
    version: programVersion(),
    isDraining: () => false,
  })
  await mountRoutes(server, foundations, await createModules(foundations, 'http://localhost'))
  await server.ready()
  const document = server.swagger()
  await server.close()
  rmSync(keys, { recursive: true })
  return document
}

/** Stands where a store would be; says so when it is asked after all. */
function absent<T extends object>(name: string): T {
  return new Proxy({} as T, {
    get(_target, property) {
      return () => {
        throw new Error(`${name}.${String(property)} was asked while describing routes`)
      }
    },
  })
}
