import { createLogger } from '../platform/log.ts'
import { textOf, type WaitingLetter } from '../platform/mail/index.ts'
import { readConfiguration } from './configuration.ts'
import { refuseArguments } from './no-arguments.ts'
import { openWorkbench } from './workbench.ts'

const LETTERS_MAX = 100

/** Shows what waits in the outbox of a running instance: where no mail server is set up, codes are read here. */
export async function run(args: string[]): Promise<void> {
  refuseArguments('letters', args)
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
