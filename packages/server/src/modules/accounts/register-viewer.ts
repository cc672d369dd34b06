import { DEFAULT_PURPOSES, purposeMask } from '@foyer/contracts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import { Problem } from '../../platform/errors.ts'
import type { Vault } from '../../platform/vault/index.ts'
import type { Directory } from './directory.ts'
import { applyChanges, emptyProfile } from './profile.ts'
import type { Subjects } from './subjects.ts'
import { insertViewers } from './viewer-rows.ts'

/** Somebody who registered by themselves and has proven their address. */
export interface RegisteredViewer {
  /** The viewer's id, which identity has made. It is also the id by which apps name the viewer in events. */
  readonly viewerId: string
  readonly service: string
  readonly email: string
  readonly name: string | null
}

/** Makes the viewer of an account in the transaction that makes the account. Throws service.not_found. */
export type RegisterViewer = (tx: Database, viewer: RegisteredViewer) => Promise<void>

export function createRegisterViewer(deps: {
  vault: Vault
  clock: Clock
  directory: Directory
  subjects: Subjects
}): RegisterViewer {
  const { vault, clock, directory, subjects } = deps
  return async (tx, { viewerId, service: serviceId, email, name }) => {
    const service = await directory.serviceById(serviceId)
    if (!service) throw new Problem('service.not_found', `There is no service ${serviceId}.`)
    const now = clock.now()
    const stated = { email, ...(name === null ? {} : { name }) }
    const { profile } = applyChanges(emptyProfile(now), stated, { at: now, timeZone: service.timeZone })
    const { vid } = (await subjects.attach(tx, serviceId, [viewerId])).get(viewerId)!
    const viewer = {
      id: viewerId,
      vid,
      service: serviceId,
      externalId: viewerId,
      profile,
      consentMask: purposeMask(DEFAULT_PURPOSES),
      source: 'registration',
    }
    await insertViewers(tx, vault, [viewer], now)
  }
}
