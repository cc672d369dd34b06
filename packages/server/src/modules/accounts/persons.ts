import { setTimeout as delay } from 'node:timers/promises'
import { inArray } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { ViewerPerson } from '@foyer/contracts'
import type { AuditTrail } from '../../platform/audit.ts'
import type { Database } from '../../platform/data-map.ts'
import { Problem } from '../../platform/errors.ts'
import type { Actor } from '../../platform/http/index.ts'
import type { Subject } from '../../platform/ids.ts'
import { viewerSubject } from './schema.ts'
import type { FoundViewer, ViewerReference, Viewers } from './viewers.ts'

/**
 * Which viewers and devices are one person, as operators see and change it. Every look and change is audited. A change
 * answers when reports know it, or after `followMsMax`.
 */
export interface Persons {
  read(actor: Actor, reference: ViewerReference): Promise<ViewerPerson>
  /** Makes one person of two viewers of a service. Throws viewer.same_person, viewer.merged, viewer.other_service. */
  merge(actor: Actor, reference: ViewerReference, into: string): Promise<ViewerPerson>
  /** Takes the merge of a viewer back. Throws viewer.not_merged. */
  unmerge(actor: Actor, reference: ViewerReference): Promise<ViewerPerson>
  /** Takes the anonymous use of a device for the person's, or for nobody's. Throws device.not_found. */
  linkDevice(actor: Actor, device: DeviceReference, isLinked: boolean): Promise<ViewerPerson>
}

export interface DeviceReference extends ViewerReference {
  readonly deviceId: Subject
}

/** Who is who, by subjects: what this module needs of it. Tracking keeps it, since every report depends on it. */
export interface PeopleOfViewers {
  merge(
    merge: { vid: Subject; into: Subject },
    tx?: Database,
  ): Promise<{ outcome: 'merged' | 'same_person' } | { outcome: 'already_merged'; into: Subject }>
  unmerge(vid: Subject, tx?: Database): Promise<boolean>
  merges(vid: Subject): Promise<{ vid: Subject; into: Subject; mergedAt: number }[]>
  subjectsOf(subject: Subject): Promise<Subject[]>
  isPublished(vid: Subject): Promise<boolean>
  unlink(of: { vid: Subject; device: Subject }, tx?: Database): Promise<number>
  relink(of: { vid: Subject; device: Subject }, tx?: Database): Promise<number>
  linkedDevices(
    vid: Subject,
  ): Promise<{ device: Subject; isLinked: boolean; firstLinkedAt: number; lastLinkedAt: number }[]>
}

/** How often it is looked whether reports follow, ms. */
const FOLLOW_LOOK_MS = 50

