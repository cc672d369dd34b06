import { viewerOverviewReport } from '@foyer/contracts'
import { useState } from 'react'
import { api } from '../../lib/api.ts'
import { formatCount, formatMinutes, formatRange } from '../../lib/format.ts'
import type { Period } from '../../lib/periods.ts'
import type { ServiceOption } from '../../lib/session.tsx'
import { useResource } from '../../lib/use-resource.ts'
import { Guard } from '../../ui/guard.tsx'
import { Metric } from '../../ui/metric.tsx'
import { Empty, Loaded, Skeleton } from '../../ui/states.tsx'
import { EventsCard } from './events-card.tsx'
import { PersonCard } from './person-card.tsx'

/** What one viewer did in the dates that were applied (R36–R39). */
export function ViewerReport(props: { viewerId: string; service: ServiceOption; period: Period }) {
  const { viewerId, service, period } = props
  const path = `/v1/viewers/${encodeURIComponent(viewerId)}/report`
  const query = { service: service.id, from: period.from, to: period.to }
  // Who the person is can be changed below; numbers and events are then asked for anew.
  const [turn, setTurn] = useState(0)
  const key = JSON.stringify([viewerId, query, turn])
  const overview = useResource(
    key,
    (signal) => api.get(`${path}/overview`, viewerOverviewReport, { query, signal }),
    // Numbers of one person are never seen under the name of another, not even dimmed.
    { keepsStale: false },
  )
  if (overview.error?.status === 404) {
    return (
      <Empty title={`No viewer has the id ${viewerId}`}>
        <p>
          Check the id. It is Foyer's own, or the one that your system gave; letters and signs must match
          exactly.
        </p>
      </Empty>
    )
  }
  return (
    <>
      <Guard what="the viewer's numbers">
        <Loaded resource={overview} what="the viewer's numbers" skeleton={<NumbersSkeleton />}>
          {(data) => (
            <div className="grid gap-3 sm:grid-cols-3">
              <Metric
                label="Streams"
                definition="Playback starts that were followed by 5 seconds of continuous play."
                value={data.streams}
                format={formatCount}
              />
              <Metric
                label="Playback starts"
                definition="Requests to play a title or a channel."
                value={data.starts}
                format={formatCount}
              />
              <Metric
                label="Minutes watched"
                definition={`Wall time in the playing state, ${formatRange(data)}. Pauses and buffering do not count.`}
                value={data.minutes}
                format={formatMinutes}
              />
            </div>
          )}
        </Loaded>
      </Guard>
      <Guard what="the viewer's events">
        <EventsCard key={key} path={`${path}/events`} query={query} />
      </Guard>
      <Guard what="who this person is">
        <PersonCard
          key={viewerId}
          path={`/v1/viewers/${encodeURIComponent(viewerId)}`}
          timeZone={service.timeZone}
          service={service.id}
          onChanged={() => setTurn((before) => before + 1)}
        />
      </Guard>
    </>
  )
}

function NumbersSkeleton() {
  return (
    <div className="grid gap-3 sm:grid-cols-3">
      {['streams', 'starts', 'minutes'].map((name) => (
        <Skeleton key={name} className="h-22" />
      ))}
    </div>
  )
}
