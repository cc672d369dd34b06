import { PLANTED } from './planted.ts'
import { seededRandom, seedOf, STREAM, type Random } from './random.ts'

/** A title of the invented catalogue. */
export interface SimulatedTitle {
  readonly id: string
  readonly kind: 'movie' | 'series' | 'season' | 'episode' | 'audio'
  readonly name: string
  readonly parentId?: string
  readonly number?: number
  readonly categories: readonly string[]
  readonly keywords: readonly string[]
  readonly durationMs?: number
  readonly creditsStartMs?: number
  readonly releaseYear: number
  readonly minimumAge: number
  /** How much it is watched beside the others; 0 for what cannot be played. */
  readonly popularity: number
}

export interface SimulatedChannel {
  readonly id: string
  readonly name: string
  readonly categories: readonly string[]
}

export interface SimulatedCatalogue {
  readonly titles: readonly SimulatedTitle[]
  readonly channels: readonly SimulatedChannel[]
  /** What can be played, the loved series apart. */
  readonly playable: readonly SimulatedTitle[]
  /** Episodes of the series that one age bracket loves. */
  readonly lovedEpisodes: readonly SimulatedTitle[]
}

export const CATEGORIES = [
  'Drama',
  'Comedy',
  'Thriller',
  'Documentary',
  'Family',
  'Science fiction',
  'Sport',
  'Crime',
] as const

const FIRST = 'Quiet Paper Northern Glass Borrowed Salt Midnight Copper Second Hollow Winter Electric'.split(
  ' ',
)
const SECOND =
  'Harbour Orchard Signal Summer Atlas Garden Engine Letters Meridian Lighthouse Carnival Tide'.split(' ')
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

const MOVIES = 40
const SERIES = 4
const SEASONS = 2
const EPISODES = 6
const AUDIOS = 6
const MINUTE_MS = 60_000

const CHANNELS: readonly SimulatedChannel[] = [
  { id: 'channel-one', name: 'Foyer One', categories: ['Drama'] },
  { id: PLANTED.match.channelId, name: 'Foyer Sport', categories: ['Sport'] },
  { id: 'channel-news', name: 'Foyer News', categories: ['Documentary'] },
  { id: 'channel-kids', name: 'Foyer Kids', categories: ['Family'] },
]

/** Films, series with seasons and episodes, audio, and channels: the same for the same seed. */
export function inventCatalogue(seed: number): SimulatedCatalogue {
  const random = seededRandom(seedOf(seed, STREAM.catalogue))
  const newName = namer(random)
  const titles = [
    ...Array.from({ length: MOVIES }, (_, index) => inventMovie(random, index + 1, newName())),
    ...Array.from({ length: SERIES }, (_, index) => inventSeries(random, index + 1, newName())).flat(),
    ...Array.from({ length: AUDIOS }, (_, index) => inventAudio(random, index + 1, newName())),
  ]
  const isLoved = ({ id }: SimulatedTitle) => id.startsWith(`${PLANTED.lovedSeries.id}-`)
  const playable = titles.filter(({ popularity }) => popularity > 0)
  return {
    titles,
    channels: CHANNELS,
    playable: playable.filter((title) => !isLoved(title)),
    lovedEpisodes: playable.filter(isLoved),
  }
}

function namer(random: Random): () => string {
  const used = new Set<string>()
  return () => {
    for (;;) {
      const name = `${random.pick(FIRST)} ${random.pick(SECOND)}`
      if (used.has(name)) continue
      used.add(name)
      return name
    }
  }
}

function aboutIt(random: Random) {
  return {
    categories: [...new Set([random.pick(CATEGORIES), random.pick(CATEGORIES)])],
    keywords: [...new Set([random.pick(KEYWORDS), random.pick(KEYWORDS)])],
    releaseYear: random.integer(1996, 2026),
    minimumAge: random.pick([0, 0, 7, 12, 16, 18]),
  }
}

function inventMovie(random: Random, number: number, name: string): SimulatedTitle {
  const id = `film-${number}`
  const durationMs = random.integer(82, 138) * MINUTE_MS
  return {
    id,
    kind: 'movie',
    name,
    ...aboutIt(random),
    durationMs,
    creditsStartMs: durationMs - random.integer(4, 8) * MINUTE_MS,
    popularity: id === PLANTED.scene.contentId ? PLANTED.scene.popularity : random.around(1, 0.9),
  }
}

function inventSeries(random: Random, number: number, name: string): SimulatedTitle[] {
  const id = `series-${number}`
  const shared = aboutIt(random)
  const titles: SimulatedTitle[] = [{ id, kind: 'series', name, ...shared, popularity: 0 }]
  for (let season = 1; season <= SEASONS; season++) {
    const seasonId = `${id}-s${season}`
    titles.push({
      id: seasonId,
      kind: 'season',
      name: `${name}, season ${season}`,
      parentId: id,
      number: season,
      ...shared,
      popularity: 0,
    })
    for (let episode = 1; episode <= EPISODES; episode++) {
      const durationMs = random.integer(41, 53) * MINUTE_MS
      titles.push({
        id: `${seasonId}-e${episode}`,
        kind: 'episode',
        name: `${name} ${season}×${episode}`,
        parentId: seasonId,
        number: episode,
        ...shared,
        durationMs,
        creditsStartMs: durationMs - 2 * MINUTE_MS,
        popularity: random.around(2.2 / (season * Math.sqrt(episode)), 0.2),
      })
    }
  }
  return titles
}

function inventAudio(random: Random, number: number, name: string): SimulatedTitle {
  return {
    id: `audio-${number}`,
    kind: 'audio',
    name: `${name}, the podcast`,
    ...aboutIt(random),
    durationMs: random.integer(22, 48) * MINUTE_MS,
    popularity: random.around(0.4, 0.4),
  }
}
