import { and, eq, inArray } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { z } from 'zod'
import {
  DEFAULT_PURPOSES,
  purposeMask,
  type PersonalField,
  type Viewer,
  type ViewerInput,
  type ViewerLabel,
  type ViewerPatch,
} from '@foyer/contracts'
import type { AuditTrail } from '../../platform/audit.ts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../platform/errors.ts'
import type { Actor } from '../../platform/http/index.ts'
import { uuidV7, type RandomSource, type Subject } from '../../platform/ids.ts'
import type { Vault } from '../../platform/vault/index.ts'
import type { Directory, ServiceAccess } from './directory.ts'
import { readFields, type Dropped, type Json, type ViewerChanges } from './fields.ts'
import { applyChanges, emptyProfile, liveTraits, type Profile } from './profile.ts'
import { externalId, viewer, viewerSubject } from './schema.ts'
import type { Page } from './services.ts'
import { EXTERNAL_ID_LOOKUP, type Subjects } from './subjects.ts'
import { fullNameOf, labelOf, maySeeNames } from './viewer-labels.ts'
import { externalIdsOf, insertViewers, loadViewers, updateViewer, type StoredViewer } from './viewer-rows.ts'

/** A viewer and the ids under which EVENTS knows them. */
export interface FoundViewer {
  readonly viewerId: string
  readonly service: string
  readonly vid: Subject
}

/**
 * Who is meant: a viewer's id, `external:` and an external id, or an external id alone where no viewer has it as id. An
 * external id is unique within a service, so a service may be needed to tell two people apart.
 */
export interface ViewerReference {
  readonly id: string
  readonly service?: string | undefined
}

/** Viewers as operators and programs see and change them. Every look and change is audited. */
export interface Viewers {
  /** Creates a viewer; the same input again answers the viewer that it made. Throws viewer.exists when it says otherwise. */
  create(actor: Actor, input: ViewerInput): Promise<{ viewer: Viewer; isNew: boolean }>
  change(actor: Actor, reference: ViewerReference, patch: ViewerPatch): Promise<Viewer>
  read(actor: Actor, reference: ViewerReference): Promise<Viewer>
  /** Everybody with this external id: one in each service at most. */
  search(actor: Actor, by: { externalId: string; service?: string | undefined }): Promise<Page<Viewer>>
  label(actor: Actor, reference: ViewerReference): Promise<ViewerLabel>
  /** For reports: no look at anything personal, so no audit. Null when there is no such viewer. */
  find(reference: ViewerReference): Promise<FoundViewer | null>
}

