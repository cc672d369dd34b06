import { contentOverview, DEFINITIONS, type ContentOverview, type TitleUse } from '@foyer/contracts'
import type { ReactNode } from 'react'
import { api } from '../../lib/api.ts'
import {
  formatCount,
  formatDate,
  formatMinutes,
  formatMinutesMoved,
  formatNumberOf,
  formatPoints,
  formatRange,
  formatRatio,
} from '../../lib/format.ts'
import { daysOf } from '../../lib/periods.ts'
import type { Scope } from '../../lib/scope.ts'
import { useResource } from '../../lib/use-resource.ts'
import { useViewerLists } from '../../lib/viewer-lists.ts'
import { Guard } from '../../ui/guard.tsx'
import { Metric } from '../../ui/metric.tsx'
import { Empty, Loaded, Skeleton } from '../../ui/states.tsx'
import { TableCard, type Figure, type TableColumn, type TableRow } from '../../ui/table-card.tsx'
import { changeFigure, countFigure, minutesFigure, ratio, ratioFigure, shareOf } from './figures.tsx'
import { NothingWatched } from './nothing-watched.tsx'

/** What an editor wants first: what is watched and by how many, what rises and falls, what is new. */
export function ContentTab(props: { scope: Scope }) {
  const { service, period } = props.scope
  const query = { service: service.id, from: period.from, to: period.to }
  const report = useResource(JSON.stringify(query), (signal) =>
    api.get('/v1/reports/overview/content', contentOverview, { query, signal }),
  )
  return (
    <Loaded resource={report} what="the content" skeleton={<ContentSkeleton />}>
      {(data) => (
        <>
          <Guard what="the numbers">
            <Numbers report={data} />
          </Guard>
          <Guard what="the top titles">
            <TitlesTable
              title="Top titles"
              definition="Titles and channels with the most minutes watched in the period. A viewer counts once for each title."
              report={data}
              titles={data.titles}
              empty={<NothingWatched report={data} />}
              isWide
            />
          </Guard>
          <div className="grid gap-3 lg:grid-cols-2">
            <Guard what="what rises">
              <TitlesTable
                title="Watched more"
                definition={`Titles whose minutes rose most against the prior days. ${DEFINITIONS.biggestChanges.text}`}
                report={data}
                titles={data.movers.up}
                empty={<Empty title="Nothing was watched more than before" />}
              />
            </Guard>
            <Guard what="what falls">
              <TitlesTable
                title="Watched less"
                definition={`Titles whose minutes fell most against the prior days. ${DEFINITIONS.biggestChanges.text}`}
                report={data}
                titles={data.movers.down}
                empty={<Empty title="Nothing was watched less than before" />}
              />
            </Guard>
          </div>
          <Guard what="what is new">
            <AddedTable report={data} />
          </Guard>
        </>
      )}
    </Loaded>
  )
}

function Numbers(props: { report: ContentOverview }) {
  const { report } = props
  const lists = useViewerLists()
  const before = `prior ${formatNumberOf(daysOf(report), 'day')}`
  const { starts, streams } = report
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
      <Metric
        label={DEFINITIONS.minutes.name}
        definition={`${DEFINITIONS.minutes.text} Of titles and channels; advertisements do not count.`}
        value={report.minutes.value}
        format={formatMinutes}
        formatDifference={formatMinutesMoved}
        previous={{ value: report.minutes.previous, name: before }}
      />
      <Metric
        label={DEFINITIONS.liveMinutes.name}
        definition={DEFINITIONS.liveMinutes.text}
        value={report.liveMinutes.value}
        format={formatMinutes}
        formatDifference={formatMinutesMoved}
        previous={{ value: report.liveMinutes.previous, name: before }}
        to={report.liveMinutes.value > 0 ? lists.active({ contentKind: 'live' }) : null}
      />
      <Metric
        label={DEFINITIONS.streamsPerStart.name}
        definition={DEFINITIONS.streamsPerStart.text}
        value={ratio(streams.value, starts.value) ?? 0}
        format={formatRatio}
        formatDifference={formatPoints}
        isRatio
        {...(starts.previous > 0
          ? { previous: { value: ratio(streams.previous, starts.previous)!, name: before } }
          : { note: 'no starts in the days before' })}
      />
      <Metric
        label={DEFINITIONS.titlesWatched.name}
        definition={DEFINITIONS.titlesWatched.text}
        value={report.titlesWatched.value}
        format={formatCount}
        previous={{ value: report.titlesWatched.previous, name: before }}
      />
    </div>
  )
}

