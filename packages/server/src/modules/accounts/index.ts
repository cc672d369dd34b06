/**
 * Accounts: whose service it is and who its viewers are. A *service* is a brand of the operator; its *apps* have write
 * keys, by which the intake knows them (`appByWriteKey`, answered from memory), and secrets for viewer tokens
 * (`verifyViewerToken`). A *viewer* is a registered person: created by API, by a verified `identify` or by an importer,
 * known to the operator by an external id, and to EVENTS by a random subject that is reserved when the id is first seen
 * (`resolveExternalIds`). What names the person is sealed under the person's own key; what is coarse is readable here and
 * copied to EVENTS by a job that runs every 250 ms. Age is whole years at registration, told by the service's calendar.
 * Operators make one person of two viewers, and take devices for a person's or for nobody's (`persons.ts`).
 */
import { inArray } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { AuditTrail } from '../../platform/audit.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Routes } from '../../platform/http/index.ts'
import type { RandomSource, Subject } from '../../platform/ids.ts'
import type { Job } from '../../platform/jobs.ts'
import type { Logger } from '../../platform/log.ts'
import type { SettingValues } from '../../platform/settings.ts'
import type { Vault } from '../../platform/vault/index.ts'
import type { Events } from '../../storage/index.ts'
import { createDirectory, type AppAccess, type KeyAccess, type ServiceAccess } from './directory.ts'
import { createIdentify, type Identification, type IdentifyResult } from './identify.ts'
import { createImportViewers, type ImportViewers } from './import-viewers.ts'
import { createKeys, type Keys } from './keys.ts'
import { personRoutes } from './person-routes.ts'
import { createPersons, type PeopleOfViewers } from './persons.ts'
import { createProjection } from './projection.ts'
import { keyRoutes, serviceRoutes } from './service-routes.ts'
import { createRegisterViewer, type RegisterViewer } from './register-viewer.ts'
import { createServices, type Services } from './services.ts'
import type { accountsSettings } from './settings.ts'
import { viewerSubject } from './schema.ts'
import { createSubjects } from './subjects.ts'
import { createLabelViewers, type LabelViewers } from './viewer-labels.ts'
import { viewerRoutes } from './viewer-routes.ts'
import { createViewerTokens, type TokenVerdict } from './viewer-tokens.ts'
import { createViewers, type FoundViewer, type ViewerReference, type Viewers } from './viewers.ts'

export type { AppAccess, KeyAccess, ServiceAccess } from './directory.ts'
export type { Dropped } from './fields.ts'
export type { Identification, IdentifyResult } from './identify.ts'
export {
  IMPORT_BATCH_MAX,
  type ImportedResult,
  type ImportedViewer,
  type ViewerImport,
} from './import-viewers.ts'
export { countryCodeOf } from './places.ts'
export { accountsData } from './data-map.ts'
export type { RegisterViewer } from './register-viewer.ts'
export type { TokenRefusal, TokenVerdict } from './viewer-tokens.ts'
export type { LabelViewers, ListedViewer } from './viewer-labels.ts'
export type { FoundViewer, ViewerReference } from './viewers.ts'

export interface Accounts {
  readonly routes: Routes
  /** For the worker. */
  readonly jobs: readonly Job[]

  /** The app of a live write key; null when it is unknown or revoked. From memory, at most 1 s old. */
  appByWriteKey(key: string): Promise<KeyAccess | null>
  appById(id: string): Promise<AppAccess | null>
  serviceById(id: string): Promise<ServiceAccess | null>
  verifyViewerToken(app: AppAccess, token: string): Promise<TokenVerdict>

  /** Subjects of external ids, reserved where they are new. */
  resolveExternalIds(service: string, externalIds: Iterable<string>): Promise<Map<string, Subject>>
  applyIdentify(identification: Identification): Promise<IdentifyResult>
  importViewers: ImportViewers
  registerViewer: RegisterViewer

  /** Null when there is no such viewer. Throws request.invalid when the id names viewers of several services. */
  findViewer(reference: ViewerReference): Promise<FoundViewer | null>
  /** The viewers among subjects: of a person's, all accounts that were merged. */
  viewersAmong(subjects: readonly Subject[]): Promise<string[]>
  /** What to call viewers in a list, as far as the actor may see it. The caller records the look. */
  labelViewers: LabelViewers
  /** Brings EVENTS up to date now; the worker does it every 250 ms. Returns how many viewers were published. */
  publishViewers(): Promise<number>

  readonly services: Services
  readonly keys: Keys
  readonly viewers: Viewers
}

export function createAccounts(deps: {
  db: NodePgDatabase
  events: Events
  vault: Vault
  clock: Clock
  random: RandomSource
  audit: AuditTrail
  log: Logger
  people: PeopleOfViewers
  /** How long a change of who is who waits for reports to know it, ms; 2,000 unless told. */
  followMsMax?: number
  settings: SettingValues<typeof accountsSettings>
}): Accounts {
  const directory = createDirectory(deps)
  const subjects = createSubjects(deps)
  const services = createServices({ ...deps, directory })
  const keys = createKeys({ ...deps, directory })
  const viewers = createViewers({ ...deps, directory, subjects })
  const identify = createIdentify({ ...deps, directory, subjects })
  const tokens = createViewerTokens({ ...deps, lifetimeMsMax: deps.settings.viewerTokenMsMax })
  const projection = createProjection(deps)
  const persons = createPersons({ ...deps, viewers, followMsMax: deps.followMsMax ?? 2_000 })

  return {
    async routes(server) {
      await serviceRoutes(services)(server)
      await keyRoutes(keys)(server)
      await viewerRoutes(viewers)(server)
      await personRoutes(persons)(server)
    },
    jobs: [
      {
        name: 'accounts.publish_viewers',
        everyMs: 250,
        run: async (signal) => void (await projection.publish(signal)),
      },
      {
        name: 'accounts.forget_claims',
        everyMs: 3_600_000,
        run: async () => void (await identify.forgetClaims()),
      },
    ],
    appByWriteKey: directory.appByWriteKey,
    appById: directory.appById,
    serviceById: directory.serviceById,
    verifyViewerToken: tokens.verify,
    resolveExternalIds: subjects.resolve,
    applyIdentify: identify.apply,
    importViewers: createImportViewers({ ...deps, directory, subjects }),
    registerViewer: createRegisterViewer({ ...deps, directory, subjects }),
    findViewer: viewers.find,
    async viewersAmong(subjects) {
      const rows = await deps.db
        .select({ viewerId: viewerSubject.viewerId })
        .from(viewerSubject)
        .where(inArray(viewerSubject.vid, [...subjects]))
      return rows.map(({ viewerId }) => viewerId)
    },
    labelViewers: createLabelViewers(deps),
    publishViewers: () => projection.publish(),
    services,
    keys,
    viewers,
  }
}
