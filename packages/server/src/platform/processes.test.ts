import { fileURLToPath } from 'node:url'
import { fork } from 'node:child_process'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from './clock.ts'
import { StartupError } from './errors.ts'
import { createLogger } from './log.ts'
import { startSupervisor, type ChildSpec, type Supervisor } from './processes.ts'

const FIXTURE = fileURLToPath(new URL('../../test/child-fixture.ts', import.meta.url))
const log = createLogger({ role: 'test', level: 'silent' })

let supervisor: Supervisor | undefined
afterEach(async () => supervisor?.stop())

function child(name: string, mode = 'good', drainMsMax = 2_000): ChildSpec {
  return { name, script: FIXTURE, args: [mode], drainMsMax }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('the supervisor', () => {
  it('starts a stage when all children of the one before are ready', async () => {
    const ready: string[] = []
    supervisor = startSupervisor({
      stages: [[child('first'), child('first too')], [child('second')]],
      clock: systemClock,
      log,
      onReady: (name) => ready.push(name),
    })
    await supervisor.ready
    expect(ready).toHaveLength(3)
    expect(ready.at(-1)).toBe('second')
  })

  it('starts a killed child again', async () => {
    const pids: number[] = []
    supervisor = startSupervisor({
      stages: [[child('one')]],
      clock: systemClock,
      log,
      onReady: (_name, info) => pids.push(Number(info['pid'])),
    })
    await supervisor.ready
    process.kill(pids[0]!, 'SIGKILL')
    await vi.waitFor(() => expect(pids).toHaveLength(2), { timeout: 10_000 })
    expect(isAlive(pids[1]!)).toBe(true)
    expect(isAlive(pids[0]!)).toBe(false)
  })

  it('lets children finish when it stops', async () => {
    const said: unknown[] = []
    supervisor = startSupervisor({
      stages: [[child('one')]],
      clock: systemClock,
      log,
      onMessage: (_from, message) => message.type === 'metrics' && said.push(message.metrics),
    })
    await supervisor.ready
    const pid = supervisor.pids()['one']!
    await supervisor.stop()
    expect(said).toEqual(['drained'])
    expect(isAlive(pid)).toBe(false)
  })

  it('kills a child that does not finish in time', async () => {
    supervisor = startSupervisor({ stages: [[child('one', 'stuck', 200)]], clock: systemClock, log })
    await supervisor.ready
    const pid = supervisor.pids()['one']!
    await supervisor.stop()
    expect(isAlive(pid)).toBe(false)
  })

  it('gives up when a child says that its configuration is wrong', async () => {
    supervisor = startSupervisor({ stages: [[child('one', 'misconfigured')]], clock: systemClock, log })
    await expect(supervisor.ready).rejects.toThrow(StartupError)
    await expect(supervisor.failed).rejects.toThrow(StartupError)
  })

  it('leaves no child behind when it is killed itself', async () => {
    const parent = fork(FIXTURE.replace('child-fixture', 'parent-fixture'), [FIXTURE], { stdio: 'ignore' })
    const grandchild = await new Promise<number>((resolve) =>
      parent.once('message', (pid) => resolve(Number(pid))),
    )
    parent.kill('SIGKILL')
    await vi.waitFor(() => expect(isAlive(grandchild)).toBe(false), { timeout: 10_000 })
  })
})
