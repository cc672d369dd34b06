#!/usr/bin/env node
import { saysDiskFull } from './platform/disk-space.ts'
import { StartupError } from './platform/errors.ts'
import { createLogger } from './platform/log.ts'
import { EXIT_CONFIGURATION, EXIT_TEMPORARY } from './platform/processes.ts'

/**
 * The command line. Each command is loaded when it is called, so that `foyer help` does not open a database engine.
 */
interface Command {
  readonly summary: string
  load(): Promise<{ run(args: string[]): Promise<void> }>
}

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: { summary: 'serve an instance from the data folder', load: () => import('./cli/serve.ts') },
  demo: {
    summary: 'fill an empty data folder with an invented audience and serve it',
    load: () => import('./cli/demo.ts'),
  },
  import: {
    summary: 'bring in a catalogue, viewers, events or MovieLens',
    load: () => import('./cli/import.ts'),
  },
  doctor: {
    summary: 'look whether folder, engines, keys, disk and clock are well, and what to do',
    load: () => import('./cli/doctor.ts'),
  },
  backup: {
    summary: 'take a backup of the data folder while it is in use, or check one',
    load: () => import('./cli/backup.ts'),
  },
  restore: { summary: 'make a data folder of a backup', load: () => import('./cli/restore.ts') },
  letters: {
    summary: 'show the letters to viewers that wait to be sent',
    load: () => import('./cli/letters.ts'),
  },
  settings: {
    summary: 'print every setting with its default and meaning',
    load: () => import('./cli/settings.ts'),
  },
}

/** Started by the supervisor, not by people. */
const CHILD: Command = { summary: '', load: () => import('./cli/child.ts') }

async function main(): Promise<void> {
  const [name = 'help', ...args] = process.argv.slice(2)
  if (name === 'help' || name === '--help' || name === '-h') return help()
  // Not every name that an object answers to is a command: `foyer constructor`.
  const command = name === 'child' ? CHILD : Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) throw new StartupError(`There is no command "${name}". Try: foyer help`)
  await (await command.load()).run(args)
}

function help(): void {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length))
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  process.stdout.write(
    `foyer <command>\n\n${lines.join('\n')}\n\nSettings are FOYER_… variables: foyer settings\n`,
  )
}

main().catch((error: unknown) => {
  if (error instanceof StartupError) {
    process.stderr.write(`${error.message}\n`)
    process.exit(EXIT_CONFIGURATION)
  }
  if (saysDiskFull(error)) {
    process.stderr.write(`A disk is full (${(error as Error).message}). Make room, then try again.\n`)
    process.exit(EXIT_TEMPORARY)
  }
  // As the log has it, without what a statement or a row holds.
  createLogger({ role: 'command', level: 'fatal' }).fatal({ err: error }, 'an error that nobody expected')
  process.stderr.write(
    'Something went wrong that Foyer did not expect; the line above says what. Please report it.\n',
  )
  process.exit(1)
})