export function createPersons(deps: {
  db: NodePgDatabase
  audit: AuditTrail
  viewers: Viewers
  people: PeopleOfViewers
  /** How long a change waits for reports to know it, ms. */
  followMsMax: number
}): Persons {
  const { db, audit, viewers, people } = deps

  async function find(reference: ViewerReference): Promise<FoundViewer> {
    const found = await viewers.find(reference)
    if (!found) throw new Problem('viewer.not_found', `No viewer has the id ${reference.id}.`)
    return found
  }

  async function idsOf(vids: readonly Subject[]): Promise<ReadonlyMap<Subject, string>> {
    const rows = await db
      .select()
      .from(viewerSubject)
      .where(inArray(viewerSubject.vid, [...vids]))
    return new Map(rows.map(({ vid, viewerId }) => [vid, viewerId]))
  }

  /** What is done to one account is done to the other: whoever asks what became of either finds it. */
  async function recordOnBoth(
    tx: Database,
    actor: Actor,
    action: 'viewer.merged' | 'viewer.unmerged',
    { viewerId: from }: Pick<FoundViewer, 'viewerId'>,
    { viewerId: into }: Pick<FoundViewer, 'viewerId'>,
  ): Promise<void> {
    for (const object of [from, into]) {
      await audit.record({ actor, action, object, details: { from, into } }, tx)
    }
  }

  async function personOf({ viewerId, vid }: FoundViewer): Promise<ViewerPerson> {
    const [merges, devices, subjects, isPublished] = await Promise.all([
      people.merges(vid),
      people.linkedDevices(vid),
      people.subjectsOf(vid),
      people.isPublished(vid),
    ])
    const person = subjects[0]!
    const ids = await idsOf([person, ...merges.flatMap((merge) => [merge.vid, merge.into])])
    return {
      viewerId,
      personId: ids.get(person) ?? viewerId,
      merged: merges.map((merge) => ({
        viewerId: ids.get(merge.vid)!,
        into: ids.get(merge.into)!,
        mergedAt: new Date(merge.mergedAt).toISOString(),
      })),
      devices: devices.map(({ device, isLinked, firstLinkedAt, lastLinkedAt }) => ({
        deviceId: device,
        isLinked,
        firstLinkedAt: new Date(firstLinkedAt).toISOString(),
        lastLinkedAt: new Date(lastLinkedAt).toISOString(),
      })),
      isPublished,
    }
  }

  /** The machine's time on purpose: it is a browser that waits. */
  async function onceReportsFollow(found: FoundViewer): Promise<ViewerPerson> {
    const until = performance.now() + deps.followMsMax
    while (!(await people.isPublished(found.vid)) && performance.now() < until) await delay(FOLLOW_LOOK_MS)
    return personOf(found)
  }

  return {
    async read(actor, reference) {
      const found = await find(reference)
      const person = await personOf(found)
      const seen = new Set([
        found.viewerId,
        person.personId,
        ...person.merged.map(({ viewerId }) => viewerId),
      ])
      for (const object of seen) {
        const details = object === found.viewerId ? {} : { by: found.viewerId }
        await audit.record({ actor, action: 'viewer.person_looked_up', object, details })
      }
      return person
    },

    async merge(actor, reference, into) {
      const [found, other] = await Promise.all([find(reference), find({ ...reference, id: into })])
      if (found.service !== other.service) {
        throw new Problem(
          'viewer.other_service',
          `One registered with ${found.service}, the other with ${other.service}. Registrations are counted by service, so only viewers of one can be merged.`,
        )
      }
      const result = await db.transaction(async (tx) => {
        const merged = await people.merge({ vid: found.vid, into: other.vid }, tx)
        if (merged.outcome === 'merged') await recordOnBoth(tx, actor, 'viewer.merged', found, other)
        return merged
      })
      if (result.outcome === 'same_person')
        throw new Problem('viewer.same_person', `${found.viewerId} and ${other.viewerId} are one person.`)
      if (result.outcome === 'already_merged') {
        const ids = await idsOf([result.into])
        throw new Problem(
          'viewer.merged',
          `${found.viewerId} was merged into ${ids.get(result.into)}. Take that back first, or merge that one.`,
        )
      }
      return onceReportsFollow(found)
    },

    async unmerge(actor, reference) {
      const found = await find(reference)
      const edge = (await people.merges(found.vid)).find(({ vid }) => vid === found.vid)
      const into = edge && (await idsOf([edge.into])).get(edge.into)
      await db.transaction(async (tx) => {
        if (!(await people.unmerge(found.vid, tx)) || into === undefined)
          throw new Problem('viewer.not_merged', `${found.viewerId} stands for itself.`)
        await recordOnBoth(tx, actor, 'viewer.unmerged', found, { viewerId: into })
      })
      return onceReportsFollow(found)
    },

    async linkDevice(actor, { deviceId, ...reference }, isLinked) {
      const found = await find(reference)
      const known = await people.linkedDevices(found.vid)
      if (!known.some(({ device }) => device === deviceId))
        throw new Problem('device.not_found', `${found.viewerId} never signed in on the device ${deviceId}.`)
      const of = { vid: found.vid, device: deviceId }
      await db.transaction(async (tx) => {
        await (isLinked ? people.relink(of, tx) : people.unlink(of, tx))
        const action = isLinked ? 'viewer.device_linked' : 'viewer.device_unlinked'
        await audit.record({ actor, action, object: found.viewerId, details: { deviceId } }, tx)
      })
      return onceReportsFollow(found)
    },
  }
}
