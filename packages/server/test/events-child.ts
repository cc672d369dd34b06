import { parseArgs } from 'node:util'
import { createLogger } from '../src/platform/log.ts'
import { StartupError } from '../src/platform/errors.ts'
import { runEventsProcess } from '../src/storage/events/chdb-process.ts'

/** The events process for tests and benches: ends with its parent. Started by `startEventsProcess` of `events.ts`. */
const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    socket: { type: 'string' },
    settings: { type: 'string', default: '{}' },
  },
})

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))

try {
  const events = await runEventsProcess({
    folder: values.folder!,
    socketPath: values.socket!,
    log: createLogger({ role: 'events', level: 'warn' }),
    settings: JSON.parse(values.settings) as Record<string, number>,
  })
  process.on('message', () => {
    void events.close().then(() => process.exit(0))
  })
  process.send?.({ ready: true })
} catch (error) {
  process.send?.({
    failed: error instanceof Error ? error.message : String(error),
    isForPerson: error instanceof StartupError,
  })
  process.exit(1)
}
