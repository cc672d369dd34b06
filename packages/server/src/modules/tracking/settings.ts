import { defineSettings, duration, integer } from '../../platform/settings.ts'

export { recorderSettings } from './recorder-settings.ts'

/** What the intake takes and how much of it. Sizes of requests are part of the wire: see docs/reference/playback-wire.md and docs/guides/segment.md. */
export const trackingSettings = defineSettings({
  eventAgeMax: {
    env: 'FOYER_INTAKE_EVENT_AGE_MAX',
    schema: duration,
    default: '7d',
    sentence:
      'Events that happened longer ago are refused as event.too_old; players that were offline send later than they saw. Not above the time for which message ids are remembered, 7 days.',
  },
  eventFutureMax: {
    env: 'FOYER_INTAKE_EVENT_FUTURE_MAX',
    schema: duration,
    default: '1h',
    sentence:
      'Events that lie further ahead, after the correction of the device’s clock, are refused as event.in_future.',
  },
  requestsPerSecondPerKey: {
    env: 'FOYER_INTAKE_REQUESTS_PER_SECOND_PER_KEY',
    schema: integer({ min: 0, max: 1_000_000 }),
    default: '10000',
    sentence:
      'Requests a second that one write key may make for long, twice that for a moment; above it is 429 with Retry-After. 0 sets no limit.',
  },
  requestsPerSecondPerAddress: {
    env: 'FOYER_INTAKE_REQUESTS_PER_SECOND_PER_ADDRESS',
    schema: integer({ min: 0, max: 1_000_000 }),
    default: '1000',
    sentence:
      'The same for one address (IPv4, or IPv6 /64). Thousands of homes can stand behind one address of a mobile network. 0 sets no limit.',
  },
})
