import { and, asc, count, eq, gt } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { z } from 'zod'
import {
  appInput,
  SERVICE_LIMITS,
  type App,
  type AppInput,
  type AppPatch,
  type Service,
  type ServiceInput,
  type ServicePatch,
} from '@foyer/contracts'
import type { AuditTrail } from '../../platform/audit.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import { Problem } from '../../platform/errors.ts'
import type { Actor } from '../../platform/http/index.ts'
import type { Events } from '../../storage/index.ts'
import { bumpRevision, type Directory } from './directory.ts'
import { countryCodeOf } from './places.ts'
import { app, service, viewer } from './schema.ts'

export interface Page<Item> {
  readonly items: Item[]
  readonly next: string | null
}

export interface PageRequest {
  readonly limit: number
  readonly cursor?: string | undefined
}

/** Services and apps: what settings change. Each change is audited and counts in every process within 1 s. */
export interface Services {
  list(page: PageRequest): Promise<Page<Service>>
  get(id: string): Promise<Service>
  create(actor: Actor, input: ServiceInput): Promise<Service>
  change(actor: Actor, id: string, patch: ServicePatch): Promise<Service>
  listApps(page: PageRequest & { service?: string | undefined }): Promise<Page<App>>
  getApp(id: string): Promise<App>
  createApp(actor: Actor, input: AppInput): Promise<App>
  changeApp(actor: Actor, id: string, patch: AppPatch): Promise<App>
}

export function createServices(deps: {
  db: NodePgDatabase
  events: Events
  clock: Clock
  audit: AuditTrail
  directory: Directory
}): Services {
  const { db, events, clock, audit, directory } = deps

  /** Writes, then tells all processes, then the trail. */
  async function write<T>(change: (tx: Database, now: Date) => Promise<T>): Promise<T> {
    const result = await db.transaction(async (tx) => {
      const done = await change(tx, new Date(clock.now()))
      await bumpRevision(tx)
      return done
    })
    directory.invalidate()
    return result
  }

  /**
   * Days, hours and ages that are already stored were told by the old zone, and reports would mix the two. A rebuild will
   * make it possible; until there is one, the zone of a service in use stays.
   */
  async function refuseZoneOfUsed(id: string): Promise<void> {
    const [registered] = await db
      .select({ id: viewer.id })
      .from(viewer)
      .where(eq(viewer.service, id))
      .limit(1)
    const happened = registered
      ? []
      : await events.query('SELECT 1 AS found FROM events WHERE service = {service:String} LIMIT 1', {
          params: { service: id },
          row: z.object({ found: z.coerce.number() }),
        })
    if (registered || happened.length > 0) {
      throw new Problem(
        'service.time_zone_fixed',
        'Viewers or events of this service are already counted by days of its time zone. Make another service, or keep the zone.',
      )
    }
  }

  return {
    async list({ limit, cursor }) {
      const rows = await db
        .select()
        .from(service)
        .where(cursor === undefined ? undefined : gt(service.id, cursor))
        .orderBy(asc(service.id))
        .limit(limit + 1)
      return pageOf(rows.map(toService), limit)
    },

    get: async (id) => toService(await serviceRow(db, id)),

    async create(actor, input) {
      refuseNoCountry(input)
      const row = await write(async (tx, now) => {
        const [{ total } = { total: 0 }] = await tx.select({ total: count() }).from(service)
        if (total >= SERVICE_LIMITS.services) throw limitReached('services', SERVICE_LIMITS.services)
        const [made] = await tx
          .insert(service)
          .values({ ...input, createdAt: now, updatedAt: now })
          .onConflictDoNothing()
          .returning()
        if (!made) throw new Problem('service.exists', `There is a service ${input.id} already.`)
        await audit.record({ actor, action: 'service.created', object: made.id, details: { ...input } }, tx)
        return made
      })
      return toService(row)
    },

    async change(actor, id, patch) {
      refuseNoCountry(patch)
      const before = await serviceRow(db, id)
      if (patch.timeZone !== undefined && patch.timeZone !== before.timeZone) await refuseZoneOfUsed(id)
      const row = await write(async (tx, now) => {
        const [changed] = await tx
          .update(service)
          .set({ ...defined(patch), updatedAt: now })
          .where(eq(service.id, id))
          .returning()
        await audit.record({ actor, action: 'service.changed', object: id, details: defined(patch) }, tx)
        return changed!
      })
      return toService(row)
    },

    async listApps({ limit, cursor, service: of }) {
      const rows = await db
        .select()
        .from(app)
        .where(
          and(
            of === undefined ? undefined : eq(app.service, of),
            cursor === undefined ? undefined : gt(app.id, cursor),
          ),
        )
        .orderBy(asc(app.id))
        .limit(limit + 1)
      return pageOf(rows.map(toApp), limit)
    },

    getApp: async (id) => toApp(await appRow(db, id)),

    async createApp(actor, input) {
      const values = appInput.parse(input)
      const row = await write(async (tx, now) => {
        // The service's row is locked, so that two creations count one after the other.
        await serviceRow(tx, values.service, 'update')
        const [{ total } = { total: 0 }] = await tx
          .select({ total: count() })
          .from(app)
          .where(eq(app.service, values.service))
        if (total >= SERVICE_LIMITS.appsPerService)
          throw limitReached('apps of this service', SERVICE_LIMITS.appsPerService)
        const [made] = await tx
          .insert(app)
          .values({ ...values, createdAt: now, updatedAt: now })
          .onConflictDoNothing()
          .returning()
        if (!made) throw new Problem('app.exists', `There is an app ${values.id} already.`)
        await audit.record({ actor, action: 'app.created', object: made.id, details: values }, tx)
        return made
      })
      return toApp(row)
    },

    async changeApp(actor, id, patch) {
      const row = await write(async (tx, now) => {
        const [changed] = await tx
          .update(app)
          .set({ ...defined(patch), updatedAt: now })
          .where(eq(app.id, id))
          .returning()
        if (!changed) throw new Problem('app.not_found', `There is no app ${id}.`)
        await audit.record({ actor, action: 'app.changed', object: id, details: defined(patch) }, tx)
        return changed
      })
      return toApp(row)
    },
  }
}

