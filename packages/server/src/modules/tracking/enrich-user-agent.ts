import { createRequire } from 'node:module'
import { isbotMatch } from 'isbot'
import type { DeviceClass, PlatformName } from '@foyer/contracts'

/** What a user agent says of the device. Empty: it does not say. */
export interface UserAgentDevice {
  readonly deviceClass: DeviceClass
  readonly platform: PlatformName | ''
  readonly os: string
  readonly browser: string
  readonly vendor: string
  readonly model: string
}

/** User agents in memory, the oldest goes first. A parse costs 50 µs, and few are seen often. */
const REMEMBERED_MAX = 10_000
const remembered = new Map<string, UserAgentDevice>()

/**
 * Reads a user agent. Televisions, boxes, consoles and native players are told by rules of our own, because general
 * parsers take many of them for telephones (HbbTV sets), for machines (player libraries) or do not know them (VIDAA). What
 * is left is a bot by the list of `isbot`, or goes to a parser of browsers.
 */
export function readUserAgent(userAgent: string): UserAgentDevice {
  const known = remembered.get(userAgent)
  if (known) return known
  const device = readKnown(userAgent) ?? readBot(userAgent) ?? readCommon(userAgent)
  if (remembered.size >= REMEMBERED_MAX) remembered.delete(remembered.keys().next().value!)
  remembered.set(userAgent, device)
  return device
}

export const UNKNOWN_DEVICE: UserAgentDevice = {
  deviceClass: 'unknown',
  platform: '',
  os: '',
  browser: '',
  vendor: '',
  model: '',
}

type Found = Partial<UserAgentDevice> & Pick<UserAgentDevice, 'deviceClass'>

/** The first rule whose pattern is found decides: more special ones stand first. */
const RULES: readonly { pattern: RegExp; read(match: RegExpExecArray, userAgent: string): Found }[] = [
  {
    // ETSI TS 102 796 §7.3.2.4: HbbTV/1.5.1 (capabilities; vendor; model; software; hardware; …)
    pattern: /HbbTV\/[\d.]+ ?\(([^)]*)\)/,
    read([, fields], userAgent) {
      const [, vendor = '', model = ''] = (fields ?? '').split(';').map((field) => field.trim())
      const os = /Tizen/i.test(userAgent) ? 'Tizen' : /Web0S|webOS/.test(userAgent) ? 'webOS' : ''
      return { deviceClass: 'tv', platform: 'hbbtv', os, browser: 'HbbTV', vendor, model }
    },
  },
  { pattern: /VIDAA\/?([\d.]*)/, read: ([, version]) => tv('hbbtv', `VIDAA ${version}`, 'Hisense') },
  {
    pattern: /PlayStation ?(Vita|\d)?/i,
    read: ([, model]) => box('console', 'Sony', model ? `PlayStation ${model}` : 'PlayStation'),
  },
  { pattern: /Xbox(?: (One|Series [SX]))?/i, read: ([name]) => box('console', 'Microsoft', name) },
  { pattern: /Nintendo (\w+)/, read: ([, model]) => box('console', 'Nintendo', model!) },
  {
    pattern: /\bAFT\w*/,
    read: ([model]) => ({ ...tv('firetv', 'Fire OS', 'Amazon'), deviceClass: 'settop', model }),
  },
  {
    pattern: /\bCrKey\/?([\d.]*)/,
    read: () => ({
      deviceClass: 'settop',
      platform: 'settop',
      os: 'Cast',
      vendor: 'Google',
      model: 'Chromecast',
    }),
  },
  {
    pattern: /Roku\/?(?:DVP-)?([\d.]*)/,
    read: ([, version]) => ({ ...tv('roku', `Roku OS ${version}`, 'Roku'), deviceClass: 'settop' }),
  },
  {
    pattern: /Apple ?TV|AppleTV|tvOS\/?([\d.]*)/,
    read: ([, version]) => ({
      ...tv('settop', `tvOS ${version ?? ''}`, 'Apple'),
      deviceClass: 'settop',
      model: 'Apple TV',
    }),
  },
  {
    pattern: /Tizen[ /]?([\d.]*).*(?:TV|SMART)|(?:SMART-TV|SmartTV).*Tizen[ /]?([\d.]*)/i,
    read: ([, a, b]) => tv('tizen', `Tizen ${a || b || ''}`, 'Samsung'),
  },
  {
    pattern: /Web0S|webOS[./ ]?TV|NetCast/i,
    read: ([name]) => tv('webos', name.startsWith('Net') ? 'NetCast' : 'webOS', 'LG'),
  },
  {
    pattern: /(?:Google|Android) ?TV|BRAVIA|\bAndroid [\d.]+;.*\bTV\b/i,
    read: (_, userAgent) =>
      tv(
        'android',
        `Android ${/Android ([\d.]+)/.exec(userAgent)?.[1] ?? ''}`,
        /BRAVIA/i.test(userAgent) ? 'Sony' : '',
      ),
  },
  { pattern: /Smart-?TV|\bDTV\b|\bNETTV\b|\bOTT-STB\b/i, read: () => ({ deviceClass: 'tv', os: '' }) },
  {
    pattern: /\bSTB\b|set-?top|\bMAG ?\d{3}/i,
    read: () => ({ deviceClass: 'settop', platform: 'settop' }),
  },
  {
    // Native players: the library's name and Android's version is all they say; the SDK says the rest.
    pattern: /(ExoPlayerLib|AndroidXMedia3|okhttp)\/[\d.]+/,
    read: ([, library], userAgent) => ({
      deviceClass: 'unknown',
      platform: 'android',
      os: `Android ${/Android ([\d.]+)/.exec(userAgent)?.[1] ?? ''}`,
      browser: library!,
    }),
  },
  {
    pattern: /(AppleCoreMedia|CFNetwork)\/[\d.]+/,
    read: ([, library], userAgent) => {
      const isTablet = userAgent.includes('iPad')
      const isMac = /Macintosh|Mac OS X(?!.*like)/.test(userAgent) && !/iPhone|iPad/.test(userAgent)
      return {
        deviceClass: isMac
          ? 'desktop'
          : isTablet
            ? 'tablet'
            : userAgent.includes('iPhone')
              ? 'mobile'
              : 'unknown',
        platform: isMac ? 'web' : 'ios',
        vendor: 'Apple',
        browser: library!,
      }
    },
  },
]

