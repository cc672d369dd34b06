import { parseArgs } from 'node:util'
import { StartupError } from '../platform/errors.ts'
import { createLogger } from '../platform/log.ts'
import { readConfiguration } from './configuration.ts'
import { textOf, type WaitingLetter } from '../platform/mail/index.ts'
import { openWorkbench } from './workbench.ts'

const USAGE = `foyer letters   shows the letters to viewers that wait to be sent, oldest first`

const LETTERS_MAX = 100

/** Shows what waits in the outbox of a running instance: where no mail server is set up, codes are read here. */
export async function run(args: string[]): Promise<void> {
  refuseArguments(args)
  const configuration = readConfiguration()
  const log = createLogger({ role: 'command', level: configuration.server.logLevel })
  const workbench = await openWorkbench(configuration, log)
  try {
    const waiting = await workbench.modules.outbox.waiting(LETTERS_MAX)
    process.stdout.write(waiting.length === 0 ? 'No letter waits.\n' : waiting.map(shown).join('\n'))
  } finally {
    await workbench.close()
  }
}

function shown({ createdAt, expiresAt, letter }: WaitingLetter): string {
  const [made, until] = [createdAt, expiresAt].map((at) => new Date(at).toISOString())
  return `To ${letter.to}, from ${letter.from}, ${made}, good until ${until}\n${letter.subject}\n\n${textOf(letter)}\n`
}

function refuseArguments(args: string[]): void {
  try {
    parseArgs({ args, options: {}, strict: true })
  } catch {
    throw new StartupError(USAGE)
  }
}
