import { fileURLToPath } from 'node:url'
import { fork } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from './clock.ts'
import { StartupError } from './errors.ts'
import { createLogger, type Logger } from './log.ts'
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

  it('begins all children at once, and gives none its turn before', async () => {
    const ready: string[] = []
    supervisor = startSupervisor({
      stages: [[child('first', 'slow')], [child('second')], [child('third', 'eager')]],
      clock: systemClock,
      log,
      onReady: (name) => ready.push(name),
    })
    expect(Object.keys(supervisor.pids())).toEqual(['first', 'second', 'third'])
    // The eager one waits for no turn; by then the second has long been up.
    await vi.waitFor(() => expect(ready).toEqual(['third']), { timeout: 10_000 })
  })

  it('gives up when a child of the first stage cannot start, though others wait for their turn', async () => {
    const stages = [[child('one', 'misconfigured')], [child('two')]]
    supervisor = startSupervisor({ stages, clock: systemClock, log })
    await expect(supervisor.ready).rejects.toThrow('The setting is wrong.')
  })

  it('gives its turn to a child that died while it waited and was started again', async () => {
    const ready: string[] = []
    const restarted: string[] = []
    supervisor = startSupervisor({
      stages: [[child('first', 'late')], [child('second')]],
      clock: systemClock,
      log,
      onReady: (name) => ready.push(name),
      onRestart: (name) => restarted.push(name),
    })
    process.kill(supervisor.pids()['second']!, 'SIGKILL')
    await supervisor.ready
    expect(restarted).toEqual(['second'])
    expect(ready).toEqual(['first', 'second'])
  })

  it('starts a killed child again', async () => {
    const pids: number[] = []
    const restarted: string[] = []
    supervisor = startSupervisor({
      stages: [[child('one')]],
      clock: systemClock,
      log,
      onReady: (_name, info) => pids.push(Number(info['pid'])),
      onRestart: (name) => restarted.push(name),
    })
    await supervisor.ready
    process.kill(pids[0]!, 'SIGKILL')
    await vi.waitFor(() => expect(pids).toHaveLength(2), { timeout: 10_000 })
    expect(isAlive(pids[1]!)).toBe(true)
    expect(isAlive(pids[0]!)).toBe(false)
    expect(restarted).toEqual(['one'])
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

  it('gives up when a child says that its configuration is wrong, in the child’s words', async () => {
    supervisor = startSupervisor({ stages: [[child('one', 'misconfigured')]], clock: systemClock, log })
    await expect(supervisor.ready).rejects.toThrow(new StartupError('The setting is wrong.'))
    await expect(supervisor.failed).rejects.toThrow(StartupError)
  })

  it('gives up a first start on a full disk at once', async () => {
    supervisor = startSupervisor({ stages: [[child('one', 'full')]], clock: systemClock, log })
    await expect(supervisor.ready).rejects.toThrow(new StartupError('The disk is full.'))
  })

  it.each([
    ['broken', 'The engine does not turn.'],
    ['killed', 'it was ended by SIGKILL'],
  ])('gives up when a child never becomes ready (%s), and says why', async (mode, why) => {
    supervisor = startSupervisor({ stages: [[child('good')], [child('one', mode)]], clock: systemClock, log })
    await expect(supervisor.ready).rejects.toThrow(
      new StartupError(`one did not start in 5 attempts. The last one failed: ${why}`),
    )
    await expect(supervisor.failed).rejects.toThrow(StartupError)
  })

  it('goes on trying once it has run, until the disk has room again', async () => {
    const place = join(tmpdir(), `foyer-full-once-${process.pid}`)
    const pids: number[] = []
    const ended: string[] = []
    supervisor = startSupervisor({
      stages: [[{ ...child('one'), args: ['full once', place] }]],
      clock: systemClock,
      log: { ...log, warn: ({ reason }: { reason?: string }) => ended.push(String(reason)) } as Logger,
      onReady: (_name, info) => pids.push(Number(info['pid'])),
    })
    await supervisor.ready
    writeFileSync(place, '')
    process.kill(pids[0]!, 'SIGKILL')
    await vi.waitFor(() => expect(ended).toContain('The disk is full.'), { timeout: 10_000 })
    rmSync(place)
    await vi.waitFor(() => expect(pids).toHaveLength(2), { timeout: 10_000 })
  })

  it('never says that it is ready when it is stopped before', async () => {
    supervisor = startSupervisor({ stages: [[child('one', 'slow')]], clock: systemClock, log })
    await supervisor.stop()
    await expect(supervisor.ready).rejects.toThrow(StartupError)
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
