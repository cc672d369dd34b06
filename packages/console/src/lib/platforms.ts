import type { PlatformName } from '@foyer/contracts'

const LABELS: Record<PlatformName, string> = {
  web: 'Web',
  ios: 'iOS',
  android: 'Android',
  tizen: 'Tizen TV',
  webos: 'webOS TV',
  hbbtv: 'HbbTV',
  roku: 'Roku',
  firetv: 'Fire TV',
  console: 'Games console',
  settop: 'Set-top box',
}

/** What a platform is called; one that this version does not know keeps its own name. */
export function platformLabel(platform: string): string {
  if (platform === '') return 'Unknown'
  return Object.hasOwn(LABELS, platform) ? LABELS[platform as PlatformName] : platform
}
