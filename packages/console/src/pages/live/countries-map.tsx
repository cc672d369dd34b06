import type { LiveReport } from '@foyer/contracts'
import { useMemo } from 'react'
import { Chart } from '../../charts/chart.tsx'
import { worldDrawing } from '../../charts/world-drawing.ts'
import { formatCount, formatCountry, formatNumberOf } from '../../lib/format.ts'
import { useIsWide } from '../../lib/use-is-wide.ts'
import { useStable } from '../../lib/use-stable.ts'
import { Empty } from '../../ui/states.tsx'
import { NO_LIST } from './no-list.ts'

/** Where viewers are at this moment. */
export function CountriesMap(props: { service: string; countries: LiveReport['countries'] }) {
  const countries = useStable(props.countries)
  const isWide = useIsWide()
  const drawing = useMemo(
    () =>
      worldDrawing(
        countries
          .filter(({ country }) => country !== '')
          .map(({ country, viewers, plays }) => ({
            code: country,
            value: viewers,
            details: [
              { label: 'Viewers', value: formatCount(viewers) },
              { label: 'Plays', value: formatCount(plays) },
            ],
          })),
      ),
    [countries],
  )
  const known = countries.filter(({ country }) => country !== '')
  const first = known[0]
  return (
    <Chart
      title="Viewers now by country"
      definition={`By the address that their last event came from, of which no more than the country is kept. The table also lists countries too small for the map, and who is somewhere unknown. ${NO_LIST}`}
      summary={
        first
          ? `World map: viewers in ${formatNumberOf(known.length, 'country', 'countries')}, most in ${formatCountry(first.country)} with ${formatCount(first.viewers)}.`
          : 'World map without anybody on it.'
      }
      note={first && `Most in ${formatCountry(first.country)}: ${formatNumberOf(first.viewers, 'viewer')}`}
      drawing={drawing}
      table={{
        header: ['Country', 'Viewers', 'Plays'],
        rows: countries.map(({ country, viewers, plays }) => [
          country === '' ? 'Unknown' : formatCountry(country),
          viewers,
          plays,
        ]),
      }}
      fileName={`live-countries-${props.service}`}
      height={isWide ? 320 : 190}
      empty={countries.length === 0 ? <Empty title="Nobody is there" /> : undefined}
    />
  )
}
