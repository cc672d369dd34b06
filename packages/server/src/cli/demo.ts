import { parseArgs } from 'node:util'
import { StartupError } from '../platform/errors.ts'
import { createLogger, type Logger } from '../platform/log.ts'
import { readConfiguration, type Configuration } from './configuration.ts'
import { fillDemo } from './demo-audience.ts'
import { giveAccess, startLiveTraffic, type LiveTraffic } from './demo-live.ts'
import { DEMO_RATE_MAX } from './demo-settings.ts'
import { demoLogin, worldOf } from './demo-state.ts'
import { progressBar } from './progress.ts'
import { serveUntilStopped } from './serve.ts'
import { openWorkbench } from './workbench.ts'

/** Serves the demo: an empty data folder is first filled with an invented audience, which then goes on watching. */
export async function run(args: string[]): Promise<void> {
  const configuration = withArguments(readConfiguration(), args)
  const log = createLogger({ role: 'supervisor', level: configuration.server.logLevel })
  const bar = progressBar()
  bar.show('Starting the engines', 0, null)
  const environment = environmentOf(configuration)
  let traffic: LiveTraffic | null = null
  await serveUntilStopped(
    { configuration, roles: ['worker', 'api'], log, environment },
    async ({ url }) => {
      const { email, password, live } = await prepare(configuration, log, url)
      bar.finish()
      traffic = live
      process.stdout.write(
        `\nFoyer is ready: ${url}/console\n\n  e-mail    ${email}\n  password  ${password}\n\nCtrl-C stops it. The invented audience stays in ${configuration.server.dataFolder}.\n`,
      )
    },
    async () => traffic?.stop(),
  )

  async function prepare(configuration: Configuration, log: Logger, url: string) {
    const workbench = await openWorkbench(configuration, log)
    const state = await fillDemo(workbench, configuration.demo, bar)
    const { rate } = configuration.demo
    const access = rate === 0 ? null : await giveAccess(workbench)
    const login = demoLogin(workbench.foundations.vault)
    await workbench.close()
    const live = access ? startLiveTraffic({ url, world: worldOf(state), rate, access, log }) : null
    return { ...login, live }
  }
}

/** `--rate 200` says the rate for this start. */
function withArguments(configuration: Configuration, args: string[]): Configuration {
  const { rate } = parseOptions(args)
  if (rate === undefined) return configuration
  const value = Number(rate)
  if (!Number.isInteger(value) || value < 0 || value > DEMO_RATE_MAX)
    throw new StartupError(`--rate must be a whole number of events a second, from 0 to ${DEMO_RATE_MAX}.`)
  return { ...configuration, demo: { ...configuration.demo, rate: value } }
}

function parseOptions(args: string[]): { rate?: string | undefined } {
  try {
    return parseArgs({ args, options: { rate: { type: 'string' } } }).values
  } catch (error) {
    throw new StartupError(`${(error as Error).message}. The demo takes --rate alone, events a second.`)
  }
}

/** Settings of the demo's own processes, where nobody has said otherwise. */
function environmentOf({ server }: Configuration): Record<string, string> {
  const wanted: Record<string, string> = {
    // A history is much to record at once. What is live fills no batch, so that it is in reports as soon as ever.
    FOYER_RECORDER_BATCH_ROWS_MAX: '60000',
    FOYER_RECORDER_BATCH_BYTES_MAX: '64MB',
    // The demo's players are everywhere and come from here: an api that only this machine reaches believes them.
    ...(LOOPBACK.has(server.host) ? { FOYER_TRUSTED_PROXIES: '1' } : {}),
  }
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => !process.env[name]))
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])
