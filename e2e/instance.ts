import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The real program, started as a user would start it, on a data folder of its own and a free port. */
export interface TestInstance {
  readonly url: string
  readonly dataFolder: string
  /** The process that supervises the others. */
  readonly pid: number
  /** One-time link of the first operator; empty when there is one already. */
  readonly firstOperatorLink: string
  /** What it printed so far, both streams. */
  output(): string
  /** Stops it as Ctrl-C would, and tells its exit code. */
  stop(): Promise<number | null>
  /** Stops it and deletes its data. */
  close(): Promise<void>
}

export interface InstanceOptions {
  /** Arguments of the command line; `serve` unless told. */
  readonly args?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** An existing data folder, which then stays. */
  readonly dataFolder?: string
}

const MAIN = fileURLToPath(new URL('../packages/server/src/main.ts', import.meta.url))
const START_MS_MAX = 120_000

export async function startInstance(options: InstanceOptions = {}): Promise<TestInstance> {
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'foyer-e2e-')))
  const { child, output } = launch(dataFolder, options)
  const ready = await untilPrinted(child, output, /Foyer is ready: (\S+)\/console/)
  const link = /(\S+\/console\/welcome\?token=\S+)/.exec(output())
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const stop = (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    return exited
  }
  return {
    url: ready[1]!,
    dataFolder,
    pid: child.pid!,
    firstOperatorLink: link?.[1] ?? '',
    output,
    stop,
    async close() {
      await stop()
      if (!options.dataFolder) await rm(dataFolder, { recursive: true, force: true })
    },
  }
}

/** Runs a command of the program to its end. */
export async function runCommand(
  args: readonly string[],
  options: { dataFolder: string; environment?: Readonly<Record<string, string>> },
): Promise<{ code: number | null; output: string }> {
  const { child, output } = launch(options.dataFolder, { ...options, args })
  const code = await new Promise<number | null>((resolve) => child.once('exit', (exit) => resolve(exit)))
  return { code, output: output() }
}

function launch(dataFolder: string, options: InstanceOptions): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [MAIN, ...(options.args ?? ['serve'])], {
    env: {
      ...withoutSettings(process.env),
      FOYER_DATA: dataFolder,
      FOYER_PORT: '0',
      FOYER_ENVIRONMENT: 'test',
      FOYER_LOG_LEVEL: 'warn',
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  return { child, output: () => text }
}

/** The settings of whoever runs the tests are not those of the program that is tried. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('FOYER_')))
}

async function untilPrinted(
  child: ChildProcess,
  output: () => string,
  pattern: RegExp,
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail('did not say that it is ready'), START_MS_MAX)
    function fail(why: string): void {
      clearTimeout(timer)
      reject(new Error(`The instance ${why}. It printed:\n${output()}`))
    }
    function look(): void {
      const match = pattern.exec(output())
      if (!match) return
      clearTimeout(timer)
      child.stdout?.off('data', look)
      resolve(match)
    }
    child.stdout?.on('data', look)
    child.once('exit', (code) => fail(`ended with code ${code}`))
  })
}
