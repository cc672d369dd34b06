import { LIVE, type LiveReport } from '@foyer/contracts'
import { useState } from 'react'
import { formatCount, formatNumberOf, formatSeconds } from '../../lib/format.ts'
import { LOCALE } from '../../lib/locale.ts'
import { useScope, type Scope } from '../../lib/scope.ts'
import { useSession } from '../../lib/session.tsx'
import { useStable } from '../../lib/use-stable.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Guard } from '../../ui/guard.tsx'
import { Metric } from '../../ui/metric.tsx'
import { NoService } from '../../ui/no-service.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty, Failed, Skeleton } from '../../ui/states.tsx'
import { CountriesMap } from './countries-map.tsx'
import { LiveStatus } from './live-status.tsx'
import { MinutesChart } from './minutes-chart.tsx'
import { NO_LIST } from './no-list.ts'
import { PlatformsChart } from './platforms-chart.tsx'
import { useLive } from './use-live.ts'

/** Who is there and what plays at this moment; it moves by itself. Definitions: docs/guides/live.md. */
export function LivePage() {
  const scope = useScope()
  const [turn, setTurn] = useState(0)
  if (!scope) return <NoService title="Live" />
  return <Live key={turn} scope={scope} onRetry={() => setTurn(turn + 1)} />
}

function Live(props: { scope: Scope; onRetry: () => void }) {
  const { service } = props.scope
  const [isPaused, setPaused] = useState(false)
  const { report, connection, error } = useLive(service.id, isPaused)
  if (error) {
    return (
      <Page title="Live" scope={props.scope} withPeriod={false}>
        <Failed what="the live picture" error={error} onRetry={props.onRetry} />
      </Page>
    )
  }
  return (
    <Page title="Live" scope={props.scope} withPeriod={false}>
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <LiveStatus
          connection={isPaused ? 'paused' : connection}
          report={report}
          timeZone={service.timeZone}
        />
        <Button onPress={() => setPaused(!isPaused)}>{isPaused ? 'Go on' : 'Pause'}</Button>
      </div>
      {report ? (
        <div className={`contents ${!isPaused && connection !== 'live' ? '*:opacity-60' : ''}`}>
          <Picture report={report} timeZone={service.timeZone} />
        </div>
      ) : (
        <output aria-label="Loading the live picture" className="contents">
          <LiveSkeleton />
        </output>
      )}
    </Page>
  )
}

function Picture(props: { report: LiveReport; timeZone: string }) {
  const { report, timeZone } = props
  return (
    <>
      <Guard what="the numbers">
        <Numbers report={report} />
      </Guard>
      <Guard what="the last minutes">
        <MinutesChart service={report.service} history={report.history} timeZone={timeZone} />
      </Guard>
      <div className="grid gap-3 lg:grid-cols-[3fr_2fr]">
        <Guard what="the countries">
          <CountriesMap service={report.service} countries={report.countries} />
        </Guard>
        <Guard what="the platforms">
          <PlatformsChart service={report.service} platforms={report.platforms} />
        </Guard>
      </div>
      <div className="grid gap-3 lg:grid-cols-[3fr_2fr]">
        <Guard what="the titles">
          <TitlesTable report={report} />
        </Guard>
        <Guard what="the services">
          <ServicesTable report={report} />
        </Guard>
      </div>
    </>
  )
}

function Numbers(props: { report: LiveReport }) {
  const { viewers, plays, eventsPerSecond } = props.report
  const { playing, stalled, ad, paused, starting } = plays
  const numbers = [
    {
      label: 'Viewers now',
      definition: `Distinct people with a play, under way or paused, or with any event in the last ${formatSeconds(LIVE.presentMs)}. Who signed in is one person on all devices.`,
      value: viewers.signedIn + viewers.anonymous,
      note: `${formatCount(viewers.signedIn)} signed in · ${formatCount(viewers.anonymous)} anonymous`,
    },
    {
      label: 'Plays now',
      definition: `Plays that show a picture or are about to go on: playing, stalled or in an ad. One leaves when it ends, else ${formatSeconds(LIVE.presentMs)} after its last event (${formatSeconds(LIVE.stalledMs)} while stalled).`,
      value: playing + stalled + ad,
      note: `${formatCount(stalled)} stalled · ${formatCount(ad)} in an ad`,
    },
    {
      label: 'Paused',
      definition: `Plays that their viewer paused. One leaves when it ends, else ${formatSeconds(LIVE.pausedMs)} after its last event. Not in Plays now.`,
      value: paused,
      note: `${formatCount(starting)} more starting`,
    },
    {
      label: 'Events per second',
      definition: `Events received, as a mean over the last ${formatSeconds(LIVE.rateMs)}.`,
      value: eventsPerSecond,
      note: `mean of ${formatSeconds(LIVE.rateMs)}`,
    },
  ]
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
      {numbers.map((number) => (
        <Metric key={number.label} format={formatRate} {...number} />
      ))}
    </div>
  )
}

function TitlesTable(props: { report: LiveReport }) {
  const { titles, titlesTotal } = props.report
  return (
    <Card
      title="What plays now"
      definition={`Titles and channels with the most plays under way. A viewer counts once for each. ${NO_LIST}`}
      note={titlesTotal > titles.length && `${titles.length} of ${formatNumberOf(titlesTotal, 'title')}`}
      isFlush
    >
      {titles.length === 0 ? (
        <Empty title="Nothing plays now">
          <p>It appears here as soon as a player of this service says that it plays.</p>
        </Empty>
      ) : (
        <DataTable
          caption="What plays now"
          header={['Title', 'Kind', 'Viewers', 'Plays']}
          narrowHides={['Kind']}
          rows={titles.map((title) => [
            title.name ?? `${title.contentId} (not in the catalogue)`,
            KINDS[title.contentKind],
            title.viewers,
            title.plays,
          ])}
        />
      )}
    </Card>
  )
}

const KINDS: Record<LiveReport['titles'][number]['contentKind'], string> = {
  vod: 'On demand',
  live: 'Live',
  ad: 'Ad',
  broadcast: 'Broadcast',
  '': 'Unknown',
}

function ServicesTable(props: { report: LiveReport }) {
  const { services } = useSession()
  const rows = useStable(props.report.services)
  const nameOf = (id: string): string => services.find((service) => service.id === id)?.name ?? id
  return (
    <Card
      title="All services"
      definition={`Every service where something happens. Somebody who uses two services counts in both. ${NO_LIST}`}
      isFlush
    >
      {rows.length === 0 ? (
        <Empty title="Nobody is there" />
      ) : (
        <DataTable
          caption="All services"
          header={['Service', 'Viewers', 'Plays', 'Events/s']}
          rows={rows.map(({ service, viewers, plays, eventsPerSecond }) => [
            nameOf(service),
            viewers,
            plays,
            eventsPerSecond,
          ])}
        />
      )}
    </Card>
  )
}

/** Whole where it is; rates have a tenth. */
function formatRate(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : rate.format(value)
}

const rate = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 1, maximumFractionDigits: 1 })

function LiveSkeleton() {
  return (
    <>
      <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
        {['viewers', 'plays', 'paused', 'events'].map((number) => (
          <Skeleton key={number} className="h-28" />
        ))}
      </div>
      <Skeleton className="h-80" />
      <div className="grid gap-3 lg:grid-cols-[3fr_2fr]">
        <Skeleton className="h-96" />
        <Skeleton className="h-96" />
      </div>
    </>
  )
}
