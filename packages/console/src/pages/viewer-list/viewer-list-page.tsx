import { activeViewersReport, registeredViewersReport } from '@foyer/contracts'
import { addressOf, navigate, useLocation } from '../../lib/location.ts'
import { periodParameters } from '../../lib/periods.ts'
import { useScope, type Scope } from '../../lib/scope.ts'
import { useSession } from '../../lib/session.tsx'
import { VIEWER_LISTS, type ViewerListName } from '../../lib/viewer-lists.ts'
import { NoService } from '../../ui/no-service.tsx'
import { Page } from '../../ui/page.tsx'
import { NotAllowedPage, NotFoundPage } from '../not-found-page.tsx'
import { ACTIVE_COLUMNS, REGISTERED_COLUMNS } from './columns.ts'
import { LIST_PARAMETERS } from './filters.ts'
import { ViewerList } from './viewer-list.tsx'

/** Who is behind a number: the URL says which list (`list`), of which days, by which filters and in which order. */
export function ViewerListPage() {
  const scope = useScope()
  const { rights } = useSession().operator
  const list = useLocation().search.get('list') ?? 'active'
  if (!isListName(list)) return <NotFoundPage />
  const { title, right } = VIEWER_LISTS[list]
  if (!rights.includes(right)) return <NotAllowedPage page={title} right={right} />
  if (!scope) return <NoService title={title} />
  return <OneList list={list} scope={scope} />
}

function isListName(name: string): name is ViewerListName {
  return Object.hasOwn(VIEWER_LISTS, name)
}

function OneList(props: { list: ViewerListName; scope: Scope }) {
  const { list } = props
  const { path, search } = useLocation()
  const { service, period } = props.scope
  const query: Record<string, string> = { service: service.id, from: period.from, to: period.to }
  for (const name of [...LIST_PARAMETERS[list], 'sort', 'order']) {
    const value = search.get(name)
    if (value !== null) query[name] = value
  }
  /** An hour lies in its day and zone: other days, and another service, have no use for it. */
  const goTo = (changes: Record<string, string | null>) =>
    navigate(addressOf(path, search, { start: null, end: null, ...changes }))
  const scope: Scope = {
    service,
    period,
    setService: (id) => goTo({ service: id }),
    setPeriod: (choice) => goTo(periodParameters(choice)),
  }
  return (
    <Page title={VIEWER_LISTS[list].title} scope={scope}>
      {list === 'active' ? (
        <ViewerList
          key={JSON.stringify(query)}
          list={list}
          query={query}
          schema={activeViewersReport}
          columns={ACTIVE_COLUMNS}
        />
      ) : (
        <ViewerList
          key={JSON.stringify(query)}
          list={list}
          query={query}
          schema={registeredViewersReport}
          columns={REGISTERED_COLUMNS}
        />
      )}
    </Page>
  )
}
