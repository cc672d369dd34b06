import { liveReport, type LiveReport } from '@foyer/contracts'
import { useEffect, useState } from 'react'
import { api, ApiError } from '../../lib/api.ts'

/**
 * connecting: nothing came yet · waiting: the server does not know yet, as right after a start · live · lost: the
 * connection broke or stands still, and is being made again · refused: it will not be made again, for `error`.
 */
export type Connection = 'connecting' | 'waiting' | 'live' | 'lost' | 'refused'

export interface LiveFeed {
  /** The last report, whatever became of the connection since; null before the first. */
  readonly report: LiveReport | null
  readonly connection: Connection
  readonly error: ApiError | null
}

/** A live stream says something at least every 5 s. One that does not has died without anybody telling. */
const SILENCE_MS_MAX = 10_000
const AGAIN_MS = 2_000
const NOTHING: LiveFeed = { report: null, connection: 'connecting', error: null }

/** Follows the live picture of a service; while paused nothing is asked and the last report stays. */
export function useLive(service: string, isPaused: boolean): LiveFeed {
  const [told, setTold] = useState({ service, ...NOTHING })

  useEffect(() => {
    if (isPaused) return undefined
    const connection = connect(service, (change) =>
      setTold((before) => ({ ...(before.service === service ? before : NOTHING), service, ...change })),
    )
    return () => connection.close()
  }, [service, isPaused])

  // What another service looked like must not be seen under this one's name.
  return told.service === service ? told : NOTHING
}

/** Keeps a stream open until it is closed or refused. */
function connect(service: string, tell: (change: Partial<LiveFeed>) => void): { close(): void } {
  const query = { service }
  let stream: EventSource | null = null
  let timer = 0
  let isClosed = false

  function later(ms: number, act: () => void): void {
    window.clearTimeout(timer)
    timer = window.setTimeout(act, ms)
  }

  function open(): void {
    stream?.close()
    stream = new EventSource(`/v1/reports/live/stream?${new URLSearchParams(query)}`)
    later(SILENCE_MS_MAX, lost)
    stream.addEventListener('live', ({ data }: MessageEvent<string>) => {
      later(SILENCE_MS_MAX, lost)
      const report = liveReport.safeParse(JSON.parse(data))
      if (report.success) tell({ report: report.data, connection: 'live', error: null })
      else refuse(new ApiError(0, 'unreadable', UNREADABLE))
    })
    stream.addEventListener('waiting', () => {
      window.clearTimeout(timer)
      tell({ connection: 'waiting', error: null })
    })
    stream.addEventListener('error', () => {
      tell({ connection: 'lost' })
      // After an answer other than a stream the browser gives up. Asking plainly tells why.
      if (stream?.readyState === EventSource.CLOSED) void askWhy()
      else later(SILENCE_MS_MAX, lost)
    })
  }

  function lost(): void {
    tell({ connection: 'lost' })
    open()
  }

  function refuse(error: ApiError): void {
    stream?.close()
    window.clearTimeout(timer)
    tell({ connection: 'refused', error })
  }

  async function askWhy(): Promise<void> {
    try {
      await api.get('/v1/reports/live', liveReport, { query })
    } catch (error) {
      if (isClosed) return
      const isFinal =
        error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429
      if (isFinal) return refuse(error)
    }
    if (!isClosed) later(AGAIN_MS, open)
  }

  open()
  return {
    close() {
      isClosed = true
      stream?.close()
      window.clearTimeout(timer)
    },
  }
}

const UNREADABLE =
  'The answer is not in the form that this version of the console knows. Load the page again.'
