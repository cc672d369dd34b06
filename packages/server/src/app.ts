import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { MetricObject } from 'prom-client'
import type { Configuration } from './cli/configuration.ts'
import type { DataFolder } from './cli/data-folder.ts'
import { createAccounts, type Accounts } from './modules/accounts/index.ts'
import { createAudience, type Audience } from './modules/audience/index.ts'
import { createCatalogue, type Catalogue } from './modules/catalogue/index.ts'
import { createIdentity, type Identity } from './modules/identity/index.ts'
import { createOperators, type Operators } from './modules/operators/index.ts'
import {
  createIntake,
  createPresenceFeed,
  createRecorder,
  createStitching,
  type LiveNews,
} from './modules/tracking/index.ts'
import type { Clock } from './platform/clock.ts'
import { consolePages } from './platform/http/console-pages.ts'
import { addIdempotency, idempotencyJob } from './platform/http/idempotency.ts'
import { createHttpServer, mount, operationsRoutes, type HttpServer } from './platform/http/index.ts'
import type { RandomSource } from './platform/ids.ts'
import { startJobs, type Job } from './platform/jobs.ts'
import type { Logger } from './platform/log.ts'
import { createMailDelivery, createOutbox, type Outbox } from './platform/mail/index.ts'
import { metricsText, type Metrics } from './platform/metrics.ts'
import type { Vault } from './platform/vault/index.ts'
import {
  migrateEvents,
  migrateRecords,
  openLmdbRecorderState,
  type Events,
  type Journal,
  type Records,
} from './storage/index.ts'

export type { LiveNews } from './modules/tracking/index.ts'

/**
 * The composition: here and nowhere else do modules meet. The api mounts their routes, the worker runs the recorder and
 * their jobs; both are made of the same modules over the same stores.
 */
export interface Foundations {
  readonly configuration: Configuration
  readonly folder: DataFolder
  readonly records: Records
  readonly events: Events
  readonly journal: Journal
  readonly vault: Vault
  readonly clock: Clock
  readonly random: RandomSource
  readonly log: Logger
  readonly metrics: Metrics
}

/** The modules that api, worker and command line share. */
export interface Modules {
  readonly operators: Operators
  readonly accounts: Accounts
  readonly catalogue: Catalogue
  readonly identity: Identity
  readonly outbox: Outbox
  readonly stitching: ReturnType<typeof createStitching>
}

export async function createModules(foundations: Foundations, baseUrl: string): Promise<Modules> {
  const { configuration, records, events, vault, clock, random, log } = foundations
  const { db } = records
  const operators = await createOperators({ db, vault, clock, random, log, baseUrl })
  const { audit } = operators
  const stitching = createStitching({ db, events, clock, log })
  const accounts = createAccounts({
    db,
    events,
    vault,
    clock,
    random,
    audit,
    log,
    people: stitching.people,
    settings: configuration.accounts,
  })
  const outbox = createOutbox({ db, vault, clock, random })
  return {
    operators,
    accounts,
    outbox,
    identity: await createIdentity({ db, vault, clock, random, log, baseUrl, outbox, accounts }),
    catalogue: createCatalogue({ db, clock, audit, log }),
    stitching,
  }
}

export interface Api {
  /** Takes connections. */
  listen(where: { host: string; port: number }): Promise<AddressInfo>
  /** Address at which the first operator is created; null when there is an operator. */
  firstOperatorLink(): Promise<string | null>
  /** Remembers what another process measured, for `/metrics`. */
  takeMetrics(role: string, metrics: MetricObject[]): void
  /** Shows what the worker says of who is there. */
  takeLive(news: LiveNews): void
  close(): Promise<void>
}

