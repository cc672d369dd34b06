import { DEFINITIONS, qualityOverview, UNKNOWN, type Quality, type QualityOverview } from '@foyer/contracts'
import { api } from '../../lib/api.ts'
import { formatBytes, formatDuration, formatNumberOf, formatPoints, formatRatio } from '../../lib/format.ts'
import { platformLabel } from '../../lib/platforms.ts'
import type { Scope } from '../../lib/scope.ts'
import { useResource } from '../../lib/use-resource.ts'
import { useViewerLists, type ViewerListLinks } from '../../lib/viewer-lists.ts'
import { Guard } from '../../ui/guard.tsx'
import { Metric } from '../../ui/metric.tsx'
import { Empty, Loaded, Skeleton } from '../../ui/states.tsx'
import { TableCard } from '../../ui/table-card.tsx'
import { changeFigure, countFigure, pointsFigure, ratioFigure, shareOf } from './figures.tsx'
import { NothingWatched } from './nothing-watched.tsx'
import { QualityChart } from './quality-chart.tsx'
import { stallRatio, unknownRatio, withoutStreamRatio } from './ratios.ts'

/** What an engineer wants first: what never began, what stalled, what nobody knows, and what it weighs. */
export function QualityTab(props: { scope: Scope }) {
  const { service, period } = props.scope
  const query = { service: service.id, from: period.from, to: period.to }
  const report = useResource(JSON.stringify(query), (signal) =>
    api.get('/v1/reports/overview/quality', qualityOverview, { query, signal }),
  )
  return (
    <Loaded resource={report} what="the quality" skeleton={<QualitySkeleton />}>
      {(data) => (
        <>
          <Guard what="the numbers">
            <Numbers report={data} />
          </Guard>
          <Guard what="the days">
            <QualityChart report={data} />
          </Guard>
          <Guard what="the platforms">
            <PlatformsTable report={data} />
          </Guard>
          <div className="grid gap-3 lg:grid-cols-2">
            <Guard what="what changed most">
              <ChangesTable report={data} />
            </Guard>
            <Guard what="the devices">
              <DevicesTable report={data} />
            </Guard>
          </div>
        </>
      )}
    </Loaded>
  )
}

const RATIOS = [
  { ...DEFINITIONS.startsWithoutStream, of: withoutStreamRatio, without: 'no starts' },
  { ...DEFINITIONS.stallRatio, of: stallRatio, without: 'nothing played' },
  { ...DEFINITIONS.unknownTime, of: unknownRatio, without: 'nothing played' },
]

function Numbers(props: { report: QualityOverview }) {
  const { total, bytes, days } = props.report
  const before = `prior ${formatNumberOf(days.length, 'day')}`
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
      {RATIOS.map(({ name, text, of, without }) => {
        const previous = of(total.previous)
        return (
          <Metric
            key={name}
            label={name}
            definition={text}
            value={of(total.value) ?? 0}
            format={formatRatio}
            formatDifference={formatPoints}
            isRatio
            better="less"
            {...(previous === null || of(total.value) === null
              ? { note: `${without} in the ${of(total.value) === null ? 'period' : before}` }
              : { previous: { value: previous, name: before } })}
          />
        )
      })}
      <Metric
        label={DEFINITIONS.bytes.name}
        definition={DEFINITIONS.bytes.text}
        value={bytes.value}
        format={formatBytes}
        better="neither"
        previous={{ value: bytes.previous, name: before }}
      />
    </div>
  )
}

const QUALITY_COLUMNS = [
  { name: 'Starts', isNarrowHidden: true },
  { name: 'No stream', csvName: 'Starts without a stream in %' },
  { name: 'Change', csvName: 'Change of starts without a stream in points', isNarrowHidden: true },
  { name: 'Stall ratio', csvName: 'Stall ratio in %' },
  { name: 'Change ', csvName: 'Change of the stall ratio in points' },
  { name: 'Unknown', csvName: 'Unknown time in %', isNarrowHidden: true },
]
const QUALITY_DEFINITION = [DEFINITIONS.startsWithoutStream, DEFINITIONS.stallRatio, DEFINITIONS.unknownTime]
  .map(({ name, text }) => `${name}: ${text}`)
  .join(' ')

