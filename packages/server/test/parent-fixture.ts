import { systemClock } from '../src/platform/clock.ts'
import { createLogger } from '../src/platform/log.ts'
import { startSupervisor } from '../src/platform/processes.ts'

/** A supervisor in a process of its own, for the test that kills it: tells its parent the child's process id. */
const supervisor = startSupervisor({
  stages: [[{ name: 'one', script: process.argv[2]!, args: ['good'], drainMsMax: 1_000 }]],
  clock: systemClock,
  log: createLogger({ role: 'fixture', level: 'silent' }),
})
await supervisor.ready
process.send?.(supervisor.pids()['one'])
setInterval(() => undefined, 1_000)
