import { createLogger } from '../platform/log.ts'
import { readConfiguration } from './configuration.ts'
import { launchInstance, type Instance } from './instance.ts'
import { refuseArguments } from './no-arguments.ts'

/** Serves an instance until a signal asks to stop. */
export async function run(args: string[]): Promise<void> {
  refuseArguments('serve', args)
  const configuration = readConfiguration()
  const log = createLogger({ role: 'supervisor', level: configuration.server.logLevel })
  await serveUntilStopped({ configuration, roles: ['worker', 'api'], log }, async (instance) => {
    process.stdout.write(welcome(instance))
  })
}

function welcome({ url, firstOperatorLink }: Instance): string {
  const ready = `\nFoyer is ready: ${url}/console\n`
  if (!firstOperatorLink) return ready
  return `${ready}\nCreate the first operator (the link works once, for 24 hours):\n  ${firstOperatorLink}\n\n`
}

/**
 * Starts an instance, does what is to be done once it is ready, and runs it until a signal or a failure that no restart
 * mends. A signal counts from the first moment on: whatever has started is stopped in order. A second one ends at once.
 * `beforeStop` ends what `onReady` left going; it is called whether or not that came to its end.
 */
export async function serveUntilStopped(
  options: Parameters<typeof launchInstance>[0],
  onReady: (instance: Instance) => Promise<void>,
  beforeStop: () => Promise<void> = async () => undefined,
): Promise<void> {
  const asked = untilAsked()
  const launched = await launchInstance(options)
  let isBusy = true
  const ready = launched.ready.then(onReady).finally(() => (isBusy = false))
  try {
    await Promise.race([ready, asked])
    await Promise.race([asked, launched.supervisor.failed])
  } finally {
    await beforeStop()
    await launched.stop()
    // What was to be done once it is ready was interrupted and has no stores any more.
    if (isBusy) process.exit(EXIT_INTERRUPTED)
  }
}

/** Exit code of a program that a signal ended, as shells have it for SIGINT. */
const EXIT_INTERRUPTED = 130

async function untilAsked(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(name, () => {
        process.once(name, () => process.exit(EXIT_INTERRUPTED))
        resolve()
      })
    }
  })
}