export function createViewers(deps: {
  db: NodePgDatabase
  vault: Vault
  clock: Clock
  random: RandomSource
  audit: AuditTrail
  directory: Directory
  subjects: Subjects
}): Viewers {
  const { db, vault, clock, random, audit, directory, subjects } = deps

  async function serviceOf(id: string): Promise<ServiceAccess> {
    const found = await directory.serviceById(id)
    if (!found) throw new Problem('service.not_found', `There is no service ${id}.`)
    return found
  }

  async function defaultMask(service: string, app: string | undefined): Promise<number> {
    if (app === undefined) return purposeMask(DEFAULT_PURPOSES)
    const found = await directory.appById(app)
    if (!found || found.service.id !== service)
      throw new Problem('app.not_found', `The service ${service} has no app ${app}.`)
    return found.defaultMask
  }

  async function byExternalId(id: string, service: string | undefined): Promise<FoundViewer[]> {
    return db
      .selectDistinct({
        viewerId: viewerSubject.viewerId,
        service: externalId.service,
        vid: viewerSubject.vid,
      })
      .from(externalId)
      .innerJoin(viewerSubject, eq(viewerSubject.vid, externalId.vid))
      .where(
        and(
          inArray(externalId.lookup, vault.lookups(EXTERNAL_ID_LOOKUP, id)),
          service === undefined ? undefined : eq(externalId.service, service),
        ),
      )
      .orderBy(externalId.service)
  }

  async function find({ id, service }: ViewerReference): Promise<FoundViewer | null> {
    if (z.uuid().safeParse(id).success) {
      const [found] = await db
        .select({ viewerId: viewer.id, service: viewer.service, vid: viewerSubject.vid })
        .from(viewer)
        .innerJoin(viewerSubject, eq(viewerSubject.viewerId, viewer.id))
        .where(eq(viewer.id, id))
      if (found) return found
    }
    const found = await byExternalId(id.startsWith(EXTERNAL) ? id.slice(EXTERNAL.length) : id, service)
    const people = new Set(found.map((each) => each.viewerId))
    if (people.size > 1) {
      throw new Problem(
        'request.invalid',
        `Viewers of several services (${found.map((each) => each.service).join(', ')}) have this external id. Add ?service=.`,
      )
    }
    return found[0] ?? null
  }

  async function mustFind(reference: ViewerReference): Promise<FoundViewer> {
    const found = await find(reference)
    if (!found) throw notFound()
    return found
  }

  async function present(actor: Actor, stored: StoredViewer): Promise<Viewer> {
    const personal = personalFields(stored.profile, await externalIdsOf(db, vault, stored.id))
    const maySee = maySeeNames(actor)
    const { registeredAt, gender, ageAtRegistration, country, region, city } = stored.profile
    return {
      id: stored.id,
      service: stored.service,
      registeredAt: new Date(registeredAt).toISOString(),
      gender,
      ageAtRegistration,
      country: country || null,
      region: region || null,
      city: city || null,
      createdAt: stored.createdAt.toISOString(),
      updatedAt: stored.updatedAt.toISOString(),
      ...(maySee ? personal : {}),
      hidden: maySee ? [] : (Object.keys(personal) as PersonalField[]),
    }
  }

  async function load(id: string): Promise<StoredViewer> {
    const stored = (await loadViewers(db, vault, [id])).get(id)
    if (!stored) throw notFound()
    return stored
  }

  async function look(actor: Actor, viewerId: string, action: string): Promise<void> {
    await audit.record({
      actor,
      action,
      object: viewerId,
      details: { isPersonalShown: maySeeNames(actor) },
    })
  }

  return {
    find,

    async create(actor, input) {
      const { service: serviceId, app, externalId: given, ...stated } = input
      const { timeZone } = await serviceOf(serviceId)
      const consentMask = await defaultMask(serviceId, app)
      const now = clock.now()
      const changes = readInput(stated, { now, timeZone })
      const result = await db.transaction(async (tx) => {
        const { vid, viewerId } = (await subjects.attach(tx, serviceId, [given])).get(given)!
        const record = (action: string, object: string) =>
          audit.record({ actor, action, object, details: { service: serviceId } }, tx)
        if (viewerId !== null) {
          const stored = (await loadViewers(tx, vault, [viewerId])).get(viewerId)
          if (!stored) throw new Problem('viewer.exists', 'The viewer with this external id was erased.')
          refuseDifference(stored, changes, timeZone)
          await record('viewer.looked_up', viewerId)
          return { id: viewerId, isNew: false }
        }
        const profile = refusing(applyChanges(emptyProfile(now), changes, { at: now, timeZone }))
        const id = uuidV7(now, random)
        const created = {
          id,
          vid,
          service: serviceId,
          externalId: given,
          profile,
          consentMask,
          source: 'api',
        }
        await insertViewers(tx, vault, [created], now)
        await record('viewer.created', id)
        return { id, isNew: true }
      })
      return { viewer: await present(actor, await load(result.id)), isNew: result.isNew }
    },

    async change(actor, reference, patch) {
      const { viewerId, service } = await mustFind(reference)
      const { timeZone } = await serviceOf(service)
      const now = clock.now()
      const changes = readInput(patch, { now, timeZone })
      await db.transaction(async (tx) => {
        const stored = (await loadViewers(tx, vault, [viewerId], 'update')).get(viewerId)
        if (!stored) throw notFound()
        const profile = refusing(
          applyChanges(stored.profile, changes, { at: afterAll(stored, now), timeZone }),
        )
        await updateViewer(tx, vault, stored, profile, now)
        const details = { fields: Object.keys(patch) }
        await audit.record({ actor, action: 'viewer.changed', object: viewerId, details }, tx)
      })
      return present(actor, await load(viewerId))
    },

    async read(actor, reference) {
      const { viewerId } = await mustFind(reference)
      const stored = await load(viewerId)
      await look(actor, viewerId, 'viewer.looked_up')
      return present(actor, stored)
    },

    async search(actor, { externalId: given, service }) {
      const found = await byExternalId(given, service)
      const stored = await loadViewers(
        db,
        vault,
        found.map((each) => each.viewerId),
      )
      const items: Viewer[] = []
      for (const each of stored.values()) {
        await look(actor, each.id, 'viewer.looked_up')
        items.push(await present(actor, each))
      }
      return { items, next: null }
    },

    async label(actor, reference) {
      const { viewerId } = await mustFind(reference)
      const { profile } = await load(viewerId)
      const maySee = maySeeNames(actor)
      await look(actor, viewerId, 'viewer.name_looked_up')
      return {
        id: viewerId,
        label: labelOf(viewerId, maySee ? profile : undefined),
        isMasked: fullNameOf(profile) !== null && !maySee,
      }
    },
  }
}

