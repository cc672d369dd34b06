import type { RegistrationPlace, RegistrationsReport } from '@foyer/contracts'
import { useMemo } from 'react'
import { Canvas } from '../../charts/chart.tsx'
import { worldDrawing } from '../../charts/world-drawing.ts'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components/Tabs'
import { download, toCsv } from '../../lib/csv.ts'
import { formatCount, formatCountry, formatNumberOf, formatPercent } from '../../lib/format.ts'
import { addressOf, navigate, useLocation } from '../../lib/location.ts'
import { useIsWide } from '../../lib/use-is-wide.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { useViewerLists } from '../../lib/viewer-lists.ts'
import { RowLink } from '../../ui/row-link.tsx'
import { listOfPlace } from './registration-lists.ts'
import { Empty } from '../../ui/states.tsx'

const TABS = [
  { id: 'country', label: 'Country', places: (report: RegistrationsReport) => report.countries },
  { id: 'state', label: 'State', places: (report: RegistrationsReport) => report.states },
  { id: 'city', label: 'City', places: (report: RegistrationsReport) => report.cities },
] as const

/** Where viewers registered from (R31, R32): by country, and in detail for the service's own country. */
export function GeographyCard(props: { report: RegistrationsReport }) {
  const { report } = props
  const { path, search } = useLocation()
  const tab = TABS.find(({ id }) => id === search.get('geography')) ?? TABS[0]
  const home = report.localCountry === null ? null : formatCountry(report.localCountry)
  const lists = useViewerLists()
  const names = useMemo(() => namesOf(report), [report])
  const rows = tab.places(report).map((place) => ({
    place,
    name: names(tab.id, place),
    share: shareOf(place, report),
    list: listOfPlace(tab.id, place, lists),
  }))
  return (
    <Card
      title="Registrations by geography"
      definition={`Viewers by the place they gave when they registered. State and City show ${home ?? 'the local country'}; registrations from other countries are Other there.`}
      isFlush
      actions={
        report.total > 0 && (
          <Button
            look="quiet"
            aria-label={`Download registrations by ${tab.id} as CSV`}
            onPress={() =>
              download(
                `geography-${tab.id}-${report.service}-${report.from}-${report.to}.csv`,
                toCsv(
                  [tab.label, 'Code', 'Registrations', 'Share in %'],
                  rows.map(({ place, name, share }) => [
                    name,
                    place.code,
                    place.total,
                    Math.round(share * 10) / 10,
                  ]),
                ),
              )
            }
          >
            CSV
          </Button>
        )
      }
    >
      {report.total === 0 ? (
        <Empty title="Nobody registered" />
      ) : (
        <Tabs
          selectedKey={tab.id}
          onSelectionChange={(key) =>
            navigate(addressOf(path, search, { geography: key === 'country' ? null : String(key) }), {
              replace: true,
            })
          }
        >
          <TabList aria-label="Geography" className="flex gap-4 border-b border-line px-4">
            {TABS.map(({ id, label }) => (
              <Tab
                key={id}
                id={id}
                className="-mb-px cursor-pointer border-b-2 border-transparent py-1.5 text-muted data-hovered:text-ink data-selected:border-accent data-selected:font-medium data-selected:text-ink"
              >
                {label}
              </Tab>
            ))}
          </TabList>
          {tab.id === 'country' && <CountriesMap report={report} />}
          <TabPanel id={tab.id} className="max-h-120 overflow-auto rounded-b-lg">
            <table className="w-full border-collapse">
              <caption className="sr-only">Registrations by {tab.id}</caption>
              <thead>
                <tr className="text-muted">
                  <th scope="col" className="border-b border-line px-4 py-2 text-left font-normal">
                    {tab.label}
                  </th>
                  <th scope="col" className="border-b border-line px-4 py-2 text-right font-normal">
                    Registrations
                  </th>
                  <th scope="col" className="border-b border-line px-4 py-2 text-right font-normal">
                    Share
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map(({ place, name, share, list }) => (
                  <tr key={`${place.kind} ${place.code} ${place.name}`} className="border-b border-line">
                    <th
                      scope="row"
                      className={`px-4 py-2 text-left font-normal ${place.kind === 'place' ? '' : 'text-muted'}`}
                    >
                      {list === null ? name : <RowLink to={list}>{name}</RowLink>}
                    </th>
                    <td className="px-4 py-2 text-right">{formatCount(place.total)}</td>
                    <td className="w-2/5 px-4 py-2 text-right text-muted">
                      <span
                        aria-hidden="true"
                        className="mr-4 inline-block h-2 w-3/5 align-middle max-sm:hidden"
                      >
                        <span
                          className="block h-full rounded-xs bg-series-1"
                          style={{ width: `${share}%` }}
                        />
                      </span>
                      <span className="inline-block w-12">{formatPercent(share)}</span>
                    </td>
                  </tr>
                ))}
              </tbody>
              <tfoot>
                <tr className="font-medium">
                  <th scope="row" className="px-4 py-2 text-left font-medium">
                    Total
                  </th>
                  <td className="px-4 py-2 text-right">{formatCount(report.total)}</td>
                  <td className="px-4 py-2 text-right">{formatPercent(100)}</td>
                </tr>
              </tfoot>
            </table>
          </TabPanel>
        </Tabs>
      )}
    </Card>
  )
}

/** The table below it says the same in numbers. */
function CountriesMap(props: { report: RegistrationsReport }) {
  const { report } = props
  const countries = useMemo(
    () => report.countries.flatMap((place) => (place.code === null ? [] : [{ ...place, code: place.code }])),
    [report],
  )
  const drawing = useMemo(
    () =>
      worldDrawing(
        countries.map((place) => ({
          code: place.code,
          value: place.total,
          details: [
            { label: 'Registrations', value: formatCount(place.total) },
            { label: 'Share', value: formatPercent(shareOf(place, report)) },
          ],
        })),
      ),
    [countries, report],
  )
  return (
    <div className="border-b border-line px-4 py-3">
      <Canvas
        title="Registrations by country"
        summary={`World map: registrations from ${formatNumberOf(countries.length, 'country', 'countries')}. The table below has the numbers.`}
        drawing={drawing}
        height={useIsWide() ? 300 : 180}
      />
    </div>
  )
}

/** Names of places; a city is told from its namesake by its state. */
function namesOf(report: RegistrationsReport): (tab: string, place: RegistrationPlace) => string {
  const states = new Map(report.states.map((state) => [state.code, state.name]))
  return (tab, place) => {
    if (place.kind === 'other') return 'Other (other countries)'
    if (place.kind !== 'place' || place.code === null) return place.name
    if (tab === 'country') return formatCountry(place.code)
    const state = tab === 'city' ? states.get(place.code) : undefined
    return state ? `${place.name}, ${state}` : place.name
  }
}

function shareOf(place: RegistrationPlace, report: RegistrationsReport): number {
  return (place.total / report.total) * 100
}
