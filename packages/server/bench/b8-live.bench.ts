import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { liveReport, type LiveReport, type OverviewReport } from '@foyer/contracts'
import { startInstance, type TestInstance } from '../../../e2e/instance.ts'
import { firstOperator, testApp, type TestOperator } from '../../../e2e/operator.ts'
import type { LoadOrder, LoadResult } from './b8/views.ts'
import type { Bench } from './bench.ts'
import { median, percentile } from './statistics.ts'

/**
 * From an acknowledgement until people see it: in a plain report that is asked again and again (p95), and on a live page that
 * follows the stream (p99). The real program; players, in a process of their own, send 1,000 events/s.
 *
 * Views begin and none ends, so that "n plays" is on the page exactly when the n-th view is. That nothing is counted twice
 * or lost is checked at the end, and no figure is given where it is not so.
 */
export const bench: Bench = {
  id: 'B8',
  title: 'seconds from ack to visible: p95 in a report, p99 on a live page, the slower',
  hold: { max: 1 },
  async run({ isQuick, report }) {
    const seconds = isQuick ? 10 : 60
    const instance = await startInstance()
    const load = fork(join(import.meta.dirname, 'b8/load.ts'))
    try {
      await once(load, 'message')
      const operator = await firstOperator(instance)
      const { service, browserKey } = await testApp(operator)
      const page = await followLive(instance, operator, service)
      const reports = pollReport(operator, service)
      const sent = await sendEvents(load, {
        url: instance.url,
        writeKey: browserKey,
        eventsPerSecond: 1_000,
        seconds,
      })
      report(
        `${sent.events} events acknowledged in ${sent.seconds.toFixed(1)} s, ${sent.startedAtMs.length} views begun`,
      )
      await untilEqual(sent, page, reports).finally(async () => {
        page.close()
        await reports.stop()
      })
      const live = delaysOf(sent, page.seen)
      const plain = delaysOf(sent, reports.seen)
      const liveP99S = percentile(live, 99) / 1_000
      const reportP95S = percentile(plain, 95) / 1_000
      return {
        ratio: Math.max(liveP99S, reportP95S),
        figures: {
          reportP95S,
          liveP99S,
          reportMedianS: median(plain) / 1_000,
          liveMedianS: median(live) / 1_000,
          livePictures: page.seen.length,
          reportsAsked: reports.seen.length,
          events: sent.events,
          eventsPerSecond: sent.events / sent.seconds,
          views: sent.startedAtMs.length,
          loadAverage: loadavg()[0]!.toFixed(1),
        },
        method: `${seconds} s at 1,000 events/s by HTTP from another process, 20 views begun a second. Live: the stream of /v1/reports/live. Report: the overview, asked again ${POLL_MS} ms after each answer. At the end plays, viewers and events on the page and starts and events in the report equalled what was acknowledged.`,
      }
    } finally {
      load.disconnect()
      await instance.close()
    }
  },
}

const POLL_MS = 100
const EQUAL_MS_MAX = 10_000

/** How much was visible when: `views` that began. */
interface Seen {
  readonly atMs: number
  readonly views: number
}

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** Delay of each view: the n-th acknowledged is visible with the first look that shows n. */
function delaysOf({ startedAtMs }: LoadResult, seen: readonly Seen[]): number[] {
  const delays: number[] = []
  let look = 0
  for (const [index, atMs] of [...startedAtMs].sort((a, b) => a - b).entries()) {
    while (look < seen.length && seen[look]!.views <= index) look++
    if (look === seen.length) throw new Error(`view ${index + 1} was never visible`)
    delays.push(Math.max(0, seen[look]!.atMs - atMs))
  }
  return delays
}

async function sendEvents(load: ChildProcess, order: LoadOrder): Promise<LoadResult> {
  load.send(order)
  const result = await Promise.race([
    once(load, 'message').then(([message]) => message as LoadResult),
    once(load, 'exit').then(() => {
      throw new Error('the players ended: not everything was acknowledged')
    }),
  ])
  return result
}

/** An open live page, as far as the network knows. */
async function followLive(instance: TestInstance, operator: TestOperator, service: string) {
  const seen: Seen[] = []
  let latest: LiveReport | null = null
  const request = get(`${instance.url}/v1/reports/live/stream?service=${service}`, {
    headers: { authorization: `Bearer ${operator.apiKey}` },
  })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const atMs = nowMs()
    text += chunk
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = /^event: live\ndata: (.*)$/m.exec(text.slice(0, end))?.[1]
      text = text.slice(end + 2)
      if (data === undefined) continue
      latest = liveReport.parse(JSON.parse(data))
      seen.push({ atMs, views: latest.plays.playing })
    }
  })
  return { seen, latest: () => latest, close: () => request.destroy() }
}

/** Somebody who asks for a plain report again and again. */
function pollReport(operator: TestOperator, service: string) {
  const seen: Seen[] = []
  const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
  const path = `/v1/reports/overview?service=${service}&from=${day(-1)}&to=${day(1)}`
  let latest: OverviewReport | null = null
  let isStopped = false
  async function ask(): Promise<void> {
    while (!isStopped) {
      latest = await operator.call<OverviewReport>('GET', path)
      seen.push({ atMs: nowMs(), views: latest.starts.value })
      await delay(POLL_MS)
    }
  }
  const asking = ask()
  return {
    seen,
    latest: () => latest,
    async stop() {
      isStopped = true
      await asking
    },
  }
}

/** Waits until page and report show what was acknowledged; throws with what they show when they do not come to. */
async function untilEqual(
  sent: LoadResult,
  page: { latest(): LiveReport | null },
  reports: { latest(): OverviewReport | null },
): Promise<void> {
  const views = sent.startedAtMs.length
  const wanted = {
    plays: views,
    viewers: views,
    events: sent.events,
    starts: views,
    reportedEvents: sent.events,
  }
  const deadline = performance.now() + EQUAL_MS_MAX
  for (;;) {
    const live = page.latest()
    const report = reports.latest()
    const shown = {
      plays: live?.plays.playing,
      viewers: live?.viewers.anonymous,
      events: live?.history.reduce((sum, { events }) => sum + events, 0),
      starts: report?.starts.value,
      reportedEvents: report?.events.value,
    }
    if (JSON.stringify(shown) === JSON.stringify(wanted)) return
    if (performance.now() > deadline)
      throw new Error(`sent ${JSON.stringify(wanted)}, shown ${JSON.stringify(shown)}`)
    await delay(50)
  }
}
