import { DEFINITIONS, overviewReport, UNKNOWN, type OverviewReport } from '@foyer/contracts'
import { api } from '../../lib/api.ts'
import {
  formatCount,
  formatCountry,
  formatMinutes,
  formatMinutesMoved,
  formatNumberOf,
} from '../../lib/format.ts'
import { platformLabel } from '../../lib/platforms.ts'
import type { Scope } from '../../lib/scope.ts'
import { useResource } from '../../lib/use-resource.ts'
import { useViewerLists, type ViewerListLinks } from '../../lib/viewer-lists.ts'
import type { Compared } from '../../ui/change.tsx'
import { Guard } from '../../ui/guard.tsx'
import { Metric } from '../../ui/metric.tsx'
import { Empty, Loaded, Skeleton } from '../../ui/states.tsx'
import { TableCard } from '../../ui/table-card.tsx'
import { DaysChart } from './days-chart.tsx'
import { changeFigure, countFigure, minutesFigure, shareOf } from './figures.tsx'
import { NothingWatched } from './nothing-watched.tsx'

/** What a marketer wants first: who came, who stayed, where they are, and what moved. */
export function AudienceTab(props: { scope: Scope }) {
  const { service, period } = props.scope
  const query = { service: service.id, from: period.from, to: period.to }
  const report = useResource(JSON.stringify(query), (signal) =>
    api.get('/v1/reports/overview', overviewReport, { query, signal }),
  )
  return (
    <Loaded resource={report} what="the overview" skeleton={<AudienceSkeleton />}>
      {(data) => (
        <>
          <Guard what="the numbers">
            <Numbers report={data} />
          </Guard>
          <div className="grid gap-3 lg:grid-cols-[5fr_3fr]">
            <Guard what="the days">
              <DaysChart report={data} />
            </Guard>
            <Guard what="new and returning viewers">
              <LoyaltyTable report={data} />
            </Guard>
          </div>
          <div className="grid gap-3 lg:grid-cols-2">
            <Guard what="what changed most">
              <ChangesTable report={data} />
            </Guard>
            <Guard what="the platforms">
              <PlatformsTable report={data} />
            </Guard>
            <Guard what="the countries">
              <CountriesTable report={data} />
            </Guard>
            <Guard what="the top titles">
              <TitlesTable report={data} />
            </Guard>
          </div>
        </>
      )}
    </Loaded>
  )
}

function Numbers(props: { report: OverviewReport }) {
  const { report } = props
  const lists = useViewerLists()
  const before = `prior ${formatNumberOf(report.days.length, 'day')}`
  const numbers: readonly (Named & Compared & { format?: typeof formatCount; to?: string | null })[] = [
    { ...DEFINITIONS.registrations, ...report.registrations, to: lists.registered({}) },
    { ...DEFINITIONS.activeViewers, ...report.activeViewers, to: lists.active({}) },
    { ...DEFINITIONS.minutes, ...report.minutes, format: formatMinutes },
    { ...DEFINITIONS.events, ...report.events },
    { ...DEFINITIONS.starts, ...report.starts },
    { ...DEFINITIONS.streams, ...report.streams },
  ]
  const holdings = [
    { ...DEFINITIONS.titles, value: report.catalogue.titles },
    { ...DEFINITIONS.channels, value: report.catalogue.channels },
  ]
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
      {numbers.map(({ name, text, value, previous, format = formatCount, to = null }) => (
        <Metric
          key={name}
          label={name}
          definition={text}
          value={value}
          format={format}
          formatDifference={format === formatMinutes ? formatMinutesMoved : format}
          previous={{ value: previous, name: before }}
          to={value > 0 ? to : null}
        />
      ))}
      {holdings.map(({ name, text, value }) => (
        <Metric
          key={name}
          label={name}
          definition={text}
          value={value}
          format={formatCount}
          note="in the catalogue of all services"
        />
      ))}
    </div>
  )
}

type Named = { readonly name: string; readonly text: string }

function LoyaltyTable(props: { report: OverviewReport }) {
  const { loyalty, anonymousVisitors, days, ...report } = props.report
  const lists = useViewerLists()
  const rows = [
    { id: 'new', ...DEFINITIONS.newViewers, compared: loyalty.new },
    { id: 'returning', ...DEFINITIONS.returningViewers, compared: loyalty.returning },
    { id: 'back', ...DEFINITIONS.backViewers, compared: loyalty.back },
    { id: 'lost', ...DEFINITIONS.lostViewers, compared: loyalty.lost },
  ] as const
  const all = [...rows.map(({ compared }) => compared.value), anonymousVisitors.value]
  return (
    <TableCard
      title="New and returning"
      definition={[...rows, DEFINITIONS.anonymousVisitors]
        .map(({ name, text }) => `${name}: ${text}`)
        .join(' ')}
      note={`against the prior ${formatNumberOf(days.length, 'day')}`}
      nameHeader="Viewers"
      columns={[{ name: 'Viewers', csvName: 'Number' }, { name: 'Change' }]}
      fileName={`loyalty-${report.service}-${report.from}-${report.to}`}
      rows={[
        ...rows.map(({ id, name, compared }) => ({
          key: id,
          name,
          to: compared.value > 0 ? lists.active({ loyalty: id }) : null,
          share: shareOf(compared.value, all),
          figures: [
            countFigure(compared.value),
            changeFigure(compared, formatCount, id === 'lost' ? 'less' : 'more'),
          ],
        })),
        {
          key: 'visitors',
          name: DEFINITIONS.anonymousVisitors.name,
          share: shareOf(anonymousVisitors.value, all),
          figures: [
            countFigure(anonymousVisitors.value),
            changeFigure(anonymousVisitors, formatCount, 'neither'),
          ],
        },
      ]}
      empty={null}
    />
  )
}

