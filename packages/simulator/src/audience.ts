import { inventCatalogue, type SimulatedChannel, type SimulatedTitle } from './catalogue.ts'
import { seededRandom, type Random } from './random.ts'
import { simulateView, type SimulatedView } from './view.ts'

/** A registered person of the invented audience. Names and addresses are invented; the domain cannot exist (RFC 2606). */
export interface SimulatedViewer {
  readonly externalId: string
  readonly name: string
  readonly email: string
  readonly gender: 'female' | 'male' | 'other' | 'unknown'
  /** YYYY-MM-DD; absent for those who did not say. */
  readonly birthDate?: string
  readonly country: string
  readonly region?: string
  readonly city?: string
  readonly registeredAt: number
  readonly devices: readonly SimulatedDevice[]
  /** Views a day in the long run. */
  readonly appetite: number
}

export interface SimulatedDevice {
  readonly deviceId: string
  readonly app: string
  readonly userAgent: string
  /** An address in a block that the country table knows. */
  readonly address: string
}

/** What is true of the audience, to hold reports against. */
export interface AudienceTruth {
  readonly registrationsByGender: Readonly<Record<string, number>>
  readonly registrationsByCountry: Readonly<Record<string, number>>
  readonly starts: number
  readonly streams: number
  readonly playedMs: number
  readonly playedMsByTitle: Readonly<Record<string, number>>
}

export interface Audience {
  readonly titles: readonly SimulatedTitle[]
  readonly channels: readonly SimulatedChannel[]
  readonly apps: readonly {
    readonly id: string
    readonly platform: 'web' | 'android' | 'tizen' | 'hbbtv'
    readonly name: string
  }[]
  readonly viewers: readonly SimulatedViewer[]
  /** All views in order of their start. */
  readonly views: readonly SimulatedView[]
  readonly truth: AudienceTruth
}

const DAY_MS = 86_400_000

/** Invents an audience whose history ends at `until`: the same options give the same audience to the byte. */
export function inventAudience(options: {
  seed: number
  viewers: number
  days: number
  until: number
}): Audience {
  const random = seededRandom(options.seed)
  const { titles, channels } = inventCatalogue(random)
  const viewers = Array.from({ length: options.viewers }, (_, index) =>
    inventViewer(random, index + 1, options),
  )
  const watchable = titles.flatMap((title) => (title.durationMs ? [[title, title.popularity] as const] : []))
  const views: SimulatedView[] = []
  for (const viewer of viewers) {
    for (let day = viewer.registeredAt; day < options.until; day += DAY_MS) {
      const count = Math.floor(viewer.appetite + random.next())
      for (let index = 0; index < count; index++) {
        const startedAt = Math.floor(day / DAY_MS) * DAY_MS + eveningMs(random)
        if (startedAt < viewer.registeredAt || startedAt > options.until - 4 * 3_600_000) continue
        const device = random.pick(viewer.devices)
        const content = random.chance(0.15)
          ? { channel: random.pick(channels) }
          : { title: random.weighted(watchable) }
        views.push(simulateView(random, { viewer, device, startedAt, ...content }))
      }
    }
  }
  views.sort((a, b) => a.startedAt - b.startedAt)
  return { titles, channels, apps: APPS, viewers, views, truth: truthOf(viewers, views) }
}

const APPS = [
  { id: 'demo-web', platform: 'web', name: 'Web' },
  { id: 'demo-android', platform: 'android', name: 'Android' },
  { id: 'demo-tizen', platform: 'tizen', name: 'Samsung TV' },
  { id: 'demo-hbbtv', platform: 'hbbtv', name: 'HbbTV' },
] as const

const USER_AGENTS: Readonly<Record<string, string>> = {
  'demo-web':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'demo-android':
    'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
  'demo-tizen':
    'Mozilla/5.0 (SMART-TV; LINUX; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/8.0 TV Safari/537.36',
  'demo-hbbtv':
    'Mozilla/5.0 (Linux; Linux) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110 Safari/537.36 HbbTV/1.7.1 (+DRM;Vestel;MB230;4.1.2;2024;)',
}

