import { granularity, registrationsReport } from '@foyer/contracts'
import { api } from '../../lib/api.ts'
import { formatCount } from '../../lib/format.ts'
import { addressOf, navigate, useLocation } from '../../lib/location.ts'
import { useScope, type Scope } from '../../lib/scope.ts'
import { useChanges } from '../../lib/use-changes.ts'
import { useResource } from '../../lib/use-resource.ts'
import { Choice } from '../../ui/choice.tsx'
import { Guard } from '../../ui/guard.tsx'
import { NoService } from '../../ui/no-service.tsx'
import { Page } from '../../ui/page.tsx'
import { Loaded, Skeleton } from '../../ui/states.tsx'
import { AgesChart } from './ages-chart.tsx'
import { GendersChart } from './genders-chart.tsx'
import { GeographyCard } from './geography-card.tsx'
import { PeriodsChart } from './periods-chart.tsx'

export function RegistrationsPage() {
  const scope = useScope()
  if (!scope) return <NoService title="Registrations" />
  return <Registrations scope={scope} />
}

const BARS = [
  { id: 'auto', label: 'Automatic bars' },
  { id: 'hour', label: 'Hourly bars' },
  { id: 'day', label: 'Daily bars' },
  { id: 'week', label: 'Weekly bars' },
  { id: 'month', label: 'Monthly bars' },
]

function Registrations(props: { scope: Scope }) {
  const { service, period } = props.scope
  const { path, search } = useLocation()
  const bars = granularity.safeParse(search.get('bars')).data
  const query = { service: service.id, from: period.from, to: period.to, granularity: bars }
  const report = useResource(JSON.stringify(query), (signal) =>
    api.get('/v1/reports/registrations', registrationsReport, { query, signal }),
  )
  const isLive = useChanges(`/v1/reports/registrations/changes?service=${service.id}`, report.reload)
  return (
    <Page title="Registrations" scope={props.scope}>
      <Loaded resource={report} what="the registrations" skeleton={<RegistrationsSkeleton />}>
        {(data) => (
          <>
            <div className="flex flex-wrap items-center justify-between gap-3">
              <p>
                <strong data-testid="registrations-total" className="font-semibold">
                  {formatCount(data.total)}
                </strong>{' '}
                {data.total === 1 ? 'registration' : 'registrations'}
                <span className="text-muted">{isLive ? ' · live' : ' · not live: connecting again'}</span>
              </p>
              <Choice
                label="Length of bars"
                value={bars ?? 'auto'}
                options={BARS}
                onChange={(id) => navigate(addressOf(path, search, { bars: id === 'auto' ? null : id }))}
              />
            </div>
            <Guard what="the bars">
              <PeriodsChart report={data} />
            </Guard>
            <div className="grid gap-3 lg:grid-cols-[2fr_3fr]">
              <Guard what="the genders">
                <GendersChart report={data} />
              </Guard>
              <Guard what="the ages">
                <AgesChart report={data} />
              </Guard>
            </div>
            <Guard what="the geography">
              <GeographyCard report={data} />
            </Guard>
          </>
        )}
      </Loaded>
    </Page>
  )
}

function RegistrationsSkeleton() {
  return (
    <>
      <Skeleton className="h-8 border-none bg-transparent" />
      <Skeleton className="h-94" />
      <div className="grid gap-3 lg:grid-cols-[2fr_3fr]">
        <Skeleton className="h-80" />
        <Skeleton className="h-80" />
      </div>
      <Skeleton className="h-80" />
    </>
  )
}
