import { Agent, request } from 'node:http'
import { EVENTS_PER_BATCH, viewBatch, type LoadOrder, type LoadResult } from './views.ts'

/**
 * Players in a process of their own: so many events a second, a batch of one view each, at a fixed pace whatever the answers
 * take (an open loop: a slow server does not slow its viewers). Every fifth batch begins a view; the others carry on those
 * that began, in turn, so that none falls silent.
 */
const NEW_VIEW_EVERY = 5

process.on('message', (order: LoadOrder) => void run(order).then((result) => process.send!(result)))
process.on('disconnect', () => process.exit())
process.send!('ready')

async function run({ url, writeKey, eventsPerSecond, seconds }: LoadOrder): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const total = (eventsPerSecond / EVENTS_PER_BATCH) * seconds
  const everyMs = 1_000 / (eventsPerSecond / EVENTS_PER_BATCH)
  const startedAtMs: number[] = []
  const nextSeq: number[] = []
  const answers: Promise<void>[] = []
  let events = 0
  let carriedOn = -1
  const begun = performance.now()
  for (let batch = 0; batch < total; batch++) {
    const waitMs = begun + batch * everyMs - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    const isNew = batch % NEW_VIEW_EVERY === 0
    if (!isNew) carriedOn = (carriedOn + 1) % nextSeq.length
    const view = isNew ? nextSeq.length : carriedOn
    const seq = nextSeq[view] ?? 0
    nextSeq[view] = seq + EVENTS_PER_BATCH
    const body = viewBatch({ view, seq, writeKey, now: Date.now() })
    answers.push(
      post(agent, `${url}/v1/playback`, body).then((answeredAtMs) => {
        events += EVENTS_PER_BATCH
        if (isNew) startedAtMs.push(answeredAtMs)
      }),
    )
  }
  await Promise.all(answers)
  agent.destroy()
  return { startedAtMs, events, seconds: (performance.now() - begun) / 1_000 }
}

/** Sends a batch; when its acknowledgement came, on the clock that all processes of a machine share. */
function post(agent: Agent, url: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method: 'POST', headers: { 'content-type': 'application/json' } })
    sent.on('error', reject)
    sent.on('response', (response) => {
      const answeredAtMs = Number(process.hrtime.bigint()) / 1e6
      response.resume().on('end', () => {
        if (response.statusCode === 204) resolve(answeredAtMs)
        else reject(new Error(`the intake answered ${response.statusCode}`))
      })
    })
    sent.end(body)
  })
}
