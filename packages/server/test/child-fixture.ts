import { existsSync } from 'node:fs'
import { actAsChild, EXIT_CONFIGURATION, EXIT_TEMPORARY } from '../src/platform/processes.ts'
import { createLogger } from '../src/platform/log.ts'

/** A child for the supervisor's tests: says ready with its pid, and on drain writes a line before it goes. */
const [mode, place = ''] = process.argv.slice(2)
const child = actAsChild({
  log: createLogger({ role: 'fixture', level: 'silent' }),
  async drain() {
    if (mode === 'stuck') await new Promise(() => setInterval(() => undefined, 1_000))
    child.send({ type: 'metrics', role: 'fixture', metrics: 'drained' })
  },
})
setInterval(() => undefined, 1_000)
if (mode !== 'eager') await child.turn
if (mode === 'misconfigured') child.fail('The setting is wrong.', EXIT_CONFIGURATION)
else if (mode === 'full') child.fail('The disk is full.', EXIT_TEMPORARY)
else if (mode === 'broken') child.fail('The engine does not turn.', 1)
else if (mode === 'killed') process.kill(process.pid, 'SIGKILL')
else if (mode === 'full once') {
  // Its first life is ready; the next ones find the disk full until somebody takes the file away.
  if (existsSync(place)) child.fail('The disk is full.', EXIT_TEMPORARY)
  else child.ready({ pid: process.pid })
} else if (mode === 'late') setTimeout(() => child.ready({ pid: process.pid }), 500)
else if (mode !== 'slow') child.ready({ pid: process.pid })