const EXTERNAL = 'external:'

function notFound(): Problem {
  return new Problem(
    'viewer.not_found',
    'No viewer has this id. Give a viewer id, or external: and the id that your own systems use.',
  )
}

/** What names a person and has a value. */
function personalFields(
  profile: Profile,
  externalIds: { service: string; externalId: string }[],
): Pick<Viewer, PersonalField> {
  const traits = liveTraits(profile.traits)
  const texts = Object.fromEntries(
    (['name', 'firstName', 'lastName', 'email', 'phone', 'birthDate'] as const).flatMap((field) =>
      profile[field] === null ? [] : [[field, profile[field]]],
    ),
  )
  return {
    ...(externalIds.length > 0 ? { externalIds } : {}),
    ...texts,
    ...(Object.keys(traits).length > 0 ? { traits } : {}),
  }
}

/** Reads what the API's schema let through: what it cannot know (countries, future times) is refused here. */
function readInput(stated: ViewerPatch, when: { now: number; timeZone: string }): ViewerChanges {
  const { traits, ...fields } = stated
  const { changes, dropped } = readFields(fields, when)
  if (dropped.length > 0) throw refusal(dropped)
  if (traits) changes.traits = traits as Record<string, Json>
  return changes
}

/** Nothing is half applied: one wrong field refuses the request. */
function refusing(applied: { profile: Profile; dropped: readonly Dropped[] }): Profile {
  if (applied.dropped.length > 0) throw refusal(applied.dropped)
  return applied.profile
}

function refusal(dropped: readonly Dropped[]): Problem {
  return new Problem('request.invalid', `See errors: ${dropped.map((fault) => fault.field).join(', ')}.`, {
    errors: dropped.map((fault) => ({ ...fault, field: `body.${fault.field}` })),
  })
}

/** A second creation must say of each field what is known already. */
function refuseDifference(stored: StoredViewer, changes: ViewerChanges, timeZone: string): void {
  const at = afterAll(stored, 0)
  const { profile } = applyChanges(stored.profile, changes, { at, timeZone })
  const differing = Object.keys(changes).filter((field) => {
    if (field === 'traits')
      return (
        JSON.stringify(sorted(liveTraits(profile.traits))) !==
        JSON.stringify(sorted(liveTraits(stored.profile.traits)))
      )
    return profile[field as keyof Profile] !== stored.profile[field as keyof Profile]
  })
  if (differing.length > 0) {
    throw new Problem(
      'viewer.exists',
      `The viewer ${stored.id} has this external id and another ${differing.join(', ')}. Change it with PATCH /v1/viewers/${stored.id}.`,
    )
  }
}

/** A time after all that was stated: an operator's correction holds, also against a clock that was ahead. */
function afterAll({ profile }: StoredViewer, now: number): number {
  const times = [
    ...Object.values(profile.statedAt),
    ...Object.values(profile.traits).map((trait) => trait.at),
  ]
  return Math.max(now, ...times.map((time) => time + 1))
}

function sorted(values: object): [string, unknown][] {
  return Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1))
}
