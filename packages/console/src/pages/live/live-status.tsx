import { LIVE, type LiveReport } from '@foyer/contracts'
import { formatSeconds, formatTime } from '../../lib/format.ts'
import type { Connection } from './use-live.ts'

/** Whether what is shown is of this moment, and what it is if not. Said aloud only when that changes. */
export function LiveStatus(props: {
  connection: Connection | 'paused'
  report: LiveReport | null
  timeZone: string
}) {
  const { connection, report } = props
  const isLive = connection === 'live'
  const shown = report && `the numbers are of ${formatTime(report.at, props.timeZone)}`
  const behindS = Math.round((report?.behindMs ?? 0) / 1_000)
  return (
    <div className="flex min-w-0 items-baseline gap-2">
      <span
        aria-hidden="true"
        className={`size-2 shrink-0 self-center rounded-full ${isLive && behindS === 0 ? 'bg-good motion-safe:animate-pulse' : 'bg-muted'}`}
      />
      <div>
        <output className="block font-medium">
          {isLive && behindS > 0 ? 'Recording is behind' : WORDS[connection]}
        </output>
        <p className="text-muted">
          {isLive &&
            behindS === 0 &&
            `moves by itself; who falls silent leaves after ${formatSeconds(LIVE.presentMs)}`}
          {isLive && behindS > 0 && `${shown}, ${behindS} s ago; nothing is lost`}
          {!isLive && shown}
        </p>
        {report?.isPartial && (
          <p className="text-muted">
            There is more than can be followed at once: all numbers are at least so high.
          </p>
        )}
      </div>
    </div>
  )
}

const WORDS: Record<Connection | 'paused', string> = {
  connecting: 'Connecting',
  waiting: 'Waiting: who is there is being found out',
  live: 'Live',
  lost: 'Connection lost, connecting again',
  refused: 'Not live',
  paused: 'Paused',
}
