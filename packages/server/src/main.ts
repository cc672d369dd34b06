#!/usr/bin/env node
import { StartupError } from './platform/errors.ts'
import { EXIT_CONFIGURATION } from './platform/processes.ts'

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
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exit(1)
})
