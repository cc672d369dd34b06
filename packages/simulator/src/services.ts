import type { PlatformName } from '@foyer/contracts'

/** A brand of the invented operator. */
export interface SimulatedService {
  readonly id: string
  readonly name: string
  readonly timeZone: string
  readonly localCountry: string
  readonly language: string
}

export interface SimulatedApp {
  readonly id: string
  readonly service: string
  readonly platform: PlatformName
  readonly name: string
}

export const SERVICES: readonly SimulatedService[] = [
  { id: 'demo', name: 'Foyer Cinema', timeZone: 'Europe/Madrid', localCountry: 'ES', language: 'es' },
  { id: 'demo-sur', name: 'Foyer Sur', timeZone: 'America/Mexico_City', localCountry: 'MX', language: 'es' },
]

export const APPS: readonly SimulatedApp[] = [
  { id: 'demo-web', service: 'demo', platform: 'web', name: 'Web' },
  { id: 'demo-android', service: 'demo', platform: 'android', name: 'Android' },
  { id: 'demo-ios', service: 'demo', platform: 'ios', name: 'iPhone and iPad' },
  { id: 'demo-tizen', service: 'demo', platform: 'tizen', name: 'Samsung TV' },
  { id: 'demo-webos', service: 'demo', platform: 'webos', name: 'LG TV' },
  { id: 'demo-hbbtv', service: 'demo', platform: 'hbbtv', name: 'HbbTV' },
  { id: 'demo-sur-web', service: 'demo-sur', platform: 'web', name: 'Web' },
  { id: 'demo-sur-android', service: 'demo-sur', platform: 'android', name: 'Android' },
  { id: 'demo-sur-ios', service: 'demo-sur', platform: 'ios', name: 'iPhone and iPad' },
  { id: 'demo-sur-tizen', service: 'demo-sur', platform: 'tizen', name: 'Samsung TV' },
]

/** User agents of each platform's app. */
export const USER_AGENTS: Readonly<Partial<Record<PlatformName, readonly string[]>>> = {
  web: [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  ],
  android: [
    'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
  ],
  ios: [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  ],
  tizen: [
    'Mozilla/5.0 (SMART-TV; LINUX; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/8.0 TV Safari/537.36',
  ],
  webos: [
    'Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.5359.211 Safari/537.36 WebAppManager',
  ],
  hbbtv: [
    'Mozilla/5.0 (Linux; Linux) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110 Safari/537.36 HbbTV/1.7.1 (+DRM;Vestel;MB230;4.1.2;2024;)',
  ],
}

/** Who calls without being a person: by user agent, from an address of the network that it claims. */
export const CRAWLERS = [
  {
    name: 'Googlebot',
    userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    address: '66.249.66.0',
  },
  {
    name: 'bingbot',
    userAgent: 'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
    address: '157.55.39.0',
  },
  { name: 'python-requests', userAgent: 'python-requests/2.32.4', address: '54.36.148.0' },
] as const

/** The machine that plays titles for seconds. */
export const PLAYING_MACHINE = {
  deviceId: 'demo-web-machine',
  userAgent:
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36',
  address: '3.8.0.0',
} as const

/** Places of a brand, with networks that the country table knows and the hours that their clocks are ahead of UTC. */
export interface Place {
  readonly weight: number
  readonly country: string
  readonly region?: string
  readonly city?: string
  /** First two numbers of an IPv4 network of that country. */
  readonly network: string
  readonly utcOffsetH: number
}

export const PLACES: Readonly<Record<string, readonly Place[]>> = {
  demo: [
    { weight: 16, country: 'ES', region: 'ES-MD', city: 'Madrid', network: '88.0', utcOffsetH: 1 },
    { weight: 12, country: 'ES', region: 'ES-CT', city: 'Barcelona', network: '88.1', utcOffsetH: 1 },
    { weight: 7, country: 'ES', region: 'ES-AN', city: 'Sevilla', network: '88.1', utcOffsetH: 1 },
    { weight: 6, country: 'ES', region: 'ES-VC', city: 'Valencia', network: '88.0', utcOffsetH: 1 },
    { weight: 5, country: 'ES', region: 'ES-PV', city: 'Bilbao', network: '88.0', utcOffsetH: 1 },
    { weight: 5, country: 'PT', region: 'PT-11', city: 'Lisboa', network: '85.240', utcOffsetH: 0 },
    { weight: 4, country: 'FR', region: 'FR-IDF', city: 'Paris', network: '90.0', utcOffsetH: 1 },
  ],
  'demo-sur': [
    {
      weight: 7,
      country: 'MX',
      region: 'MX-CMX',
      city: 'Ciudad de México',
      network: '189.128',
      utcOffsetH: -6,
    },
    { weight: 4, country: 'AR', region: 'AR-C', city: 'Buenos Aires', network: '181.0', utcOffsetH: -3 },
    { weight: 2, country: 'CO', network: '190.24', utcOffsetH: -5 },
  ],
}

/** Where a token that was passed on is used. */
export const FOREIGN_NETWORKS = [
  { network: '86.128', country: 'GB' },
  { network: '84.128', country: 'DE' },
  { network: '177.32', country: 'BR' },
  { network: '73.0', country: 'US' },
  { network: '79.0', country: 'IT' },
  { network: '189.128', country: 'MX' },
] as const
