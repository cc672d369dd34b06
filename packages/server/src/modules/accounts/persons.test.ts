import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { openAccountsRig, type AccountsRig } from '../../../test/accounts.ts'
import { recordsBackends } from '../../../test/records.ts'
import { createPeople, type People } from '../tracking/stitching/people.ts'
import { RIGHTS } from '@foyer/contracts'
import type { Subject } from '../../platform/ids.ts'

const TV = '7000' as Subject
const PHONE = '8000' as Subject

describe.each(recordsBackends())('persons on %s', (backend) => {
  let rig: AccountsRig
  let people: People
  let ann: string
  let bob: string
  let run = 0
  let anonymous = 1

  beforeAll(async () => {
    rig = await openAccountsRig({ backend })
    people = createPeople({ db: rig.records.db, clock: rig.clock })
    for (const id of ['cinema', 'sport']) {
      await rig.call('POST', '/v1/services', {
        id,
        name: id,
        timeZone: 'UTC',
        localCountry: 'ES',
        language: 'es',
      })
    }
  })
  beforeEach(async () => {
    rig.setRights(RIGHTS)
    run++
    ann = await register('ann')
    bob = await register('bob')
    rig.trail.length = 0
  })
  afterAll(() => rig?.close())

  async function register(name: string, service = 'cinema'): Promise<string> {
    const made = await rig.call('POST', '/v1/viewers', { service, externalId: `${name}-${run}` })
    expect(made.status).toBe(201)
    return made.body.id
  }

  async function signedInOn(device: Subject, viewerId: string): Promise<void> {
    const found = await rig.accounts.findViewer({ id: viewerId })
    const link = { anonymous: String(anonymous++) as Subject, vid: found!.vid, device, at: rig.clock.now() }
    await people.link([link])
  }

  it('a viewer stands for itself, without devices', async () => {
    const { status, body } = await rig.call('GET', `/v1/viewers/${ann}/person`)
    expect([status, body]).toEqual([
      200,
      { viewerId: ann, personId: ann, merged: [], devices: [], isPublished: true },
    ])
    expect(rig.trail).toMatchObject([{ action: 'viewer.person_looked_up', object: ann }])
  })

  it('two viewers become one person, seen from both, and two again', async () => {
    const merged = await rig.call('POST', `/v1/viewers/${ann}/merge`, { into: bob })
    const at = new Date(rig.clock.now()).toISOString()
    // Nobody publishes here.
    const both = {
      personId: bob,
      merged: [{ viewerId: ann, into: bob, mergedAt: at }],
      devices: [],
      isPublished: false,
    }
    expect([merged.status, merged.body]).toEqual([200, { viewerId: ann, ...both }])
    expect((await rig.call('GET', `/v1/viewers/${bob}/person`)).body).toEqual({ viewerId: bob, ...both })

    const back = await rig.call('POST', `/v1/viewers/${ann}/unmerge`)
    expect(back.body).toMatchObject({ viewerId: ann, personId: ann, merged: [], devices: [] })
    expect(rig.trail.map(({ action, object, details }) => ({ action, object, details }))).toEqual([
      { action: 'viewer.merged', object: ann, details: { from: ann, into: bob } },
      { action: 'viewer.merged', object: bob, details: { from: ann, into: bob } },
      { action: 'viewer.person_looked_up', object: bob, details: {} },
      // What is shown of one shows the other.
      { action: 'viewer.person_looked_up', object: ann, details: { by: bob } },
      { action: 'viewer.unmerged', object: ann, details: { from: ann, into: bob } },
      { action: 'viewer.unmerged', object: bob, details: { from: ann, into: bob } },
    ])
  })

  it('the other viewer may be named by an external id', async () => {
    const merged = await rig.call('POST', `/v1/viewers/external:ann-${run}/merge`, {
      into: `external:bob-${run}`,
    })
    expect(merged.body).toMatchObject({ viewerId: ann, personId: bob })
  })

  it.each<[string, () => [string, object?], number, string]>([
    ['with itself', () => [`${ann}/merge`, { into: ann }], 409, 'viewer.same_person'],
    ['of an unknown viewer', () => [`nobody/merge`, { into: ann }], 404, 'viewer.not_found'],
    ['into an unknown viewer', () => [`${ann}/merge`, { into: 'nobody' }], 404, 'viewer.not_found'],
    ['into nothing', () => [`${ann}/merge`, {}], 400, 'request.invalid'],
    ['with a word too many', () => [`${ann}/merge`, { into: bob, now: true }], 400, 'request.invalid'],
    ['that was not made cannot be taken back', () => [`${ann}/unmerge`], 409, 'viewer.not_merged'],
  ])('a merge %s is refused and changes nothing', async (_, act, status, code) => {
    const [path, body] = act()
    const answer = await rig.call('POST', `/v1/viewers/${path}`, body)
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect((await rig.call('GET', `/v1/viewers/${ann}/person`)).body.merged).toEqual([])
  })

  it('a merge in a circle, a second one and one across services are refused', async () => {
    await rig.call('POST', `/v1/viewers/${ann}/merge`, { into: bob })
    const circle = await rig.call('POST', `/v1/viewers/${bob}/merge`, { into: ann })
    expect(circle.body.code).toBe('viewer.same_person')
    const cat = await register('cat')
    const second = await rig.call('POST', `/v1/viewers/${ann}/merge`, { into: cat })
    expect(second.body).toMatchObject({ code: 'viewer.merged', detail: expect.stringContaining(bob) })
    const fan = await register('fan', 'sport')
    const across = await rig.call('POST', `/v1/viewers/${cat}/merge`, { into: fan })
    expect(across.body.code).toBe('viewer.other_service')
  })

  it('a device is taken from a person and given back', async () => {
    await signedInOn(TV, ann)
    await signedInOn(PHONE, ann)
    const unlinked = await rig.call('POST', `/v1/viewers/${ann}/devices/${TV}/unlink`)
    expect(unlinked.status).toBe(200)
    expect(unlinked.body.devices).toMatchObject([
      { deviceId: TV, isLinked: false },
      { deviceId: PHONE, isLinked: true },
    ])
    const linked = await rig.call('POST', `/v1/viewers/${ann}/devices/${TV}/link`)
    expect(linked.body.devices).toMatchObject([{ isLinked: true }, { isLinked: true }])
    expect(rig.trail.map(({ action, details }) => [action, details])).toEqual([
      ['viewer.device_unlinked', { deviceId: TV }],
      ['viewer.device_linked', { deviceId: TV }],
    ])
  })

  it('an act tells no devices to who may change viewers and not see what they do', async () => {
    await signedInOn(TV, ann)
    rig.setRights(['viewers.read', 'viewers.write'])
    const acts = [
      [`devices/${TV}/unlink`, undefined],
      [`devices/${TV}/link`, undefined],
      ['merge', { into: bob }],
      ['unmerge', undefined],
    ] as const
    for (const [act, body] of acts) {
      const { status, body: answer } = await rig.call('POST', `/v1/viewers/${ann}/${act}`, body)
      expect([act, status, answer.devices]).toEqual([act, 200, []])
    }
    rig.setRights(['viewers.activity', 'viewers.write'])
    const seen = await rig.call('POST', `/v1/viewers/${ann}/devices/${TV}/unlink`)
    expect(seen.body.devices).toHaveLength(1)
  })

  it('a device of somebody else, or none at all, cannot be taken', async () => {
    await signedInOn(TV, bob)
    for (const [device, status] of [
      [TV, 404],
      ['1', 404],
      ['x', 400],
    ] as const) {
      const answer = await rig.call('POST', `/v1/viewers/${ann}/devices/${device}/unlink`)
      expect(answer.status).toBe(status)
    }
    expect((await rig.call('GET', `/v1/viewers/${bob}/person`)).body.devices).toMatchObject([
      { deviceId: TV, isLinked: true },
    ])
  })

  it('are changed by no act that the trail cannot take', async () => {
    await signedInOn(TV, ann)
    await rig.call('POST', `/v1/viewers/${ann}/merge`, { into: bob })
    const before = (await rig.call('GET', `/v1/viewers/${ann}/person`)).body
    const carl = await register('carl')
    const record = vi.spyOn(rig.audit, 'record').mockRejectedValue(new Error('the trail is away'))
    for (const act of ['unmerge', `devices/${TV}/unlink`]) {
      expect((await rig.call('POST', `/v1/viewers/${ann}/${act}`)).status, act).toBe(500)
    }
    expect((await rig.call('POST', `/v1/viewers/${carl}/merge`, { into: bob })).status).toBe(500)
    record.mockRestore()
    expect((await rig.call('GET', `/v1/viewers/${ann}/person`)).body).toEqual(before)
  })

  it('needs the right to see behaviour to look, and the right to change viewers to change', async () => {
    rig.setRights(['viewers.read', 'viewers.write'])
    expect((await rig.call('GET', `/v1/viewers/${ann}/person`)).status).toBe(403)
    rig.setRights(['viewers.read', 'viewers.activity'])
    for (const act of ['merge', 'unmerge', `devices/${TV}/unlink`, `devices/${TV}/link`]) {
      const body = act === 'merge' ? { into: bob } : undefined
      expect((await rig.call('POST', `/v1/viewers/${ann}/${act}`, body)).status, act).toBe(403)
    }
    expect(rig.trail).toEqual([])
  })
})
