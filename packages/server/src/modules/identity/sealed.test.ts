import { afterAll, beforeAll, expect, it } from 'vitest'
import { findMarkers } from '../../../test/markers.ts'
import { openTestIdentity, SERVICE, type TestIdentity } from './identity.fixture.ts'

const MARKERS = [
  { name: 'address', text: 'marker.ana@canary-7h2k.example' },
  { name: 'name', text: 'Marker Núñez Qx9' },
  { name: 'password', text: 'marker-password-zk4' },
  { name: 'user agent', text: 'MarkerBrowser/77.3' },
  { name: 'network address', text: '203.0.113.177' },
]

let test: TestIdentity
beforeAll(async () => {
  test = await openTestIdentity({ isHashingReal: true })
})
afterAll(() => test?.close())

it('nothing of who registers, signs in and forgets lies readable in any file or table, while all else is found', async () => {
  const [address, name, password, agent, network] = MARKERS.map(({ text }) => text)
  const browser = test.browser({ address: network!, headers: { 'user-agent': agent! } })
  await test.register(address!, { password: password!, name: name!, browser })
  await browser.call('POST', '/v1/account/sessions', { email: address, password: 'wrong' })
  await browser.call('POST', '/v1/account/sessions', { email: address, password })
  await browser.call('POST', '/v1/account/password-resets', { email: address, service: SERVICE.id })
  await browser.call('POST', '/v1/account/registrations', {
    service: SERVICE.id,
    email: address,
    password,
    name,
  })
  // What the search can find it does: a readable column of the same rows.
  await test.rig.records.pool.query(`UPDATE viewer_login SET service = 'canary-service-3x'`)

  const sightings = await findMarkers(test.rig.records, [
    ...MARKERS,
    { name: 'control', text: 'canary-service-3x' },
  ])
  expect(new Set(sightings.map(({ marker }) => marker))).toEqual(new Set(['control']))
  // And it can be opened by whoever has the keys.
  const { body } = await browser.call('GET', '/v1/account')
  expect(body).toMatchObject({ email: address, name })
  const { body: sessions } = await browser.call('GET', '/v1/account/sessions')
  expect(sessions.items[0]).toMatchObject({ userAgent: agent, address: network })
  expect(test.logged.join('')).not.toMatch(/canary-7h2k|Qx9|zk4|MarkerBrowser|203\.0\.113\.177/)
})