const WIDE: readonly { column: TableColumn; figure: (title: TitleUse) => Figure }[] = [
  {
    column: { name: 'Kind', isText: true, isNarrowHidden: true },
    figure: ({ contentKind }) => ({ raw: contentKind, shown: contentKind === 'live' ? 'Live' : 'On demand' }),
  },
  { column: { name: 'Viewers' }, figure: ({ viewers }) => countFigure(viewers) },
  { column: { name: 'Streams', isNarrowHidden: true }, figure: ({ streams }) => countFigure(streams) },
  {
    column: { name: 'Per start', csvName: 'Streams per start in %', isNarrowHidden: true },
    figure: ({ streams, starts }) => ratioFigure(ratio(streams, starts)),
  },
  { column: { name: 'Minutes' }, figure: ({ minutes }) => minutesFigure(minutes.value) },
  { column: { name: 'Change' }, figure: ({ minutes }) => changeFigure(minutes, formatMinutesMoved) },
]
const SLIM = WIDE.filter(({ column }) => ['Viewers', 'Minutes', 'Change'].includes(column.name))

function TitlesTable(props: {
  title: string
  definition: string
  report: ContentOverview
  titles: readonly TitleUse[]
  empty: ReactNode
  isWide?: boolean
}) {
  const { report, titles } = props
  const columns = props.isWide ? WIDE : SLIM
  const rows = useTitleRows(titles, columns)
  return (
    <TableCard
      title={props.title}
      definition={props.definition}
      nameHeader="Title"
      columns={columns.map(({ column }) => column)}
      fileName={`${props.title.toLowerCase().replaceAll(' ', '-')}-${report.service}-${report.from}-${report.to}`}
      rows={rows}
      empty={props.empty}
    />
  )
}

function useTitleRows(titles: readonly TitleUse[], columns: typeof WIDE): TableRow[] {
  const lists = useViewerLists()
  const all = titles.map(({ minutes }) => minutes.value)
  return titles.map((title) => {
    const { contentId, contentKind, viewers, visitors } = title
    const isListed = viewers + visitors > 0 && (contentKind === 'vod' || contentKind === 'live')
    return {
      key: `${contentKind} ${contentId}`,
      name: title.name ?? `${contentId} (not in the catalogue)`,
      to: isListed ? lists.active({ contentId, contentKind }) : null,
      share: shareOf(title.minutes.value, all),
      figures: columns.map(({ figure }) => figure(title)),
    }
  })
}

const ADDED = WIDE.filter(({ column }) => ['Kind', 'Viewers', 'Minutes'].includes(column.name))

function AddedTable(props: { report: ContentOverview }) {
  const { report } = props
  const { added } = report
  const rows = useTitleRows(added.titles, ADDED)
  return (
    <TableCard
      title={DEFINITIONS.addedTitles.name}
      definition={DEFINITIONS.addedTitles.text}
      note={
        added.total > added.titles.length
          ? `${formatCount(added.titles.length)} of ${formatCount(added.total)} that came in ${formatRange(report)}`
          : undefined
      }
      nameHeader="Title"
      columns={[{ name: 'Added', isText: true }, ...ADDED.map(({ column }) => column)]}
      fileName={`new-titles-${report.service}-${report.from}-${report.to}`}
      rows={rows.map((row, index) => {
        const { addedOn } = added.titles[index]!
        return { ...row, figures: [{ raw: addedOn, shown: formatDate(addedOn) }, ...row.figures] }
      })}
      empty={
        <Empty title="Nothing is new">
          <p>No title or channel came into the catalogue in {formatRange(report)}.</p>
        </Empty>
      }
    />
  )
}

function ContentSkeleton() {
  return (
    <>
      <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
        {['minutes', 'live', 'streams', 'titles'].map((number) => (
          <Skeleton key={number} className="h-28" />
        ))}
      </div>
      <Skeleton className="h-100" />
      <Skeleton className="h-80" />
    </>
  )
}
