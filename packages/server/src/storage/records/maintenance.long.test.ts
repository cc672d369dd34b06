import { afterAll, beforeAll, expect, it } from 'vitest'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { queueBytes, runQueue, walBytes } from '../../../test/queue-load.ts'
import { copyRecordsTemplate } from '../../../test/records.ts'
import { startTestRecordsProcess, type TestRecordsProcess } from '../../../test/start-records-process.ts'
import { createLogger } from '../../platform/log.ts'
import { openRecords } from './open-records.ts'

let base: string
let engine: TestRecordsProcess
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'foyer-long-'))
  copyRecordsTemplate(join(base, 'records'))
  engine = await startTestRecordsProcess({ folder: join(base, 'records'), socketFolder: join(base, 'run') })
})
afterAll(async () => {
  await engine.kill()
  rmSync(base, { recursive: true, force: true })
})

it('a million updates of a hot queue leave the log and the table bounded, with fsync and the limits of production', async () => {
  const records = openRecords(
    { socketFolder: join(base, 'run') },
    { log: createLogger({ role: 'test', level: 'silent' }) },
  )
  let walBytesMax = 0
  let queueBytesMax = 0
  const watch = setInterval(() => {
    walBytesMax = Math.max(walBytesMax, walBytes(join(base, 'records')))
    void queueBytes(records).then(
      (bytes) => (queueBytesMax = Math.max(queueBytesMax, bytes)),
      () => undefined,
    )
  }, 200)
  try {
    await runQueue(records, { updates: 1_000_000, bodyBytes: 300 })
  } finally {
    clearInterval(watch)
    await records.close()
  }
  expect(queueBytesMax).toBeGreaterThan(0)
  expect(queueBytesMax).toBeLessThan(40_000_000)
  expect(walBytesMax).toBeLessThan(160_000_000)
}, 1_200_000)