function qualityFigures({ value, previous }: { value: Quality; previous: Quality }) {
  return [
    countFigure(value.starts),
    ratioFigure(withoutStreamRatio(value)),
    pointsFigure(withoutStreamRatio(value), withoutStreamRatio(previous), 'less'),
    ratioFigure(stallRatio(value)),
    pointsFigure(stallRatio(value), stallRatio(previous), 'less'),
    ratioFigure(unknownRatio(value)),
  ]
}

function PlatformsTable(props: { report: QualityOverview }) {
  const { report } = props
  const lists = useViewerLists()
  const all = report.platforms.map(({ value }) => value.starts)
  return (
    <TableCard
      title="Quality by platform"
      definition={QUALITY_DEFINITION}
      nameHeader="Platform"
      columns={QUALITY_COLUMNS}
      fileName={`quality-platforms-${report.service}-${report.from}-${report.to}`}
      rows={report.platforms.map(({ platform, ...values }) => ({
        key: platform,
        name: platformLabel(platform),
        to: listOf(lists, { platform, ...values }),
        share: shareOf(values.value.starts, all),
        figures: qualityFigures(values),
      }))}
      empty={<NothingWatched report={report} />}
    />
  )
}

/** The list behind a platform, also behind what is not known; null where nobody began anything. */
function listOf(
  lists: ViewerListLinks,
  { platform, value }: QualityOverview['platforms'][number],
): string | null {
  if (value.starts === 0) return null
  return lists.active({ platform: (platform === '' ? UNKNOWN : platform) as never })
}

const DEVICE_LABELS = {
  desktop: 'Desktop',
  mobile: 'Phone',
  tablet: 'Tablet',
  tv: 'TV',
  console: 'Games console',
  settop: 'Set-top box',
  bot: 'Machine',
  other: 'Other',
  unknown: 'Unknown',
} as const

function DevicesTable(props: { report: QualityOverview }) {
  const { report } = props
  const all = report.devices.map(({ value }) => value.starts)
  const columns = QUALITY_COLUMNS.filter(({ name }) =>
    ['Starts', 'No stream', 'Stall ratio', 'Change '].includes(name),
  )
  return (
    <TableCard
      title="Quality by device"
      definition={`${QUALITY_DEFINITION} Sums by device hold no person, so that no list of viewers is behind a row.`}
      nameHeader="Device"
      columns={columns}
      fileName={`quality-devices-${report.service}-${report.from}-${report.to}`}
      rows={report.devices.map(({ deviceClass, ...values }) => {
        const [starts, withoutStream, , stalled, change] = qualityFigures(values)
        return {
          key: deviceClass,
          name: DEVICE_LABELS[deviceClass],
          share: shareOf(values.value.starts, all),
          figures: [starts!, withoutStream!, stalled!, change!],
        }
      })}
      empty={<NothingWatched report={report} />}
    />
  )
}

function ChangesTable(props: { report: QualityOverview }) {
  const { changes, ...report } = props.report
  const lists = useViewerLists()
  const linkOf = new Map(report.platforms.map((row) => [row.platform, listOf(lists, row)]))
  const moves = changes.map(({ stalledMs }) => Math.abs(stalledMs.value - stalledMs.previous))
  return (
    <TableCard
      title={DEFINITIONS.biggestChanges.name}
      definition={`Stalled time by platform. ${DEFINITIONS.biggestChanges.text}`}
      nameHeader="Platform"
      columns={[
        { name: 'Stalled', csvName: 'Stalled ms' },
        { name: 'Change', csvName: 'Change in ms' },
      ]}
      fileName={`stalled-${report.service}-${report.from}-${report.to}`}
      rows={changes.map(({ platform, stalledMs }, index) => ({
        key: platform,
        name: platformLabel(platform),
        to: linkOf.get(platform) ?? null,
        share: shareOf(moves[index]!, moves),
        figures: [
          { raw: stalledMs.value, shown: formatDuration(stalledMs.value) },
          changeFigure(stalledMs, formatDuration, 'less'),
        ],
      }))}
      empty={<Empty title="Nothing changed">No platform stalled longer or shorter.</Empty>}
    />
  )
}

function QualitySkeleton() {
  return (
    <>
      <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
        {['starts', 'stalls', 'unknown', 'bytes'].map((number) => (
          <Skeleton key={number} className="h-28" />
        ))}
      </div>
      <Skeleton className="h-90" />
      <Skeleton className="h-80" />
    </>
  )
}
