import { createLogger } from '../platform/log.ts'
import { readConfiguration } from './configuration.ts'
import { startInstance, type Instance } from './instance.ts'

/** Serves an instance until a signal asks to stop. */
export async function run(): Promise<void> {
  const configuration = readConfiguration()
  const log = createLogger({ role: 'supervisor', level: configuration.server.logLevel })
  const instance = await startInstance({ configuration, roles: ['worker', 'api'], log })
  process.stdout.write(welcome(instance))
  await untilStopped(instance)
}

function welcome({ url, firstOperatorLink }: Instance): string {
  const ready = `\nFoyer is ready: ${url}/console\n`
  if (!firstOperatorLink) return ready
  return `${ready}\nCreate the first operator (the link works once, for 24 hours):\n  ${firstOperatorLink}\n\n`
}

/** Waits for a signal or a failure that no restart mends, then stops the children in order. A second signal ends at once. */
export async function untilStopped(instance: Instance): Promise<void> {
  const signal = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => resolve())
    }
  })
  try {
    await Promise.race([signal, instance.supervisor.failed])
  } finally {
    process.once('SIGINT', () => process.exit(130))
    await instance.stop()
  }
}