/** Of a country that is none, no viewer would ever be local: the tables of states and cities would hold Other alone. */
function refuseNoCountry({ localCountry }: ServicePatch): void {
  if (localCountry === undefined) return
  const code = countryCodeOf(localCountry)
  if (code === localCountry) return
  const hint = code === null ? 'such as ES' : `that country is ${code}`
  throw new Problem('request.invalid', 'See errors: body.localCountry.', {
    errors: [{ field: 'body.localCountry', message: `no country in ISO 3166-1 has this code; ${hint}` }],
  })
}

async function serviceRow(db: Database, id: string, lock?: 'update'): Promise<typeof service.$inferSelect> {
  const query = db.select().from(service).where(eq(service.id, id))
  const [row] = await (lock ? query.for(lock) : query)
  if (!row) throw new Problem('service.not_found', `There is no service ${id}.`)
  return row
}

/** The row of an app, locked when its keys are about to be counted. */
export async function appRow(db: Database, id: string, lock?: 'update'): Promise<typeof app.$inferSelect> {
  const query = db.select().from(app).where(eq(app.id, id))
  const [row] = await (lock ? query.for(lock) : query)
  if (!row) throw new Problem('app.not_found', `There is no app ${id}.`)
  return row
}

export function limitReached(what: string, max: number): Problem {
  return new Problem('settings.limit_reached', `There can be ${max} ${what}, and there are.`)
}

/** Cuts the row that was read to see whether there is a next page. */
export function pageOf<Item extends { id: string }>(items: Item[], limit: number): Page<Item> {
  const page = items.slice(0, limit)
  return { items: page, next: items.length > limit ? page.at(-1)!.id : null }
}

function toService(row: typeof service.$inferSelect): Service {
  return { ...row, createdAt: row.createdAt.toISOString(), updatedAt: row.updatedAt.toISOString() }
}

function toApp(row: typeof app.$inferSelect): App {
  return { ...row, createdAt: row.createdAt.toISOString(), updatedAt: row.updatedAt.toISOString() }
}

function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
