import { openEvents } from '../src/storage/events/clickhouse.ts'
import { openTestRecorder } from './recorder.ts'

/** A worker that records until it is killed. Arguments: folder of journal and state, socket of EVENTS. */
const [folder, socketPath] = process.argv.slice(2)
const { recorder } = openTestRecorder(openEvents({ socketPath: socketPath! }), { folder: folder! })
recorder.start()
process.stdout.write('started\n')
// The recorder's own timers keep nothing alive.
setInterval(() => {}, 60_000)