function ChangesTable(props: { report: OverviewReport }) {
  const { changes, ...report } = props.report
  const lists = useViewerLists()
  const moves = changes.map(({ viewers }) => Math.abs(viewers.value - viewers.previous))
  return (
    <TableCard
      title={DEFINITIONS.biggestChanges.name}
      definition={`Active viewers by platform and by country. ${DEFINITIONS.biggestChanges.text}`}
      nameHeader="Platform or country"
      columns={[{ name: 'Viewers' }, { name: 'Change' }]}
      fileName={`changes-${report.service}-${report.from}-${report.to}`}
      rows={changes.map(({ dimension, key, viewers }, index) => ({
        key: `${dimension} ${key}`,
        name: dimension === 'platform' ? platformLabel(key) : countryLabel(key),
        to: viewers.value > 0 ? listOf(lists, dimension, key) : null,
        share: shareOf(moves[index]!, moves),
        figures: [countFigure(viewers.value), changeFigure(viewers)],
      }))}
      empty={<Empty title="Nothing changed">No platform or country has more or fewer viewers.</Empty>}
    />
  )
}

function PlatformsTable(props: { report: OverviewReport }) {
  const { platforms, ...report } = props.report
  return (
    <UsageTable
      title="Platforms"
      definition="Where the service was used in the period. Viewers are registered; somebody who uses two platforms counts on both."
      dimension="platform"
      rows={platforms.map((row) => ({ ...row, id: row.platform, name: platformLabel(row.platform) }))}
      report={report}
    />
  )
}

function CountriesTable(props: { report: OverviewReport }) {
  const { countries, ...report } = props.report
  return (
    <UsageTable
      title="Countries"
      definition="Where the devices were, by their network address. Viewers are registered; somebody who was in two countries counts in both."
      dimension="country"
      rows={countries.map((row) => ({ ...row, id: row.country, name: countryLabel(row.country) }))}
      report={report}
    />
  )
}

type UsageRow = Omit<OverviewReport['platforms'][number], 'platform'> & { id: string; name: string }

function UsageTable(props: {
  title: string
  definition: string
  dimension: 'platform' | 'country'
  rows: readonly UsageRow[]
  report: { service: string; from: string; to: string }
}) {
  const { rows, report, dimension } = props
  const lists = useViewerLists()
  const all = rows.map(({ viewers }) => viewers)
  return (
    <TableCard
      title={props.title}
      definition={props.definition}
      nameHeader={dimension === 'platform' ? 'Platform' : 'Country'}
      columns={[{ name: 'Viewers' }, { name: 'Change' }, { name: 'Minutes' }]}
      fileName={`${props.title.toLowerCase()}-${report.service}-${report.from}-${report.to}`}
      rows={rows.map(({ id, name, viewers, visitors, minutes, previous }) => ({
        key: id,
        name,
        to: viewers + visitors > 0 ? listOf(lists, dimension, id) : null,
        share: shareOf(viewers, all),
        figures: [
          countFigure(viewers),
          changeFigure({ value: viewers, previous: previous.viewers }),
          minutesFigure(minutes),
        ],
      }))}
      empty={<NothingWatched report={report} />}
    />
  )
}

function TitlesTable(props: { report: OverviewReport }) {
  const { titles, ...report } = props.report
  const lists = useViewerLists()
  const all = titles.map(({ minutes }) => minutes)
  return (
    <TableCard
      title="Top titles"
      definition="Titles and channels with the most minutes watched in the period. A viewer counts once for each title."
      nameHeader="Title"
      columns={[
        { name: 'Kind', isText: true, isNarrowHidden: true },
        { name: 'Viewers' },
        { name: 'Streams' },
        { name: 'Minutes' },
      ]}
      fileName={`titles-${report.service}-${report.from}-${report.to}`}
      rows={titles.map(({ contentId, contentKind, name, viewers, visitors, streams, minutes }) => ({
        key: `${contentKind} ${contentId}`,
        name: name ?? `${contentId} (not in the catalogue)`,
        to:
          viewers + visitors > 0 && (contentKind === 'vod' || contentKind === 'live')
            ? lists.active({ contentId, contentKind })
            : null,
        share: shareOf(minutes, all),
        figures: [
          { raw: contentKind, shown: contentKind === 'live' ? 'Live' : 'On demand' },
          countFigure(viewers),
          countFigure(streams),
          minutesFigure(minutes),
        ],
      }))}
      empty={<NothingWatched report={report} />}
    />
  )
}

/** The list behind a platform or country; what is not known has a list too. */
function listOf(lists: ViewerListLinks, dimension: 'platform' | 'country', key: string): string | null {
  const value = key === '' ? UNKNOWN : key
  return lists.active(dimension === 'country' ? { country: value } : { platform: value as never })
}

function countryLabel(code: string): string {
  return code === '' ? 'Unknown country' : formatCountry(code)
}

function AudienceSkeleton() {
  return (
    <>
      <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
        {['registrations', 'viewers', 'minutes', 'events', 'starts', 'streams', 'titles', 'channels'].map(
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
