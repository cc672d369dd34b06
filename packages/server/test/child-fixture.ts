import { actAsChild } from '../src/platform/processes.ts'
import { createLogger } from '../src/platform/log.ts'

/** A child for the supervisor's tests: says ready with its pid, and on drain writes a line before it goes. */
const mode = process.argv[2]
if (mode === 'misconfigured') process.exit(78)
const child = actAsChild({
  log: createLogger({ role: 'fixture', level: 'silent' }),
  async drain() {
    if (mode === 'stuck') await new Promise(() => setInterval(() => undefined, 1_000))
    child.send({ type: 'metrics', role: 'fixture', metrics: 'drained' })
  },
})
setInterval(() => undefined, 1_000)
child.ready({ pid: process.pid })
