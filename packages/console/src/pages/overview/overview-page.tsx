import { overviewReport, type OverviewReport } from '@foyer/contracts'
import { api } from '../../lib/api.ts'
import { formatCount, formatMinutes, formatNumberOf, formatRange } from '../../lib/format.ts'
import { useScope, type Scope } from '../../lib/scope.ts'
import { useResource } from '../../lib/use-resource.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { Card } from '../../ui/card.tsx'
import { Guard } from '../../ui/guard.tsx'
import { Metric } from '../../ui/metric.tsx'
import { NoService } from '../../ui/no-service.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty, Loaded, Skeleton } from '../../ui/states.tsx'
import { platformLabel } from '../../lib/platforms.ts'
import { DaysChart } from './days-chart.tsx'

export function OverviewPage() {
  const scope = useScope()
  if (!scope) return <NoService title="Overview" />
  return <Overview scope={scope} />
}

function Overview(props: { scope: Scope }) {
  const { service, period } = props.scope
  const query = { service: service.id, from: period.from, to: period.to }
  const report = useResource(JSON.stringify(query), (signal) =>
    api.get('/v1/reports/overview', overviewReport, { query, signal }),
  )
  return (
    <Page title="Overview" scope={props.scope}>
      <Loaded resource={report} what="the overview" skeleton={<OverviewSkeleton />}>
        {(data) => (
          <>
            <Guard what="the numbers">
              <Numbers report={data} />
            </Guard>
            <Guard what="the days">
              <DaysChart report={data} />
            </Guard>
            <div className="grid gap-3 lg:grid-cols-[2fr_1fr]">
              <Guard what="the top titles">
                <TitlesTable report={data} />
              </Guard>
              <Guard what="the platforms">
                <PlatformsTable report={data} />
              </Guard>
            </div>
          </>
        )}
      </Loaded>
    </Page>
  )
}

function Numbers(props: { report: OverviewReport }) {
  const { report } = props
  const before = `prior ${formatNumberOf(report.days.length, 'day')}`
  const numbers = [
    {
      label: 'Registrations',
      definition: 'Viewers who registered with this service in the period.',
      ...report.registrations,
    },
    {
      label: 'Active viewers',
      definition:
        'Registered viewers with at least one event in the period, each counted once. Visitors who are not signed in are not counted here.',
      ...report.activeViewers,
    },
    {
      label: 'Events',
      definition:
        'Everything that was recorded in the period, signed in or not, such as what players sent, visits and ratings.',
      ...report.events,
    },
    {
      label: 'Playback starts',
      definition: 'Requests to play a title or a channel.',
      ...report.starts,
    },
    {
      label: 'Streams',
      definition: 'Playback starts that were followed by 5 seconds of continuous play.',
      ...report.streams,
    },
    {
      label: 'Minutes watched',
      definition: 'Wall time in the playing state. Pauses and buffering do not count.',
      ...report.minutes,
    },
  ]
  const holdings = [
    {
      label: 'Titles',
      definition:
        'Movies, series, seasons, episodes and audio that the catalogue holds at this moment, whatever the dates. Deleted ones do not count.',
      value: report.catalogue.titles,
    },
    {
      label: 'Channels',
      definition:
        'Channels that the catalogue holds at this moment, whatever the dates. Deleted ones do not count.',
      value: report.catalogue.channels,
    },
  ]
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
      {numbers.map(({ label, definition, value, previous }) => (
        <Metric
          key={label}
          label={label}
          definition={definition}
          value={value}
          format={label === 'Minutes watched' ? formatMinutes : formatCount}
          previous={{ value: previous, name: before }}
        />
      ))}
      {holdings.map(({ label, definition, value }) => (
        <Metric
          key={label}
          label={label}
          definition={definition}
          value={value}
          format={formatCount}
          note="in the catalogue now"
        />
      ))}
    </div>
  )
}

function TitlesTable(props: { report: OverviewReport }) {
  const { titles } = props.report
  return (
    <Card
      title="Top titles"
      definition="Titles and channels with the most minutes watched in the period. A viewer counts once for each title."
      isFlush
    >
      {titles.length === 0 ? (
        <NothingWatched report={props.report} />
      ) : (
        <DataTable
          caption="Top titles"
          header={['Title', 'Kind', 'Viewers', 'Streams', 'Minutes']}
          narrowHides={['Kind']}
          rows={titles.map((title) => [
            title.name ?? `${title.contentId} (not in the catalogue)`,
            title.contentKind === 'live' ? 'Live' : 'On demand',
            title.viewers,
            title.streams,
            title.minutes,
          ])}
        />
      )}
    </Card>
  )
}

function PlatformsTable(props: { report: OverviewReport }) {
  const { platforms } = props.report
  return (
    <Card
      title="Platforms"
      definition="Where the service was used in the period. Somebody who uses two platforms counts on both."
      isFlush
    >
      {platforms.length === 0 ? (
        <NothingWatched report={props.report} />
      ) : (
        <DataTable
          caption="Platforms"
          header={['Platform', 'People', 'Minutes']}
          rows={platforms.map((row) => [platformLabel(row.platform), row.viewers, row.minutes])}
        />
      )}
    </Card>
  )
}

function NothingWatched(props: { report: OverviewReport }) {
  return (
    <Empty title="Nothing was watched">
      <p>No playback was recorded in {formatRange(props.report)}. Choose other dates above.</p>
    </Empty>
  )
}

function OverviewSkeleton() {
  return (
    <>
      <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
        {['registrations', 'viewers', 'events', 'starts', 'streams', 'minutes', 'titles', 'channels'].map(
          (number) => (
            <Skeleton key={number} className="h-28" />
          ),
        )}
      </div>
      <Skeleton className="h-90" />
      <Skeleton className="h-80" />
    </>
  )
}
