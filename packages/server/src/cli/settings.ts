import type { SettingGroup } from '../platform/settings.ts'
import { SETTING_GROUPS } from './configuration.ts'
import { refuseArguments } from './no-arguments.ts'

/** Prints every setting: the page docs/reference/settings.md is this text. */
export async function run(args: string[]): Promise<void> {
  refuseArguments('settings', args)
  process.stdout.write(settingsReference())
}

export function settingsReference(): string {
  const lines = [
    '# Settings',
    '',
    'Environment variables, read once at the start. A wrong value or an unknown `FOYER_…` name stops it with a message.',
  ]
  for (const [group, settings] of Object.entries<SettingGroup>(SETTING_GROUPS)) {
    lines.push('', `## ${group}`, '', '| setting | default | what it does |', '|---|---|---|')
    for (const { env, default: value, sentence } of Object.values(settings)) {
      lines.push(`| \`${env}\` | ${value === '' ? '(empty)' : `\`${value}\``} | ${sentence} |`)
    }
  }
  return `${lines.join('\n')}\n`
}
