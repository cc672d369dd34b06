import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { requestsIn, splitAt, startRememberedLoad, untilRecorded } from './backup-under-load.ts'
import { runCommand, startInstance } from './instance.ts'
import { LOAD_ENVIRONMENT } from './kill-load.ts'
import { pidOf, PROCESSES } from './kills.ts'
import { firstOperator, testApp } from './operator.ts'
import { placesOf, storedIn } from './survives-kills.ts'

let root: string
const at = (name: string): string => join(root, name)
const command = (args: readonly string[], dataFolder: string) => runCommand(args, { dataFolder })

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'foyer-backup-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

it('a backup of an instance that was killed holds all that it had acknowledged, once', async () => {
  const instance = await startInstance({ dataFolder: at('killed'), environment: LOAD_ENVIRONMENT })
  const keys = await testApp(await firstOperator(instance))
  const killed = startRememberedLoad(instance.url, keys.serverKey)
  await killed.untilMore(300)
  const pids = PROCESSES.map((name) => pidOf(instance, name)).filter((pid) => pid !== null)
  expect(pids).toHaveLength(5)
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  const moment = Date.now()
  const taken = await command(['backup', at('of-killed'), '--keys', at('keys-of-killed')], at('killed'))
  expect(taken.code, taken.output).toBe(0)
  const args = ['restore', at('of-killed'), '--keys', at('keys-of-killed')]
  expect((await command(args, at('revived'))).code).toBe(0)

  const revived = await startInstance({ dataFolder: at('revived'), environment: LOAD_ENVIRONMENT })
  try {
    await untilRecorded(revived)
    const present = await requestsIn(at('revived'), killed.requests)
    const { before } = splitAt(killed.requests, moment)
    expect(before.filter((request) => !present.includes(request))).toEqual([])
    // Its clients have tried all the time, and now get through.
    killed.aim(revived.url)
    await killed.stop()
    await untilRecorded(revived)
    expect(await storedIn({ dataFolder: at('revived') })).toEqual(placesOf(killed.acked))
  } finally {
    await revived.stop()
  }
})
