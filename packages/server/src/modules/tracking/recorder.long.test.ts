import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { loadOf, until, useRecorderStore } from '../../../test/recorder-store.ts'
import { entryOf, openTestRecorder } from '../../../test/recorder.ts'

const CHILD = fileURLToPath(new URL('../../../test/recorder-child.ts', import.meta.url))
const { store, countsOf } = useRecorderStore()

test('twelve kills of the recorder and twelve of the engine under load: acked = rows = distinct = rollups', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-recorder-long-'))
  const api = openTestRecorder(store().events, { folder })
  await api.state().close()
  let acked = 0
  let isLoading = true
  const requests = loadOf('long', 60_000)
  const load = (async () => {
    for (const body of requests) {
      if (!isLoading) break
      await api.journal.append(entryOf({ app: 'long' }, body))
      acked += body.events.length
      if (acked % 3 === 0) await api.journal.append(entryOf({ app: 'long' }, body))
      await delay(1)
    }
  })()

  let worker = await startWorker()
  for (let round = 0; round < 12; round++) {
    // A moment that differs from round to round, so that every step is hit in the end.
    await delay(400 + 67 * round)
    worker.kill('SIGKILL')
    await once(worker, 'close')
    worker = await startWorker()
    await delay(300 + 71 * round)
    await store().process().kill()
    await store().restart()
  }
  isLoading = false
  await load
  await until(async () => api.journal.backlog().entries === 0)
  worker.kill('SIGKILL')
  await once(worker, 'close')
  expect(acked).toBeGreaterThan(10_000)
  expect(await countsOf('long')).toEqual({ rows: acked, distinct: acked, bytes: acked, events: acked })
  await api.journal.close()
  rmSync(folder, { recursive: true, force: true })

  async function startWorker(): Promise<ChildProcess> {
    const child = fork(CHILD, [folder, store().socketPath], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
    await once(child.stdout!, 'data')
    return child
  }
})
