import type { Role } from '@foyer/contracts'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components/Tabs'
import { addressOf, navigate, useLocation } from '../../lib/location.ts'
import { useScope, type Scope } from '../../lib/scope.ts'
import { useSession } from '../../lib/session.tsx'
import { NoService } from '../../ui/no-service.tsx'
import { Page } from '../../ui/page.tsx'
import { AudienceTab } from './audience-tab.tsx'
import { ContentTab } from './content-tab.tsx'
import { QualityTab } from './quality-tab.tsx'

export function OverviewPage() {
  const scope = useScope()
  if (!scope) return <NoService title="Overview" />
  return <Overview scope={scope} />
}

const TABS = [
  { id: 'audience', label: 'Audience', Content: AudienceTab },
  { id: 'content', label: 'Content', Content: ContentTab },
  { id: 'quality', label: 'Quality', Content: QualityTab },
] as const
type TabId = (typeof TABS)[number]['id']

/** Whose first question is another one; the others begin with the audience. */
const FIRST: Partial<Record<Role, TabId>> = { editor: 'content', engineer: 'quality' }

/** What a marketer, an editor and an engineer want to know first, against as many days before. The URL's `tab` says which. */
function Overview(props: { scope: Scope }) {
  const { path, search } = useLocation()
  const { role } = useSession().operator
  const first = FIRST[role] ?? 'audience'
  const tab = TABS.find(({ id }) => id === search.get('tab')) ?? TABS.find(({ id }) => id === first)!
  return (
    <Page title="Overview" scope={props.scope}>
      <Tabs
        selectedKey={tab.id}
        onSelectionChange={(key) =>
          navigate(addressOf(path, search, { tab: String(key) }), { replace: true })
        }
        className="flex flex-col gap-3"
      >
        <TabList aria-label="Overview of" className="flex gap-5 border-b border-line">
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
        <TabPanel id={tab.id} className="flex flex-col gap-3">
          <tab.Content scope={props.scope} />
        </TabPanel>
      </Tabs>
    </Page>
  )
}
