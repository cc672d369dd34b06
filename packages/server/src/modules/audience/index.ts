/**
 * Audience: what the console draws. Registrations (who registered, when, of which gender and age, and where), an overview
 * of a service, and what one viewer played. It keeps nothing: every number is asked of EVENTS by the `.sql` files in
 * `reports/`, which say what they count and for which purpose, and admit people and rows by `foyer_person` and
 * `foyer_visible` alone. A day is a local day of the service (`calendar.ts`), wherever the reader is.
 */
import type {
  BotsReport,
  OverviewReport,
  RegistrationsQuery,
  RegistrationsReport,
  ReportQuery,
  ViewerEventsQuery,
  ViewerEventsReport,
  ViewerOverviewReport,
  ViewerReportQuery,
} from '@foyer/contracts'
import type { Readable } from 'node:stream'
import type { AuditTrail } from '../../platform/audit.ts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../platform/errors.ts'
import type { Actor, Routes } from '../../platform/http/index.ts'
import type { Subject } from '../../platform/ids.ts'
import type { Logger } from '../../platform/log.ts'
import type { Events } from '../../storage/index.ts'
import type { Accounts } from '../accounts/index.ts'
import type { Catalogue } from '../catalogue/index.ts'
import { botsOf } from './bots.ts'
import { checkRange } from './calendar.ts'
import { createChanges } from './changes.ts'
import { overviewOf } from './overview.ts'
import { registrationsVersion } from './queries.ts'
import { registrationsOf } from './registrations.ts'
import { reportRoutes, viewerReportRoutes } from './routes.ts'
import { viewerEventsOf, viewerOverviewOf, type ViewerScope } from './viewer-report.ts'

export interface AudienceReports {
  registrations(query: RegistrationsQuery, signal: AbortSignal): Promise<RegistrationsReport>
  /** Server-sent events, until the stream is destroyed. */
  registrationChanges(service: string): Promise<Readable>
  overview(query: ReportQuery, signal: AbortSignal): Promise<OverviewReport>
  bots(query: ReportQuery, signal: AbortSignal): Promise<BotsReport>
  /** Throws viewer.not_found. The look is audited before the answer. */
  viewerOverview(
    actor: Actor,
    id: string,
    query: ViewerReportQuery,
    signal: AbortSignal,
  ): Promise<ViewerOverviewReport>
  viewerEvents(
    actor: Actor,
    id: string,
    query: ViewerEventsQuery,
    signal: AbortSignal,
  ): Promise<ViewerEventsReport>
}

export interface Audience {
  readonly routes: Routes
}

export interface AudienceDeps {
  readonly events: Events
  readonly accounts: Pick<Accounts, 'serviceById' | 'findViewer'>
  readonly catalogue: Pick<Catalogue, 'namesOf' | 'count'>
  /** All subjects that belong to a person, the given one among them: those of devices that were linked, and merged viewers. */
  readonly subjectsOf: (vid: Subject) => Promise<readonly Subject[]>
  readonly audit: AuditTrail
  readonly clock: Clock
  readonly log: Logger
}

export function createAudience(deps: AudienceDeps): Audience {
  const { events, accounts, audit } = deps
  const changes = createChanges({
    clock: deps.clock,
    log: deps.log,
    async versionOf(service) {
      const [row] = await events.run(registrationsVersion, { service })
      return `${row?.version} ${row?.rows}`
    },
  })

  async function serviceOf(id: string) {
    const service = await accounts.serviceById(id)
    if (!service) throw new Problem('service.not_found', `There is no service ${id}.`)
    return service
  }

  async function titleNames(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const titles = ids.length === 0 ? new Map() : await deps.catalogue.namesOf(ids)
    return new Map([...titles].map(([id, title]) => [id, title.name]))
  }

  /** Finds the viewer and leaves the look in the trail; nothing is read before. */
  async function scopeOf(
    look: { actor: Actor; id: string; report: string; signal: AbortSignal },
    query: ViewerReportQuery,
  ): Promise<ViewerScope> {
    checkRange(query)
    const found = await accounts.findViewer({ id: look.id, service: query.service })
    if (!found) throw new Problem('viewer.not_found', 'No viewer has this id.')
    const service = await serviceOf(query.service ?? found.service)
    const { from, to } = query
    await audit.record({
      actor: look.actor,
      action: 'viewer.looked_up',
      object: found.viewerId,
      details: { report: look.report, service: service.id, from, to },
    })
    return {
      viewer: { viewerId: found.viewerId, vid: found.vid, subjects: await deps.subjectsOf(found.vid) },
      service: service.id,
      range: { from, to, timeZone: service.timeZone },
      signal: look.signal,
    }
  }

  const reports: AudienceReports = {
    async registrations(query, signal) {
      return registrationsOf(events, query, await serviceOf(query.service), signal)
    },
    async registrationChanges(service) {
      return changes.subscribe((await serviceOf(service)).id)
    },
    async overview(query, signal) {
      const { timeZone } = await serviceOf(query.service)
      return overviewOf({ events, titleNames, catalogueSize: deps.catalogue.count }, query, timeZone, signal)
    },
    async bots(query, signal) {
      return botsOf(events, query, (await serviceOf(query.service)).timeZone, signal)
    },
    async viewerOverview(actor, id, query, signal) {
      return viewerOverviewOf(events, await scopeOf({ actor, id, report: 'overview', signal }, query))
    },
    async viewerEvents(actor, id, query, signal) {
      const scope = await scopeOf({ actor, id, report: 'events', signal }, query)
      return viewerEventsOf({ events, titleNames }, scope, query)
    },
  }

  return {
    async routes(server) {
      await reportRoutes(reports)(server)
      await viewerReportRoutes(reports)(server)
      // Streams would keep the server from closing.
      server.addHook('preClose', async () => changes.stop())
    },
  }
}