function tv(platform: PlatformName, os: string, vendor: string): Found {
  return { deviceClass: 'tv', platform, os: os.trim(), vendor }
}

function box(deviceClass: DeviceClass, vendor: string, model: string): Found {
  return { deviceClass, platform: 'console', vendor, model }
}

function readKnown(userAgent: string): UserAgentDevice | null {
  for (const { pattern, read } of RULES) {
    const match = pattern.exec(userAgent)
    if (match) return clean({ ...UNKNOWN_DEVICE, ...read(match, userAgent) })
  }
  return null
}

/**
 * Machines: crawlers, monitors, scripts, browsers without a screen. `browser` is the name that gave them away.
 *
 * The list also takes everything that does not look like a browser, which native apps do not (`MyTV/2.0`): what it knows
 * by that alone must name a tool as well.
 */
function readBot(userAgent: string): UserAgentDevice | null {
  const found = isbotMatch(userAgent)
  if (found === null) return null
  const isUnlikeBrowser = found === userAgent
  if (isUnlikeBrowser && !TOOLS.test(userAgent)) return null
  return clean({ ...UNKNOWN_DEVICE, deviceClass: 'bot', browser: wordAround(userAgent, found) })
}

const TOOLS =
  /bot\b|crawl|spider|scrap|python|curl|wget|libwww|go-http|java\/|httpclient|headless|phantom|monitor|lighthouse/i

/** The whole word that a part stands in: `Googlebot` for `Google`. */
function wordAround(text: string, part: string): string {
  const at = text.indexOf(part)
  const before = /[\w-]*$/.exec(text.slice(0, at))![0]
  const after = /^[\w-]*/.exec(text.slice(at))![0]
  return before + after
}

interface ParsedAgent {
  browser: { name?: string; major?: string }
  os: { name?: string; version?: string }
  device: { type?: string; vendor?: string; model?: string }
}
// The package is CommonJS and exports its class beside itself.
const { UAParser } = createRequire(import.meta.url)('my-ua-parser') as {
  UAParser: new (userAgent: string) => { getResult(): ParsedAgent }
}

const CLASSES: Readonly<Record<string, DeviceClass>> = {
  mobile: 'mobile',
  tablet: 'tablet',
  smarttv: 'tv',
  console: 'console',
  wearable: 'other',
  embedded: 'other',
}
const DESKTOPS = /^(?:Windows|Mac OS|Linux|Ubuntu|Debian|Fedora|Chromium OS|Chrome OS|FreeBSD|OpenBSD)/

function readCommon(userAgent: string): UserAgentDevice {
  const { browser, os, device } = new UAParser(userAgent).getResult()
  const osName = os.name ?? ''
  const deviceClass = CLASSES[device.type ?? ''] ?? (DESKTOPS.test(osName) ? 'desktop' : 'unknown')
  return clean({
    deviceClass,
    platform: browser.name ? 'web' : '',
    os: `${osName} ${os.version ?? ''}`,
    browser: browser.name ? `${browser.name} ${browser.major ?? ''}` : '',
    vendor: device.vendor ?? '',
    model: device.model ?? '',
  })
}

/** Columns of few values: what a client writes into its user agent must not blow them up. */
const LENGTH_MAX = 64

function clean(device: UserAgentDevice): UserAgentDevice {
  const cut = (text: string) => text.trim().slice(0, LENGTH_MAX)
  return {
    ...device,
    os: cut(device.os),
    browser: cut(device.browser),
    vendor: cut(device.vendor),
    model: cut(device.model),
  }
}