const PLACES = [
  { weight: 16, country: 'ES', region: 'ES-MD', city: 'Madrid', address: '88.0.0.0' },
  { weight: 12, country: 'ES', region: 'ES-CT', city: 'Barcelona', address: '88.0.8.0' },
  { weight: 7, country: 'ES', region: 'ES-AN', city: 'Sevilla', address: '88.1.0.0' },
  { weight: 6, country: 'ES', region: 'ES-VC', city: 'Valencia', address: '88.2.0.0' },
  { weight: 5, country: 'ES', region: 'ES-PV', city: 'Bilbao', address: '88.3.0.0' },
  { weight: 5, country: 'PT', region: 'PT-11', city: 'Lisboa', address: '85.240.0.0' },
  { weight: 4, country: 'FR', region: 'FR-IDF', city: 'Paris', address: '90.0.0.0' },
  { weight: 3, country: 'MX', region: 'MX-CMX', city: 'Ciudad de México', address: '189.128.0.0' },
  { weight: 2, country: 'AR', region: 'AR-C', city: 'Buenos Aires', address: '181.0.0.0' },
] as const

const GIVEN = [
  'Alba',
  'Bruno',
  'Carla',
  'Diego',
  'Elena',
  'Fabio',
  'Greta',
  'Hugo',
  'Irene',
  'Joel',
  'Kira',
  'Leo',
  'Marta',
  'Nico',
  'Olga',
  'Pablo',
]
const FAMILY = [
  'Soler',
  'Rivas',
  'Campos',
  'Duarte',
  'Esteve',
  'Ferrer',
  'Gallego',
  'Herrera',
  'Ibarra',
  'Lara',
  'Molina',
  'Navas',
]

function inventViewer(
  random: Random,
  number: number,
  options: { days: number; until: number },
): SimulatedViewer {
  const place = random.weighted(PLACES.map((candidate) => [candidate, candidate.weight] as const))
  const name = `${random.pick(GIVEN)} ${random.pick(FAMILY)}`
  const age = Math.min(84, Math.max(13, Math.round(random.around(35, 0.36))))
  const birthYear = new Date(options.until).getUTCFullYear() - age
  const birthDate = `${birthYear}-${String(random.integer(1, 12)).padStart(2, '0')}-${String(random.integer(1, 28)).padStart(2, '0')}`
  const externalId = `demo-${number}`
  const saysBirthDate = random.chance(0.93)
  const saysPlace = random.chance(0.97)
  return {
    externalId,
    name,
    email: `${externalId}@viewers.example`,
    gender: random.weighted([
      ['female', 47],
      ['male', 46],
      ['other', 2],
      ['unknown', 5],
    ] as const),
    ...(saysBirthDate ? { birthDate } : {}),
    country: place.country,
    ...(saysPlace ? { region: place.region, city: place.city } : {}),
    registeredAt: Math.round(options.until - (1 - Math.sqrt(random.next())) * options.days * DAY_MS),
    devices: inventDevices(random, number, place.address),
    appetite: random.around(0.35, 0.7),
  }
}

function inventDevices(random: Random, viewer: number, address: string): SimulatedDevice[] {
  const count = random.weighted([
    [1, 5],
    [2, 4],
    [3, 1],
  ] as const)
  const apps = [...APPS].sort(() => random.next() - 0.5).slice(0, count)
  return apps.map(({ id }) => ({
    deviceId: `${id}-${viewer}-${random.hex(8)}`,
    app: id,
    userAgent: USER_AGENTS[id]!,
    address,
  }))
}

/** Milliseconds after midnight UTC: most watch in the evening. */
function eveningMs(random: Random): number {
  const hour = random.weighted([
    [8, 1],
    [13, 2],
    [16, 2],
    [18, 4],
    [19, 7],
    [20, 9],
    [21, 8],
    [22, 4],
  ] as const)
  return (hour * 60 + random.integer(0, 59)) * 60_000 + random.integer(0, 59_999)
}

function truthOf(viewers: readonly SimulatedViewer[], views: readonly SimulatedView[]): AudienceTruth {
  const registrationsByGender: Record<string, number> = {}
  const registrationsByCountry: Record<string, number> = {}
  for (const { gender, country } of viewers) {
    registrationsByGender[gender] = (registrationsByGender[gender] ?? 0) + 1
    registrationsByCountry[country] = (registrationsByCountry[country] ?? 0) + 1
  }
  const playedMsByTitle: Record<string, number> = {}
  for (const { contentId, playedMs } of views)
    playedMsByTitle[contentId] = (playedMsByTitle[contentId] ?? 0) + playedMs
  return {
    registrationsByGender,
    registrationsByCountry,
    starts: views.length,
    streams: views.filter(({ isStream }) => isStream).length,
    playedMs: views.reduce((sum, { playedMs }) => sum + playedMs, 0),
    playedMsByTitle,
  }
}
