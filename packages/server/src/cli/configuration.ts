import { readSettings, type SettingGroup } from '../platform/settings.ts'
import { accountsSettings } from '../modules/accounts/settings.ts'
import { recorderSettings, trackingSettings } from '../modules/tracking/settings.ts'
import { serverSettings } from '../settings.ts'
import { demoSettings } from './demo-settings.ts'
import { mailSettings } from '../platform/mail/settings.ts'
import { eventsSettings, journalSettings } from '../storage/settings.ts'

/**
 * Every setting of the program, by the part that reads it. `docs/reference/settings.md` is generated from this.
 * It loads nothing but settings, since every process reads them first.
 */
export const SETTING_GROUPS = {
  server: serverSettings,
  events: eventsSettings,
  journal: journalSettings,
  accounts: accountsSettings,
  mail: mailSettings,
  tracking: trackingSettings,
  recorder: recorderSettings,
  demo: demoSettings,
} as const satisfies Readonly<Record<string, SettingGroup>>

/** All settings as they stand in the environment. */
export type Configuration = ReturnType<typeof readConfiguration>

export function readConfiguration(environment: Readonly<Record<string, string | undefined>> = process.env) {
  return readSettings(SETTING_GROUPS, environment)
}

/** Origin under which the instance is reached. */
export function baseUrlOf(configuration: Configuration): string {
  const { baseUrl, host, port } = configuration.server
  if (baseUrl) return baseUrl
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}
