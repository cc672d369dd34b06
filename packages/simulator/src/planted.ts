/**
 * What is planted into every world, for reports, models and alarms to find. `truth.ts` counts what came of it; docs and
 * tests refer to these numbers by name.
 */
export const PLANTED = {
  /** A scene that people go back to: they seek from its end to its beginning. */
  scene: {
    contentId: 'film-7',
    fromMs: 300_000,
    toMs: 330_000,
    /** Who reaches its end and watches it again. */
    rewatchChance: 0.6,
    /** Times it is watched again, at most. */
    repeatsMax: 3,
    popularity: 6,
  },
  /** A series that one age bracket chooses `lift` times as often as everybody else. */
  lovedSeries: { id: 'series-2', bracket: '18-24', fromAge: 18, toAge: 24, chance: 0.07, lift: 2 },
  /** One evening on which many watch one channel: the peak day. */
  match: { channelId: 'channel-sport', atShareOfDays: 0.7, chance: 0.45, hour: 20, minute: 45 },
  /** Delivery networks; `far-edge` stalls. */
  cdns: [
    { name: 'north-edge', weight: 60, isBad: false },
    { name: 'south-edge', weight: 32, isBad: false },
    { name: 'far-edge', weight: 8, isBad: true },
  ],
  /** Who leaves, and why. The cause shows in the fortnight before. */
  churn: {
    chance: 0.22,
    causes: [
      /** Every view comes by the bad network. */
      ['rebuffering', 4],
      /** The page of prices is looked at again and again. */
      ['price', 3],
      /** The loved series is all that is watched. */
      ['series_finished', 3],
    ],
    signsMs: 14 * 86_400_000,
  },
  /** Accounts whose token is used by strangers: one viewer in `every`, the `remainder`-th of each. */
  fraud: { every: 251, remainder: 17, devices: 6, viewsADay: 5, startedBeforeEndDays: 21 },
  consent: { refuses: 0.07, withdraws: 0.04, visitorRefuses: 0.25 },
  /** People who never sign in, by registered viewer, over their horizon. */
  visitors: { perViewer: 1.5, horizonDays: 360 },
  bots: { machineViewsADay: 60, crawlerPagesADay: 15 },
} as const

export type ChurnCause = (typeof PLANTED.churn.causes)[number][0]
