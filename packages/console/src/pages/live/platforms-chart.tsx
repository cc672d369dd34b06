import type { LiveReport } from '@foyer/contracts'
import { useMemo } from 'react'
import { categoryAxis, countAxis } from '../../charts/chart-options.ts'
import { Chart } from '../../charts/chart.tsx'
import type { ChartDrawing } from '../../charts/drawing.ts'
import { formatCount } from '../../lib/format.ts'
import { platformLabel } from '../../lib/platforms.ts'
import { useStable } from '../../lib/use-stable.ts'
import { Empty } from '../../ui/states.tsx'
import { NO_LIST } from './no-list.ts'

/** What viewers watch on at this moment. */
export function PlatformsChart(props: { service: string; platforms: LiveReport['platforms'] }) {
  const platforms = useStable(props.platforms)
  const drawing = useMemo(() => drawingOf(platforms), [platforms])
  const first = platforms[0]
  return (
    <Chart
      title="Plays now by platform"
      definition={`Plays under way by the platform they are on. Somebody who uses two platforms is a viewer of both. ${NO_LIST}`}
      summary={
        first
          ? `Bars of plays by platform: most on ${platformLabel(first.platform)} with ${formatCount(first.plays)}.`
          : 'No bars: nobody is there.'
      }
      drawing={drawing}
      table={{
        header: ['Platform', 'Viewers', 'Plays'],
        rows: platforms.map(({ platform, viewers, plays }) => [platformLabel(platform), viewers, plays]),
      }}
      fileName={`live-platforms-${props.service}`}
      height={320}
      empty={first ? undefined : <Empty title="Nobody is there" />}
    />
  )
}

function drawingOf(platforms: LiveReport['platforms']): ChartDrawing {
  const names = platforms.map(({ platform }) => platformLabel(platform))
  return {
    pointing: 'y',
    points: platforms.map(({ viewers, plays }, index) => ({
      title: names[index]!,
      details: [
        { label: 'Plays', value: formatCount(plays) },
        { label: 'Viewers', value: formatCount(viewers) },
      ],
      marks: [{ series: 0, index }],
      at: [plays, index],
    })),
    option: (tokens) => ({
      grid: { left: 8, right: 24, top: 4, bottom: 4, containLabel: true },
      xAxis: countAxis(tokens),
      yAxis: categoryAxis(tokens, names, { inverse: true }),
      series: [
        {
          type: 'bar',
          data: platforms.map(({ plays }) => plays),
          color: tokens.series[0],
          barMaxWidth: 22,
          emphasis: { itemStyle: { color: tokens.accent } },
        },
      ],
    }),
  }
}
