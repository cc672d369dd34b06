import { describe, expect, test } from 'vitest'
import { readUserAgent } from './enrich-user-agent.ts'

/** User agents as devices send them, and what they are. */
const AGENTS: [string, Partial<ReturnType<typeof readUserAgent>>][] = [
  [
    'Mozilla/5.0 (Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36 HbbTV/1.5.1 (+DRM; Samsung; SmartTV2021:UE43AU7105; T-KSU2FDEUC-1505.5; ; 43UHD_UHD_2021;) ',
    { deviceClass: 'tv', platform: 'hbbtv', vendor: 'Samsung', model: 'SmartTV2021:UE43AU7105', os: 'Tizen' },
  ],
  [
    'Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.79 Safari/537.36 HbbTV/1.5.1 (+DRM; LGE; 55NANO866PA; WEBOS6.0 03.40.35; W60_LM21A; DTV_W21P;)',
    { deviceClass: 'tv', platform: 'hbbtv', vendor: 'LGE', model: '55NANO866PA', os: 'webOS' },
  ],
  [
    'Mozilla/5.0 (Linux; Android 10; BRAVIA 4K VH2) AppleWebKit/537.36 Chrome/90.0 Safari/537.36 HbbTV/1.5.1 (+DRM; Sony; KD-50X80J; PKG6.5; ; com.sony.HE.G4.4K;)',
    { deviceClass: 'tv', platform: 'hbbtv', vendor: 'Sony', model: 'KD-50X80J' },
  ],
  [
    'HbbTV/1.2.1 (;Panasonic;VIERA 2013;3.672;4101-0003 0003-0000;)',
    { deviceClass: 'tv', vendor: 'Panasonic' },
  ],
  [
    'Mozilla/5.0 (Linux; Android 9) AppleWebKit/537.36 Chrome/92.0 Safari/537.36 VIDAA/6.0(Hisense;SmartTV;43A6G)',
    { deviceClass: 'tv', platform: 'hbbtv', vendor: 'Hisense', os: 'VIDAA 6.0' },
  ],
  [
    'Mozilla/5.0 (SMART-TV; LINUX; Tizen 5.5) AppleWebKit/537.36 (KHTML, like Gecko) 69.0.3497.106.1/5.5 TV Safari/537.36',
    { deviceClass: 'tv', platform: 'tizen', vendor: 'Samsung', os: 'Tizen 5.5' },
  ],
  [
    'Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0.4606.128 Safari/537.36 webOS.TV-2023',
    { deviceClass: 'tv', platform: 'webos', vendor: 'LG' },
  ],
  [
    'Mozilla/5.0 (Linux; Android 9; AFTMM Build/NS6295) AppleWebKit/537.36 Chrome/108.0 Mobile Safari/537.36',
    { deviceClass: 'settop', platform: 'firetv', vendor: 'Amazon', model: 'AFTMM' },
  ],
  [
    'Mozilla/5.0 (X11; Linux aarch64) AppleWebKit/537.36 Chrome/114.0 Safari/537.36 CrKey/1.56.500000 DeviceType/Chromecast',
    { deviceClass: 'settop', vendor: 'Google', model: 'Chromecast' },
  ],
  ['Roku/DVP-12.5 (12.5.0.4178-48)', { deviceClass: 'settop', platform: 'roku', os: 'Roku OS 12.5' }],
  ['AppleTV14,1/tvOS 17.2', { deviceClass: 'settop', vendor: 'Apple', model: 'Apple TV' }],
  [
    'Mozilla/5.0 (PlayStation; PlayStation 5/8.20) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.4 Safari/605.1.15',
    { deviceClass: 'console', platform: 'console', vendor: 'Sony' },
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox Series X) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edge/44.18363',
    { deviceClass: 'console', platform: 'console', vendor: 'Microsoft' },
  ],
  [
    'Mozilla/5.0 (Linux; Android 12; BRAVIA VH21) AppleWebKit/537.36 Chrome/110.0 Safari/537.36',
    { deviceClass: 'tv', platform: 'android', vendor: 'Sony', os: 'Android 12' },
  ],
  [
    'Mozilla/4.0 (compatible; MAG254 stbapp ver: 4 rev: 2721) STB',
    { deviceClass: 'settop', platform: 'settop' },
  ],
  [
    'Cinema/4.2 (Linux;Android 13) ExoPlayerLib/2.19.1',
    { platform: 'android', os: 'Android 13', deviceClass: 'unknown' },
  ],
  [
    'AppleCoreMedia/1.0.0.21B101 (iPad; U; CPU OS 17_1_2 like Mac OS X; es_es)',
    { platform: 'ios', deviceClass: 'tablet', vendor: 'Apple' },
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1',
    { deviceClass: 'mobile', platform: 'web', os: 'iOS 17.1', vendor: 'Apple', model: 'iPhone' },
  ],
  [
    'Mozilla/5.0 (Linux; Android 14; SM-X910) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
    { deviceClass: 'tablet', platform: 'web' },
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
    { deviceClass: 'desktop', platform: 'web', os: 'Windows 10', browser: 'Chrome 131' },
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0',
    { deviceClass: 'desktop', platform: 'web', browser: 'Firefox 132' },
  ],
  ['analytics-node/3.1.0', { deviceClass: 'unknown', platform: '' }],
  ['', { deviceClass: 'unknown', platform: '', os: '', browser: '' }],
]

