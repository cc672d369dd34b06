import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startInstance } from './instance.ts'

/** Ends that come while an instance is still starting: nobody stays behind, and the next start needs no help. */

const MAIN = fileURLToPath(new URL('../packages/server/src/main.ts', import.meta.url))

let dataFolder: string
beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'foyer-starts-'))
  await (await startInstance({ dataFolder })).stop()
})
afterAll(() => rm(dataFolder, { recursive: true, force: true }))

/** Starts it, ends it by a signal after a moment, and tells how it ended. */
async function endEarly(signal: 'SIGKILL' | 'SIGTERM', afterMs: number): Promise<number | null> {
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    env: {
      ...process.env,
      FOYER_DATA: dataFolder,
      FOYER_PORT: '0',
      FOYER_ENVIRONMENT: 'test',
      FOYER_LOG_LEVEL: 'warn',
    },
    stdio: 'ignore',
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  // The moment is the point: engines are opening, or about to.
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  child.kill(signal)
  return exited
}

it.each([300, 500, 700, 900])(
  'starts again after its supervisor was killed %i ms into a start',
  async (afterMs) => {
    await endEarly('SIGKILL', afterMs)
    const instance = await startInstance({ dataFolder })
    expect((await fetch(`${instance.url}/readyz`)).status).toBe(200)
    await instance.stop()
  },
)

it.each([400, 1_200])('stops in order when it is asked to %i ms into a start', async (afterMs) => {
  const code = await endEarly('SIGTERM', afterMs)
  // Either the signal came before anything was set up to catch it, or it was obeyed.
  expect([null, 0, 130]).toContain(code)
  const instance = await startInstance({ dataFolder })
  expect((await fetch(`${instance.url}/readyz`)).status).toBe(200)
  await instance.stop()
})
