/**
 * Audience: what the console draws. Registrations (who registered, when, of which gender and age, and where), an overview
 * of a service, of its content and of its quality, what one viewer played, and who is behind a number. It keeps nothing: every number is asked of EVENTS by the `.sql` files in
 * `reports/`, which say what they count and for which purpose, and admit people and rows by `foyer_person` and
 * `foyer_visible` alone. A day is a local day of the service (`calendar.ts`), wherever the reader is. The live picture
 * alone comes from elsewhere: the worker counts it in memory and tells it (`takeLive`).
 */
import type {
  ActiveViewersQuery,
  ActiveViewersReport,
  BotsReport,
  ContentOverview,
  OverviewQuery,
  OverviewReport,
  QualityOverview,
  RegisteredViewersQuery,
  RegisteredViewersReport,
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
import type { LiveNews } from '../tracking/index.ts'
import { botsOf } from './bots.ts'
import { checkRange } from './calendar.ts'
import { createChanges } from './changes.ts'
import { contentOverviewOf } from './content-overview.ts'
import { listRoutes } from './list-routes.ts'
import { createLive } from './live.ts'
import { liveRoutes } from './live-routes.ts'
import { overviewOf } from './overview.ts'
import { qualityOverviewOf } from './quality-overview.ts'
import { registrationsVersion } from './queries.ts'
import { registrationsOf } from './registrations.ts'
import { overviewRoutes, reportRoutes, viewerReportRoutes } from './routes.ts'
import { activeViewersOf, registeredViewersOf, type ListDeps } from './viewer-lists.ts'
import { viewerEventsOf, viewerOverviewOf, type ViewerScope } from './viewer-report.ts'

export interface AudienceReports {
  registrations(query: RegistrationsQuery, signal: AbortSignal): Promise<RegistrationsReport>
  /** Server-sent events, until the stream is destroyed. */
  registrationChanges(service: string, mayStill: () => Promise<void>): Promise<Readable>
  overview(query: ReportQuery, signal: AbortSignal): Promise<OverviewReport>
  content(query: OverviewQuery, signal: AbortSignal): Promise<ContentOverview>
  quality(query: OverviewQuery, signal: AbortSignal): Promise<QualityOverview>
  /** Throws title.not_found for a title that nothing is known of. Each answer is audited before it is given. */
  activeViewers(actor: Actor, query: ActiveViewersQuery, signal: AbortSignal): Promise<ActiveViewersReport>
  registeredViewers(
    actor: Actor,
    query: RegisteredViewersQuery,
    signal: AbortSignal,
  ): Promise<RegisteredViewersReport>
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
  /** Shows what the worker says of who is there. */
  takeLive(news: LiveNews): void
}

export interface AudienceDeps {
  readonly events: Events
  readonly accounts: Pick<Accounts, 'serviceById' | 'findViewer' | 'labelViewers' | 'viewersAmong'>
  readonly catalogue: Pick<Catalogue, 'namesOf' | 'count' | 'addedBetween'>
  /** All subjects of a viewer's person, the vid that stands for the person first: merged viewers, devices that were linked. */
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

  const live = createLive({ clock: deps.clock })

  async function serviceOf(id: string) {
    const service = await accounts.serviceById(id)
    if (!service) throw new Problem('service.not_found', `There is no service ${id}.`)
    return service
  }

  async function titleNames(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const titles = ids.length === 0 ? new Map() : await deps.catalogue.namesOf(ids)
    return new Map([...titles].map(([id, title]) => [id, title.name]))
  }

  /** Finds the viewer and leaves the look in the trail of all accounts that it shows; nothing is read before. */
  async function scopeOf(
    look: { actor: Actor; id: string; report: string; signal: AbortSignal },
    query: ViewerReportQuery,
  ): Promise<ViewerScope> {
    checkRange(query)
    const found = await accounts.findViewer({ id: look.id, service: query.service })
    if (!found) throw new Problem('viewer.not_found', 'No viewer has this id.')
    const service = await serviceOf(query.service ?? found.service)
    const { from, to } = query
    const subjects = await deps.subjectsOf(found.vid)
    const shown = new Set([found.viewerId, ...(await accounts.viewersAmong(subjects))])
    for (const object of shown) {
      const by = object === found.viewerId ? {} : { by: found.viewerId }
      const details = { report: look.report, service: service.id, from, to, ...by }
      await audit.record({ actor: look.actor, action: 'viewer.looked_up', object, details })
    }
    return {
      viewer: { viewerId: found.viewerId, vid: subjects[0]!, subjects },
      service: service.id,
      range: { from, to, timeZone: service.timeZone },
      signal: look.signal,
    }
  }

  function listDeps(actor: Actor, signal: AbortSignal): ListDeps {
    return {
      events,
      signal,
      labelsOf: (vids) => accounts.labelViewers(actor, vids),
      areNamesShown: actor.rights.has('viewers.personal'),
    }
  }

  /** Leaves in the trail which list was opened, by which filters, how far, and with names or without. */
  async function recordList(
    actor: Actor,
    list: 'active' | 'registered',
    query: ActiveViewersQuery | RegisteredViewersQuery,
    shown: { total: number; areNamesShown: boolean; items: readonly unknown[] },
  ): Promise<void> {
    const { service, cursor, limit: _limit, ...filters } = query
    const told = Object.entries(filters).filter(([, value]) => value !== undefined)
    await audit.record({
      actor,
      action: 'viewer_list.opened',
      object: service,
      details: {
        list,
        ...Object.fromEntries(told),
        viewers: shown.total,
        rows: shown.items.length,
        isContinued: cursor !== undefined,
        isPersonalShown: shown.areNamesShown,
      },
    })
  }

  const reports: AudienceReports = {
    async registrations(query, signal) {
      return registrationsOf(events, query, await serviceOf(query.service), signal)
    },
    async registrationChanges(service, mayStill) {
      return changes.subscribe((await serviceOf(service)).id, mayStill)
    },
    async overview(query, signal) {
      const { timeZone } = await serviceOf(query.service)
      return overviewOf({ events, titleNames, catalogueSize: deps.catalogue.count }, query, timeZone, signal)
    },
    async content(query, signal) {
      const { timeZone } = await serviceOf(query.service)
      const { addedBetween } = deps.catalogue
      return contentOverviewOf({ events, titleNames, addedBetween }, query, timeZone, signal)
    },
    async quality(query, signal) {
      const { timeZone } = await serviceOf(query.service)
      return qualityOverviewOf(events, query, timeZone, signal)
    },
    async activeViewers(actor, query, signal) {
      const service = await serviceOf(query.service)
      const { contentId } = query
      const list = await activeViewersOf(listDeps(actor, signal), query, service)
      const contentName =
        contentId === undefined ? null : ((await titleNames([contentId])).get(contentId) ?? null)
      if (contentId !== undefined && contentName === null && list.total + list.visitors === 0)
        throw new Problem('title.not_found', `Nothing is known of a title or channel ${contentId}.`)
      await recordList(actor, 'active', query, list)
      return { ...list, contentName }
    },
    async registeredViewers(actor, query, signal) {
      const list = await registeredViewersOf(listDeps(actor, signal), query, await serviceOf(query.service))
      await recordList(actor, 'registered', query, list)
      return list
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
      await overviewRoutes(reports)(server)
      await listRoutes(reports)(server)
      await viewerReportRoutes(reports)(server)
      await liveRoutes({ live, serviceOf })(server)
      // Streams would keep the server from closing.
      server.addHook('preClose', async () => {
        changes.stop()
        live.stop()
      })
    },
    takeLive: live.take,
  }
}
