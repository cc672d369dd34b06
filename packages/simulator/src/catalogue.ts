import type { Random } from './random.ts'

/** A title or channel of the invented catalogue. */
export interface SimulatedTitle {
  readonly id: string
  readonly kind: 'movie' | 'series' | 'season' | 'episode'
  readonly name: string
  readonly parentId?: string
  readonly number?: number
  readonly categories: readonly string[]
  readonly keywords: readonly string[]
  readonly durationMs?: number
  readonly creditsStartMs?: number
  readonly releaseYear: number
  readonly minimumAge: number
  /** How much it is watched beside the others. */
  readonly popularity: number
}

export interface SimulatedChannel {
  readonly id: string
  readonly name: string
  readonly categories: readonly string[]
}

const CATEGORIES = [
  'Drama',
  'Comedy',
  'Thriller',
  'Documentary',
  'Family',
  'Science fiction',
  'Sport',
  'Crime',
] as const

const FIRST = [
  'Quiet',
  'Paper',
  'Northern',
  'Glass',
  'Borrowed',
  'Salt',
  'Midnight',
  'Copper',
  'Second',
  'Hollow',
  'Winter',
  'Electric',
]
const SECOND = [
  'Harbour',
  'Orchard',
  'Signal',
  'Summer',
  'Atlas',
  'Garden',
  'Engine',
  'Letters',
  'Meridian',
  'Lighthouse',
  'Carnival',
  'Tide',
]
const KEYWORDS = [
  'friendship',
  'islands',
  'heist',
  'family secrets',
  'space',
  'football',
  'courtroom',
  'cooking',
  'wildlife',
  'time',
]

/** Titles of single films, three series with seasons and episodes, and a few live channels. */
export function inventCatalogue(random: Random): { titles: SimulatedTitle[]; channels: SimulatedChannel[] } {
  const names = new Set<string>()
  function newName(): string {
    for (;;) {
      const name = `${random.pick(FIRST)} ${random.pick(SECOND)}`
      if (!names.has(name)) return (names.add(name), name)
    }
  }
  const about = () => ({
    categories: [...new Set([random.pick(CATEGORIES), random.pick(CATEGORIES)])],
    keywords: [...new Set([random.pick(KEYWORDS), random.pick(KEYWORDS)])],
    releaseYear: random.integer(1996, 2026),
    minimumAge: random.pick([0, 0, 7, 12, 16, 18]),
  })
  const titles: SimulatedTitle[] = []
  for (let index = 1; index <= 28; index++) {
    const durationMs = random.integer(82, 138) * 60_000
    titles.push({
      id: `film-${index}`,
      kind: 'movie',
      name: newName(),
      ...about(),
      durationMs,
      creditsStartMs: durationMs - random.integer(4, 8) * 60_000,
      popularity: random.around(1, 0.9),
    })
  }
  for (let series = 1; series <= 3; series++) {
    const seriesId = `series-${series}`
    const shared = about()
    const name = newName()
    titles.push({ id: seriesId, kind: 'series', name, ...shared, popularity: 0 })
    for (let season = 1; season <= 2; season++) {
      const seasonId = `${seriesId}-s${season}`
      titles.push({
        id: seasonId,
        kind: 'season',
        name: `${name}, season ${season}`,
        parentId: seriesId,
        number: season,
        ...shared,
        popularity: 0,
      })
      for (let episode = 1; episode <= 6; episode++) {
        const durationMs = random.integer(41, 53) * 60_000
        titles.push({
          id: `${seasonId}-e${episode}`,
          kind: 'episode',
          name: `${name} ${season}×${episode}`,
          parentId: seasonId,
          number: episode,
          ...shared,
          durationMs,
          creditsStartMs: durationMs - 120_000,
          popularity: random.around(2.2 / (season * Math.sqrt(episode)), 0.2),
        })
      }
    }
  }
  const channels = [
    { id: 'channel-one', name: 'Foyer One', categories: ['Drama'] },
    { id: 'channel-sport', name: 'Foyer Sport', categories: ['Sport'] },
    { id: 'channel-news', name: 'Foyer News', categories: ['Documentary'] },
  ]
  return { titles, channels }
}
