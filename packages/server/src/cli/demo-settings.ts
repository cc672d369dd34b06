import { defineSettings, integer } from '../platform/settings.ts'

/** Events a second that one process of players sends without falling behind. */
export const DEMO_RATE_MAX = 2_000

/** The invented audience of `foyer demo`. An audience that was begun stays as it was begun; the rate holds at every start. */
export const demoSettings = defineSettings({
  seed: {
    env: 'FOYER_DEMO_SEED',
    schema: integer({ min: 0, max: 4_294_967_295 }),
    default: '2026',
    sentence:
      'Which audience `foyer demo` invents: the same number gives the same people and the same history.',
  },
  viewers: {
    env: 'FOYER_DEMO_VIEWERS',
    schema: integer({ min: 1, max: 1_000_000 }),
    default: '5000',
    sentence: 'Registered people of the demo. The history of 5,000 over 90 days is about 400,000 events.',
  },
  days: {
    env: 'FOYER_DEMO_DAYS',
    schema: integer({ min: 1, max: 365 }),
    default: '90',
    sentence: 'Days of history that the demo begins with.',
  },
  rate: {
    env: 'FOYER_DEMO_RATE',
    schema: integer({ min: 0, max: DEMO_RATE_MAX }),
    default: '20',
    sentence:
      'Events a second that the demo’s players send once its history is loaded; `--rate` says it for one start. 0 sends none.',
  },
})
