import { deviceClass, platformName } from '@foyer/contracts'
import type { CountryOf } from './enrich-country.ts'
import { readUserAgent, UNKNOWN_DEVICE } from './enrich-user-agent.ts'
import type { Client, TrackedEvent } from './recorder-event.ts'

/** What the recorder adds to an event that it did not bring. */
export interface Enrichment {
  readonly platform: string
  readonly deviceClass: string
  readonly os: string
  readonly browser: string
  readonly vendor: string
  readonly model: string
  readonly country: string
  readonly contentKind: string
  readonly contentType: string
  readonly referrerHost: string
}

export interface EnrichDependencies {
  readonly countryOf: CountryOf
  /** What the catalogue knows of a title or channel. */
  titleInfo(contentId: string): { readonly kind: string; readonly type: string } | undefined
}

/** `appPlatform` is what the app was registered for; empty unknown. */
export type Enrich = (event: TrackedEvent, appPlatform: string) => Enrichment

export function createEnrich(deps: EnrichDependencies): Enrich {
  // Events of a batch share their client: the last answer serves the next one.
  let last: { client: Client; appPlatform: string; device: DeviceColumns } | null = null
  return (event, appPlatform) => {
    const { client } = event
    if (last?.client !== client || last.appPlatform !== appPlatform) {
      last = { client, appPlatform, device: describeClient(client, appPlatform, deps.countryOf) }
    }
    const title = event.contentId === '' ? undefined : deps.titleInfo(event.contentId)
    return {
      ...last.device,
      contentKind: event.contentKind || (title?.kind ?? ''),
      contentType: title?.type ?? '',
      referrerHost: hostOf(event.referrer),
    }
  }
}

type DeviceColumns = Omit<Enrichment, 'contentKind' | 'contentType' | 'referrerHost'>

const PLATFORMS: ReadonlySet<string> = new Set(platformName.options)
const CLASSES: ReadonlySet<string> = new Set(deviceClass.options)
const TEXT_LENGTH_MAX = 64

/** What the client declares wins; then what its user agent says; then what its app is registered as. */
function describeClient(client: Client, appPlatform: string, countryOf: CountryOf): DeviceColumns {
  const agent = client.userAgent ? readUserAgent(client.userAgent) : UNKNOWN_DEVICE
  const { declared } = client
  const declaredPlatform = declared.platform && PLATFORMS.has(declared.platform) ? declared.platform : ''
  // A browser's user agent says `web` also in the web view of an app; the app knows better.
  const agentPlatform = agent.platform === 'web' ? '' : agent.platform
  const platform = declaredPlatform || agentPlatform || appPlatform || agent.platform
  const declaredClass = declared.class && CLASSES.has(declared.class) ? declared.class : ''
  const agentClass = agent.deviceClass === 'unknown' ? '' : agent.deviceClass
  return {
    platform,
    // A machine may say what it likes of its device.
    deviceClass:
      agentClass === 'bot'
        ? 'bot'
        : declaredClass || agentClass || (CLASS_OF_PLATFORM[platform] ?? 'unknown'),
    os: (declared.os ?? agent.os).slice(0, TEXT_LENGTH_MAX),
    browser: agent.browser,
    vendor: (declared.vendor ?? agent.vendor).slice(0, TEXT_LENGTH_MAX),
    model: (declared.model ?? agent.model).slice(0, TEXT_LENGTH_MAX),
    country: client.country || (client.address === null ? '' : countryOf(client.address)),
  }
}

/** What a platform runs on when nothing says more. Telephone or tablet, desktop or telephone: nobody knows. */
const CLASS_OF_PLATFORM: Readonly<Record<string, string>> = {
  tizen: 'tv',
  webos: 'tv',
  hbbtv: 'tv',
  roku: 'settop',
  firetv: 'settop',
  console: 'console',
  settop: 'settop',
}

/** The host of a referrer, without `www.` and port; empty for none or nonsense. */
function hostOf(referrer: string): string {
  if (referrer === '') return ''
  const url = URL.parse(referrer)
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return ''
  return url.hostname.replace(/^www\./, '')
}