/** Machines, by what gives them away; then what looks like one to a list made for web pages and is none. */
const BOTS: [string, string][] = [
  ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'Googlebot'],
  [
    'Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Googlebot',
  ],
  ['Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)', 'bingbot'],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36',
    'HeadlessChrome',
  ],
  ['python-requests/2.32.4', 'python-requests'],
  ['curl/8.5.0', 'curl'],
]
const NO_BOTS = [
  'MyTV/2.0',
  'Dart/3.2 (dart:io)',
  'okhttp/4.12.0',
  'ExoPlayerLib/2.18.7',
  'GStreamer souphttpsrc 1.20',
  'Lavf/58.76.100',
  'Dalvik/2.1.0 (Linux; U; Android 13; SM-G991B Build/TP1A)',
  'Mozilla/5.0 (Linux; U; Android 4.0.4; xx) AppleWebKit/534.30 GoogleTV',
  'Mozilla/5.0 (Linux; Linux) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110 Safari/537.36 HbbTV/1.7.1 (+DRM;Googlebot;MB230;4.1.2;2024;)',
]

describe('a user agent tells machines', () => {
  test.each(BOTS)('%s', (userAgent, browser) => {
    expect(readUserAgent(userAgent)).toMatchObject({ deviceClass: 'bot', browser })
  })

  test.each(NO_BOTS)('and takes %s for none', (userAgent) => {
    expect(readUserAgent(userAgent).deviceClass).not.toBe('bot')
  })
})

describe('a user agent tells the device', () => {
  test.each(AGENTS)('%s', (userAgent, expected) => {
    expect(readUserAgent(userAgent)).toMatchObject(expected)
  })

  test('and nothing that a client writes there becomes a long value', () => {
    const device = readUserAgent(`HbbTV/1.5.1 (+DRM; ${'v'.repeat(200)}; ${'m'.repeat(200)};)`)
    expect(device.vendor).toHaveLength(64)
    expect(device.model).toHaveLength(64)
  })

  test('hostile ones are read in a moment', () => {
    const startedAt = performance.now()
    for (const part of ['Tizen ', 'Android 1;', 'HbbTV/1 (', '(((', 'TV;', 'MAG 1', 'Mobile;'])
      readUserAgent(part.repeat(Math.ceil(512 / part.length)).slice(0, 512))
    expect(performance.now() - startedAt).toBeLessThan(500)
  })
})
