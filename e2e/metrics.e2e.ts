import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startInstance, type TestInstance } from './instance.ts'

/** What Prometheus reads off a real instance. */
let instance: TestInstance
beforeAll(async () => {
  instance = await startInstance()
})
afterAll(() => instance?.close())

async function metrics(): Promise<string> {
  const answer = await fetch(`${instance.url}/metrics`)
  expect(answer.status).toBe(200)
  return answer.text()
}

it('every process of an instance is measured', async () => {
  await vi.waitFor(
    async () => {
      const text = await metrics()
      for (const role of ['supervisor', 'records', 'events', 'worker', 'api'])
        expect(text).toMatch(new RegExp(`process_resident_memory_bytes\\{role="${role}"\\} \\d+`))
      expect(text).toMatch(/foyer_records_waiting\{role="records"\} \d+/)
      for (const kind of ['read', 'write', 'insert'])
        expect(text).toMatch(new RegExp(`foyer_events_waiting\\{kind="${kind}",role="events"\\} \\d+`))
    },
    { timeout: 20_000, interval: 250 },
  )
})
