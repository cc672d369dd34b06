import { createLogger } from '../platform/log.ts'
import { readConfiguration } from './configuration.ts'
import { fillDemo } from './demo-audience.ts'
import { progressBar } from './progress.ts'
import { serveUntilStopped } from './serve.ts'
import { openWorkbench } from './workbench.ts'

/** Larger batches than usual, unless somebody has said how large. */
const BULK = { FOYER_RECORDER_BATCH_ROWS_MAX: '60000', FOYER_RECORDER_BATCH_BYTES_MAX: '64MB' }

/** Serves the demo: an empty data folder is first filled with an invented audience. */
export async function run(): Promise<void> {
  const configuration = readConfiguration()
  const log = createLogger({ role: 'supervisor', level: configuration.server.logLevel })
  const bar = progressBar()
  bar.show('Starting the engines', 0, null)
  // A history is much to record at once. What is live fills no batch, so that it is in reports as soon as ever.
  const environment = Object.fromEntries(Object.entries(BULK).filter(([name]) => !process.env[name]))
  await serveUntilStopped({ configuration, roles: ['worker', 'api'], log, environment }, async ({ url }) => {
    const workbench = await openWorkbench(configuration, log)
    const { email, password } = await fillDemo(workbench, configuration.demo, bar)
    bar.finish()
    await workbench.close()
    process.stdout.write(
      `\nFoyer is ready: ${url}/console\n\n  e-mail    ${email}\n  password  ${password}\n\nCtrl-C stops it. The invented audience stays in ${configuration.server.dataFolder}.\n`,
    )
  })
}
