import type { AddressInfo } from 'node:net'
import { Analytics } from '@segment/analytics-node'
import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import { afterEach, expect, it } from 'vitest'
import type { SegmentMessage } from '../envelope.ts'
import { startIntake, unseal, type TestIntake } from '../intake.fixture.ts'

/** Clients as their makers published them: only address and key are ours. */

let intake: TestIntake
afterEach(() => intake.close())

async function listen(): Promise<string> {
  intake = await startIntake({ clock: 'system' })
  await intake.server.listen({ port: 0, host: '127.0.0.1' })
  return `http://127.0.0.1:${(intake.server.server.address() as AddressInfo).port}`
}

function taken(): SegmentMessage[] {
  return intake.entries.flatMap(({ body }) => body.batch as SegmentMessage[])
}

it('@segment/analytics-node delivers every kind of message', async () => {
  const host = await listen()
  const analytics = new Analytics({ writeKey: 'sk_server_for_tests', host, path: '/v1/batch', maxRetries: 0 })
  const failures: unknown[] = []
  analytics.on('error', (error) => failures.push(error))
  const who = { userId: 'customer-77', anonymousId: 'device-1' }
  analytics.identify({ ...who, traits: { email: 'ana@example.org' } })
  analytics.track({ ...who, event: 'Video Playback Started', properties: { title: 'Heat' } })
  analytics.page({ ...who, name: 'Home' })
  analytics.screen({ ...who, name: 'Home' })
  analytics.group({ ...who, groupId: 'family-1', traits: { size: 4 } })
  analytics.alias({ previousId: 'device-1', userId: 'customer-77' })
  await analytics.closeAndFlush()
  expect(failures).toEqual([])
  expect(
    taken()
      .map(({ type }) => type)
      .sort(),
  ).toEqual(['alias', 'group', 'identify', 'page', 'screen', 'track'])
  for (const message of taken()) {
    expect(unseal(message.sealedUserId!)).toBe('customer-77')
    expect(message.messageId).toMatch(/^node-next-/)
  }
  expect(intake.entries.every(({ header }) => header.keyKind === 'server')).toBe(true)
})

it('@rudderstack/rudder-sdk-node delivers, gzip and all', async () => {
  const dataPlaneUrl = await listen()
  const analytics = new RudderAnalytics('wk_browser_for_tests', { dataPlaneUrl, flushAt: 2, gzip: true })
  await new Promise<void>((resolve, reject) => {
    analytics.track({ anonymousId: 'device-1', event: 'Video Playback Started' })
    analytics.identify({ userId: 'customer-77', traits: { email: 'ana@example.org' } })
    void analytics.flush((error?: Error) => (error ? reject(error) : resolve()))
  })
  expect(taken().map(({ type }) => type)).toEqual(['track', 'identify'])
  expect(unseal(taken()[1]!.sealedUserId!)).toBe('customer-77')
  expect(intake.entries.map(({ raw }) => raw).join('')).not.toContain('ana@')
})
