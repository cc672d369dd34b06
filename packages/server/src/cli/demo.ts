import { createLogger } from '../platform/log.ts'
import { readConfiguration } from './configuration.ts'
import { fillDemo } from './demo-audience.ts'
import { startInstance } from './instance.ts'
import { progressBar } from './progress.ts'
import { untilStopped } from './serve.ts'
import { openWorkbench } from './workbench.ts'

/** Serves the demo: an empty data folder is first filled with an invented audience. */
export async function run(): Promise<void> {
  const configuration = readConfiguration()
  const log = createLogger({ role: 'supervisor', level: configuration.server.logLevel })
  const bar = progressBar()
  bar.show('Starting the engines', 0, null)
  const instance = await startInstance({ configuration, roles: ['worker', 'api'], log })
  try {
    const workbench = await openWorkbench(configuration, log)
    const { email, password } = await fillDemo(workbench, bar)
    bar.finish()
    await workbench.close()
    process.stdout.write(
      `\nFoyer is ready: ${instance.url}/console\n\n  e-mail    ${email}\n  password  ${password}\n\nCtrl-C stops it. The invented audience stays in ${configuration.server.dataFolder}.\n`,
    )
  } catch (error) {
    await instance.stop()
    throw error
  }
  await untilStopped(instance)
}
