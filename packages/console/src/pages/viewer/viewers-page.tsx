import { identifier } from '@foyer/contracts'
import { useState } from 'react'
import { addressOf, navigate, useLocation } from '../../lib/location.ts'
import { periodOf, periodParameters, type Period } from '../../lib/periods.ts'
import { useCarriedSearch, useScope, type Scope } from '../../lib/scope.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { NoService } from '../../ui/no-service.tsx'
import { Page } from '../../ui/page.tsx'
import { PeriodPicker } from '../../ui/period-picker.tsx'
import { Empty } from '../../ui/states.tsx'
import { useViewerLabel, type ViewerLookUp } from './use-viewer-label.ts'
import { ViewerReport } from './viewer-report.tsx'

export function ViewersPage() {
  const scope = useScope()
  if (!scope) return <NoService title="Viewers" />
  return <Viewers scope={scope} />
}

/**
 * One viewer, in three steps: the dates, the id, Apply (R33–R35). The name appears as soon as an id is typed; numbers
 * are loaded by Apply alone, for each look at a person is recorded. The URL holds what was applied.
 */
function Viewers(props: { scope: Scope }) {
  const { service, period } = props.scope
  const { path, search } = useLocation()
  const applied = search.get('viewer')
  // What was typed since another viewer, service or other days were applied: by Apply, a link, or the browser's back.
  const since = `${useCarriedSearch()} ${applied}`
  const [draft, setDraft] = useState<Draft>({ since, id: null, dates: null })
  const current = draft.since === since ? draft : { since, id: null, dates: null }
  const id = current.id ?? applied ?? ''
  const dates = current.dates ?? period
  const fault = id === '' ? undefined : identifier.safeParse(id).error?.issues[0]?.message
  const isId = id !== '' && fault === undefined
  const found = useViewerLabel(isId ? id : '', service.id)

  function apply(): void {
    navigate(
      addressOf(path, search, {
        service: service.id,
        viewer: id,
        ...periodParameters(dates.preset ?? { from: dates.from, to: dates.to }),
      }),
    )
  }

  return (
    <Page title="Viewers" scope={props.scope} withPeriod={false}>
      <form
        aria-label="Find a viewer"
        className="flex flex-col gap-2 rounded-lg border border-line bg-surface p-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (isId) apply()
        }}
      >
        <div className="flex flex-wrap items-end gap-3">
          <div className="flex flex-col gap-1">
            <span className="font-medium">Dates</span>
            <PeriodPicker
              period={dates}
              timeZone={service.timeZone}
              onChange={(choice) => {
                const parameters = Object.entries(periodParameters(choice)).filter(
                  ([, value]) => value !== null,
                )
                const chosen = periodOf(
                  new URLSearchParams(parameters as [string, string][]),
                  service.timeZone,
                )
                setDraft({ ...current, dates: chosen })
              }}
            />
          </div>
          <div className="w-96 max-w-full">
            <Field
              label="Viewer ID"
              placeholder="Foyer's id, or your own"
              value={id}
              error={fault && `An id has ${fault}.`}
              onChange={(typed) => setDraft({ ...current, id: typed })}
              maxLength={256}
              autoComplete="off"
              spellCheck="false"
            />
          </div>
          <Button type="submit" look="primary" isDisabled={!isId}>
            Apply
          </Button>
        </div>
        <FoundLine found={found} />
      </form>
      {applied === null ? (
        <Empty title="No viewer chosen">
          <p>
            Choose dates, enter an id and apply. The id alone is enough; each look is recorded in the audit
            trail.
          </p>
        </Empty>
      ) : (
        <ViewerReport viewerId={applied} service={service} period={period} />
      )}
    </Page>
  )
}

interface Draft {
  /** The address by which it was typed. */
  readonly since: string
  /** Null: as in the address. */
  readonly id: string | null
  readonly dates: Period | null
}

/** Who the typed id belongs to. It never names anybody but the viewer of the id in the field. */
function FoundLine(props: { found: ViewerLookUp }) {
  const { found } = props
  return (
    <output data-testid="viewer-label" className="block min-h-5">
      {found.kind === 'found' && <strong className="font-semibold">{found.viewer.label}</strong>}
      {found.kind === 'unknown' && <span className="text-bad">No viewer has this id.</span>}
      {found.kind === 'failed' && (
        <span className="text-bad">The name could not be loaded. {found.message}</span>
      )}
      {found.kind === 'found' && found.viewer.isMasked && (
        <span className="text-muted"> · your role does not show names</span>
      )}
    </output>
  )
}
