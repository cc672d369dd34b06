import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RIGHTS } from '@foyer/contracts'
import { ADMIN, openAccountsRig, type AccountsRig } from '../../../test/accounts.ts'
import { recordsBackends } from '../../../test/records.ts'

const CINEMA = { id: 'cinema', name: 'Cinema', timeZone: 'Europe/Madrid', localCountry: 'ES', language: 'es' }

/** Every personal value carries the marker, which must be nowhere at rest. */
const MARKER = 'zanzibar'
const ANA = {
  service: 'cinema',
  externalId: `${MARKER}-1`,
  registeredAt: '2026-02-28T23:30:00Z',
  gender: 'female',
  birthDate: '1991-03-01',
  country: 'Spain',
  region: 'Comunidad de Madrid',
  city: 'Madrid',
  name: `Ana ${MARKER}`,
  firstName: 'Ana',
  lastName: MARKER,
  email: `ana@${MARKER}.example`,
  phone: '+34 600 123 456',
  traits: { nickname: MARKER, plan: { name: `${MARKER} plus` } },
}
const PERSONAL = ['externalIds', 'name', 'firstName', 'lastName', 'email', 'phone', 'birthDate', 'traits']

describe.each(recordsBackends())('viewers on %s records', (backend) => {
  let rig: AccountsRig

  beforeAll(async () => {
    rig = await openAccountsRig({ backend })
    await rig.accounts.services.create(ADMIN, CINEMA)
    await rig.accounts.services.create(ADMIN, { ...CINEMA, id: 'sport' })
    await rig.accounts.services.createApp(ADMIN, {
      id: 'cinema-web',
      service: 'cinema',
      name: 'Web',
      platform: 'web',
      defaultPurposes: ['service', 'analytics'],
    })
  })
  afterAll(() => rig?.close())
  beforeEach(async () => {
    await rig.records.pool.query('TRUNCATE viewer, viewer_subject, external_id, vault_key CASCADE')
    rig.setRights(RIGHTS)
    rig.trail.length = 0
  })

  const register = (body: object = ANA) => rig.call('POST', '/v1/viewers', body)
  const count = async () => (await rig.records.pool.query('SELECT FROM viewer')).rowCount

  it('a viewer is registered with the age and the places that follow', async () => {
    const { status, body } = await register()
    expect(status).toBe(201)
    // In Madrid it is 1 March already: the 35th birthday.
    expect(body).toMatchObject({
      ageAtRegistration: 35,
      registeredAt: '2026-02-28T23:30:00.000Z',
      country: 'ES',
      region: 'ES-MD',
      city: 'Madrid',
      gender: 'female',
      externalIds: [{ service: 'cinema', externalId: `${MARKER}-1` }],
      email: ANA.email,
      traits: ANA.traits,
      hidden: [],
    })
    expect((await rig.call('GET', `/v1/viewers/${body.id}`)).body).toEqual(body)
  })

  it('nothing that names a person is readable at rest', async () => {
    await register()
    const raw = await rig.rawRows()
    expect(raw).toContain('ES-MD')
    for (const secret of [MARKER, '1991-03-01', '600 123', '600123', Buffer.from(MARKER).toString('hex')])
      expect(raw.toLowerCase().includes(secret.toLowerCase()), secret).toBe(false)
    expect(JSON.stringify(rig.trail)).not.toContain(MARKER)
  })

  it('personal fields are absent and listed as hidden without the right to see them', async () => {
    const { body: created } = await register()
    rig.setRights(['viewers.read'])
    rig.trail.length = 0
    const { body } = await rig.call('GET', `/v1/viewers/${created.id}`)
    expect(body.hidden.toSorted()).toEqual(PERSONAL.toSorted())
    for (const field of PERSONAL) expect(body).not.toHaveProperty(field)
    expect(JSON.stringify(body)).not.toContain(MARKER)
    expect(rig.trail).toMatchObject([
      { action: 'viewer.looked_up', object: created.id, details: { isPersonalShown: false } },
    ])
  })

  it('the same registration again answers the same viewer; another one is refused', async () => {
    const first = await register()
    const again = await register({ ...ANA, registeredAt: undefined })
    expect(again).toMatchObject({ status: 200, body: { id: first.body.id, updatedAt: first.body.updatedAt } })
    for (const other of [
      { email: 'eve@example.org' },
      { gender: 'male' },
      { traits: { nickname: 'x' } },
      { birthDate: null },
    ])
      expect(await register({ ...ANA, ...other })).toMatchObject({
        status: 409,
        body: { code: 'viewer.exists' },
      })
    expect((await rig.call('GET', `/v1/viewers/${first.body.id}`)).body).toEqual(first.body)
    expect(await count()).toBe(1)
  })

  it('one external id registered by many at once makes one viewer', async () => {
    const other = rig.openAccounts()
    const input = { service: 'cinema', externalId: 'race', gender: 'male' as const }
    const made = await Promise.all(
      Array.from({ length: 12 }, (_, n) => (n % 2 ? other : rig.accounts).viewers.create(ADMIN, input)),
    )
    expect(new Set(made.map((each) => each.viewer.id)).size).toBe(1)
    expect(made.filter((each) => each.isNew)).toHaveLength(1)
    expect(await count()).toBe(1)
  })

  it.each([
    [{ birthDate: '2001-02-29' }, 'body.birthDate'],
    [{ birthDate: '29/02/2000' }, 'body.birthDate'],
    [{ birthDate: '1900-01-01' }, 'body.birthDate'],
    [{ birthDate: '2300-01-01' }, 'body.birthDate'],
    [{ birthDate: '2026-03-02' }, 'body.birthDate'],
    [{ registeredAt: '1900-01-01T00:00:00Z' }, 'body.registeredAt'],
    [{ registeredAt: '2300-01-01T00:00:00Z' }, 'body.registeredAt'],
    [{ registeredAt: '2026-02-30T00:00:00Z' }, 'body.registeredAt'],
    [{ registeredAt: '2026-02-28' }, 'body.registeredAt'],
    [{ gender: 'F' }, 'body.gender'],
    [{ ageAtRegistration: 121, birthDate: null }, 'body.ageAtRegistration'],
    [{ ageAtRegistration: -1, birthDate: null }, 'body.ageAtRegistration'],
    [{ ageAtRegistration: 1.5, birthDate: null }, 'body.ageAtRegistration'],
    [{ ageAtRegistration: 34 }, 'body.ageAtRegistration'],
    [{ country: 'Narnia' }, 'body.country'],
    [{ region: 'California' }, 'body.region'],
    [{ country: null, region: 'Madrid' }, 'body.region'],
    [{ email: 'not an address' }, 'body.email'],
    [{ phone: 'call me' }, 'body.phone'],
    [{ name: 'a\u0007b' }, 'body.name'],
    [{ externalId: '' }, 'body.externalId'],
    [{ externalId: 'x'.repeat(257) }, 'body.externalId'],
    [{ traits: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`t${n}`, n])) }, 'body.traits.t100'],
    [{ traits: { essay: 'x'.repeat(20_000) } }, 'body.traits.essay'],
    [{ traits: { deep: JSON.parse(`${'['.repeat(30)}${']'.repeat(30)}`) } }, 'body.traits.deep'],
    [{ surprise: 1 }, 'body.surprise'],
  ])('refuses %j, says where, and creates nothing', async (wrong, field) => {
    const { status, body } = await register({ ...ANA, ...wrong })
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'request.invalid' })
    expect(body.errors.map((error: { field: string }) => error.field)).toContain(field)
    expect(await count()).toBe(0)
  })

  it('of a region that is not understood is told which may have been meant', async () => {
    const { body } = await register({ ...ANA, country: 'Germany', region: 'Bavria' })
    expect(body.errors).toEqual([
      {
        field: 'body.region',
        message: 'no region of DE in ISO 3166-2 has this code or name; nearest are DE-BY (Bayern)',
      },
    ])
    expect(await count()).toBe(0)
    const { status, body: made } = await register({ ...ANA, country: 'Germany', region: 'Bavaria' })
    expect({ status, region: made.region }).toEqual({ status: 201, region: 'DE-BY' })
  })

  it('is refused for an unknown service, an unknown app, and the app of another service', async () => {
    expect((await register({ ...ANA, service: 'none' })).body.code).toBe('service.not_found')
    expect((await register({ ...ANA, app: 'none' })).body.code).toBe('app.not_found')
    expect((await register({ ...ANA, service: 'sport', app: 'cinema-web' })).body.code).toBe('app.not_found')
    expect(await count()).toBe(0)
  })

  it('takes the default purposes of the app where it registered', async () => {
    await register({ service: 'cinema', externalId: 'a', app: 'cinema-web' })
    await register({ service: 'cinema', externalId: 'b' })
    const { rows } = await rig.records.pool.query(
      'SELECT consent_mask::int AS mask FROM viewer ORDER BY mask',
    )
    expect(rows.map((row: { mask: number }) => row.mask)).toEqual([7, 17])
  })

  it('a change keeps what it does not name, and null clears', async () => {
    const { body: created } = await register()
    rig.clock.advance(60_000)
    const { body } = await rig.call('PATCH', `/v1/viewers/${created.id}`, {
      email: null,
      gender: 'other',
      traits: { nickname: null, tier: 'gold' },
    })
    const { email: _email, ...kept } = created
    expect(body).toEqual({
      ...kept,
      gender: 'other',
      traits: { plan: ANA.traits.plan, tier: 'gold' },
      updatedAt: new Date(rig.clock.now()).toISOString(),
    })
    expect(rig.trail.at(-1)).toMatchObject({
      action: 'viewer.changed',
      details: { fields: expect.arrayContaining(['email', 'gender', 'traits']) },
    })
  })

  it('a wrong change is refused whole', async () => {
    const { body: created } = await register()
    for (const wrong of [
      { name: 'New', birthDate: '2050-01-01' },
      { name: 'New', region: 'Atlantis' },
      { externalId: 'x' },
    ])
      expect((await rig.call('PATCH', `/v1/viewers/${created.id}`, wrong)).status).toBe(400)
    expect((await rig.call('GET', `/v1/viewers/${created.id}`)).body).toEqual(created)
  })

  it('moving the time of registration moves the age, and moving country forgets region and city', async () => {
    const { body: created } = await register()
    const url = `/v1/viewers/${created.id}`
    expect(
      (await rig.call('PATCH', url, { registeredAt: '2026-02-28T22:59:59Z' })).body.ageAtRegistration,
    ).toBe(34)
    expect((await rig.call('PATCH', url, { country: 'FRA' })).body).toMatchObject({
      country: 'FR',
      region: null,
      city: null,
    })
    expect((await rig.call('PATCH', url, { registeredAt: '1980-01-01T00:00:00Z' })).status).toBe(400)
  })

  it('is found by viewer id, by external id, and by an external id that looks like a viewer id', async () => {
    const { body } = await register()
    const uuid = '0197b7a0-0000-7000-8000-000000000000'
    const odd = ['a/b?c#d', 'ü 漢字', '100%', "'; DROP TABLE viewer; --", '../..', 'external:x', '+&=', uuid]
    for (const externalId of odd) {
      const made = await register({ service: 'cinema', externalId })
      const path = encodeURIComponent(externalId)
      expect((await rig.call('GET', `/v1/viewers/external:${path}`)).body.id, externalId).toBe(made.body.id)
      const { body: page } = await rig.call('GET', `/v1/viewers?externalId=${path}`)
      expect(page.items.map((item: { id: string }) => item.id)).toEqual([made.body.id])
    }
    expect((await rig.call('GET', `/v1/viewers/${uuid}`)).status).toBe(200)
    expect((await rig.call('GET', `/v1/viewers/${MARKER}-1`)).body.id).toBe(body.id)
    expect((await rig.call('GET', `/v1/viewers/external:${MARKER}-1`)).body.id).toBe(body.id)
  })

  it('an id that nobody has is not found, and a part of one finds nobody', async () => {
    const { body } = await register()
    for (const id of [
      'none',
      `external:${MARKER}`,
      body.id.slice(0, -1),
      `${MARKER}-%`,
      'external:',
      '%00',
      ' ',
    ]) {
      const path = id === '%00' ? id : encodeURIComponent(id)
      for (const url of [`/v1/viewers/${path}`, `/v1/viewers/${path}/name`])
        expect(await rig.call('GET', url), url).toMatchObject({
          status: 404,
          body: { code: 'viewer.not_found' },
        })
    }
    expect((await rig.call('GET', '/v1/viewers?externalId=none')).body).toEqual({ items: [], next: null })
    expect((await rig.call('GET', '/v1/viewers')).status).toBe(400)
    expect((await rig.call('PATCH', '/v1/viewers/none', { city: 'x' })).status).toBe(404)
  })

  it('of two services are two people under one external id, told apart by service', async () => {
    const one = await register({ service: 'cinema', externalId: 'same' })
    const two = await register({ service: 'sport', externalId: 'same' })
    expect(one.body.id).not.toBe(two.body.id)
    expect(await rig.call('GET', '/v1/viewers/external:same')).toMatchObject({
      status: 400,
      body: { code: 'request.invalid' },
    })
    expect((await rig.call('GET', '/v1/viewers/external:same?service=sport')).body.id).toBe(two.body.id)
    expect((await rig.call('GET', '/v1/viewers?externalId=same')).body.items).toHaveLength(2)
  })

  it('many are labelled at once, by names for who may see them and by nothing personal for others', async () => {
    const { body: ana } = await register()
    const { body: ben } = await register({
      service: 'cinema',
      externalId: 'ben',
      firstName: 'Ben',
      lastName: 'Lee',
    })
    const { body: nameless } = await register({ service: 'cinema', externalId: 'nameless' })
    const vids = await Promise.all(
      [ana, ben, nameless].map(async ({ id }) => (await rig.accounts.findViewer({ id }))!.vid),
    )
    const nobody = '1' as (typeof vids)[number]
    const labels = await rig.accounts.labelViewers(ADMIN, [...vids, nobody])
    expect(vids.map((vid) => labels.get(vid))).toEqual([
      { viewerId: ana.id, label: ANA.name },
      { viewerId: ben.id, label: 'Ben Lee' },
      { viewerId: nameless.id, label: `Viewer …${nameless.id.slice(-6)}` },
    ])
    expect(labels.has(nobody)).toBe(false)
    const others = { ...ADMIN, rights: new Set(RIGHTS.filter((right) => right !== 'viewers.personal')) }
    const masked = [...(await rig.accounts.labelViewers(others, vids)).values()]
    expect(masked.map(({ label }) => label)).toEqual(
      masked.map(({ viewerId }) => `Viewer …${viewerId.slice(-6)}`),
    )
    expect(await rig.accounts.labelViewers(ADMIN, [])).toEqual(new Map())
  })

  it('the name is for who may see it, others get a mask', async () => {
    const { body } = await register()
    const nameless = await register({ service: 'cinema', externalId: 'n' })
    expect((await rig.call('GET', `/v1/viewers/${body.id}/name`)).body).toEqual({
      id: body.id,
      label: ANA.name,
      isMasked: false,
    })
    rig.setRights(['viewers.read'])
    const masked = await rig.call('GET', `/v1/viewers/external:${MARKER}-1/name`)
    expect(masked.body).toEqual({ id: body.id, label: `Viewer …${body.id.slice(-6)}`, isMasked: true })
    expect((await rig.call('GET', `/v1/viewers/${nameless.body.id}/name`)).body.isMasked).toBe(false)
    expect(rig.trail.at(-1)).toMatchObject({ action: 'viewer.name_looked_up' })
  })

  it('needs the right to read, and another one to write', async () => {
    const { body } = await register()
    rig.setRights(['viewers.read', 'viewers.personal'])
    expect((await register()).body.code).toBe('operator.right_missing')
    expect((await rig.call('PATCH', `/v1/viewers/${body.id}`, { city: 'x' })).status).toBe(403)
    rig.setRights(['viewers.write', 'reports.read'])
    for (const url of [`/v1/viewers/${body.id}`, '/v1/viewers?externalId=x', `/v1/viewers/${body.id}/name`])
      expect((await rig.call('GET', url)).status).toBe(403)
  })

  it('whose key was destroyed is gone', async () => {
    const { body } = await register()
    await rig.records.pool.query('DELETE FROM vault_key WHERE owner = $1', [body.id])
    rig.clock.advance(10_000)
    expect((await rig.call('GET', `/v1/viewers/${body.id}`)).body.code).toBe('viewer.not_found')
    expect((await rig.call('GET', '/v1/viewers?externalId=' + ANA.externalId)).body.items).toEqual([])
    expect((await register()).body.code).toBe('viewer.exists')
  })
})