/** The role that answers requests. */
export async function createApi(
  foundations: Foundations,
  options: { baseUrl: string; version: string },
): Promise<Api> {
  const { records, events, journal, vault, clock, log } = foundations
  const modules = await createModules(foundations, options.baseUrl)
  const answers = foundations.metrics.histogram(
    'foyer_http_request_seconds',
    'Time from request to answer, by route',
    [0.005, 0.02, 0.1, 0.3, 1, 3, 10],
    ['method', 'route', 'status'],
  )
  const measured = new Map<string, MetricObject[]>()
  let isDraining = false

  const server = await createHttpServer({
    log,
    authenticate: modules.operators.authenticate,
    requestsPerMinute: foundations.configuration.server.requestsPerMinute,
    trustedProxies: foundations.configuration.server.trustedProxies,
    version: options.version,
    onResponse: ({ method, route, status, ms }) => answers.observe({ method, route, status }, ms / 1_000),
    isDraining: () => isDraining,
  })
  addIdempotency(server, {
    db: records.db,
    clock,
    seal: (plain) => vault.sealService('idempotency_key.body', plain),
    open: (sealed) => vault.openService('idempotency_key.body', sealed),
  })
  const { audience } = await mountRoutes(server, foundations, modules)
  await mount(server, consolePages({ folder: CONSOLE_FOLDER }))
  await operationsRoutes({
    checks: {
      records: () => records.check(),
      events: () => events.ping(),
      journal: async () => void journal.backlog(),
    },
    isDraining: () => isDraining,
    metrics: async () => metricsText([await foundations.metrics.snapshot(), ...measured.values()]),
    metricsToken: foundations.configuration.server.metricsToken,
  })(server)

  return {
    async listen({ host, port }) {
      await server.listen({ host, port })
      return server.server.address() as AddressInfo
    },
    firstOperatorLink: () => modules.operators.firstOperatorLink(),
    takeMetrics: (role, metrics) => void measured.set(role, metrics),
    takeLive: audience.takeLive,
    async close() {
      isDraining = true
      await server.close()
    },
  }
}

/** All routes of all modules. */
export async function mountRoutes(
  server: HttpServer,
  foundations: Foundations,
  modules: Modules,
): Promise<{ audience: Audience }> {
  const { configuration, journal, vault, clock, random, metrics, log, events } = foundations
  const { operators, accounts, catalogue, identity, stitching } = modules
  const intake = createIntake({
    journal,
    accounts,
    vault,
    clock,
    random,
    settings: configuration.tracking,
    metrics,
  })
  const audience = createAudience({
    events,
    accounts,
    catalogue,
    subjectsOf: stitching.people.subjectsOf,
    audit: operators.audit,
    clock,
    log,
  })
  for (const routes of [
    operators.routes,
    accounts.routes,
    identity.routes,
    catalogue.routes,
    intake.routes,
    audience.routes,
  ]) {
    await mount(server, routes)
  }
  return { audience }
}

const CONSOLE_FOLDER = fileURLToPath(new URL('../../console/dist', import.meta.url))

export interface Worker {
  close(): Promise<void>
}

const DAY_MS = 86_400_000

/** The role that records what the journal holds and runs the jobs. It brings the stores to this program's schema first. */
export async function createWorker(
  foundations: Foundations,
  options: {
    baseUrl: string
    /** Brings the live picture to the api; calls back when the next may come. */
    publishLive(news: LiveNews, done: () => void): void
  },
): Promise<Worker> {
  const { records, events, journal, vault, clock, random, log, metrics, folder, configuration } = foundations
  await migrateRecords(records, undefined, { log })
  await vault.check(records.db)
  await migrateEvents(events)
  const { operators, accounts, catalogue, identity, outbox, stitching } = await createModules(
    foundations,
    options.baseUrl,
  )
  const mail = createMailDelivery({ outbox, settings: configuration.mail, metrics, log })
  const lookup = await catalogue.startLookup()
  const state = openLmdbRecorderState(folder.recorder, { journalId: journal.id })
  const presence = createPresenceFeed({
    events,
    state,
    personOf: stitching.personOf,
    nameOf: (contentId) => lookup.titleInfo(contentId)?.name ?? null,
    publish: options.publishLive,
    clock,
    metrics,
    log,
  })
  stitching.onPeopleLearned(presence.peopleChanged)
  const recorder = createRecorder({
    journal,
    state,
    events,
    vault,
    clock,
    random,
    log,
    metrics,
    settings: configuration.recorder,
    accounts,
    people: stitching.people,
    titleInfo: lookup.titleInfo,
    setAsideFolder: folder.setAside,
    presence,
  })
  const jobs: Job[] = [
    ...accounts.jobs,
    ...operators.jobs,
    ...identity.jobs,
    ...mail.jobs,
    ...stitching.jobs,
    idempotencyJob({ db: records.db, clock }),
    { name: 'vault.rotate', everyMs: DAY_MS, run: async () => void (await vault.rotate(records.db)) },
  ]
  const runner = startJobs(jobs, { clock, log })
  recorder.start()
  presence.start()
  return {
    async close() {
      presence.stop()
      await runner.stop()
      mail.close()
      await recorder.stop()
      lookup.stop()
      await state.close()
    },
  }
}
