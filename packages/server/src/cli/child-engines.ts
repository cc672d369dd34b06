import { createMetrics } from '../platform/metrics.ts'
import { runEventsProcess, runRecordsProcess } from '../storage/engines.ts'
import type { Child } from './child.ts'

export const records: Child = async ({ folder, log }) => {
  const metrics = createMetrics('records')
  const waiting = metrics.gauge('foyer_records_waiting', 'Transactions that wait for the session of RECORDS')
  const records = await runRecordsProcess({
    folder: folder.records,
    socketFolder: folder.recordsSocketFolder,
    log,
  })
  return {
    close: () => records.close(),
    snapshot() {
      waiting.set(records.waiting())
      return metrics.snapshot()
    },
  }
}

export const events: Child = async ({ configuration, folder, log }) => {
  const metrics = createMetrics('events')
  const waiting = metrics.gauge(
    'foyer_events_waiting',
    'Statements that wait for a lane of EVENTS, by kind',
    ['kind'],
  )
  const events = await runEventsProcess({
    folder: folder.events,
    socketPath: folder.eventsSocket,
    log,
    settings: { memoryBytesMax: configuration.events.memory },
  })
  return {
    close: () => events.close(),
    snapshot() {
      for (const [kind, count] of Object.entries(events.waiting())) waiting.set({ kind }, count)
      return metrics.snapshot()
    },
  }
}
