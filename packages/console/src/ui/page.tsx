import { useEffect, useRef, type ReactNode } from 'react'
import { hasGoneOn } from '../lib/location.ts'
import type { Scope } from '../lib/scope.ts'
import { useSession } from '../lib/session.tsx'
import { Choice } from './choice.tsx'
import { PeriodPicker } from './period-picker.tsx'

/** A page with its title and, where it is about a service and days, their choice. */
export function Page(props: {
  title: string
  scope?: Scope | null
  withPeriod?: boolean
  children: ReactNode
}) {
  const { title, scope } = props
  useEffect(() => {
    document.title = `${title} · Foyer`
  }, [title])
  const main = useRef<HTMLElement>(null)
  useEffect(() => {
    // What was followed is gone with its page: whoever uses the keyboard goes on from here, not from the very top.
    if (hasGoneOn() && document.activeElement === document.body) main.current?.focus({ preventScroll: true })
  }, [])
  return (
    <main
      ref={main}
      id="main"
      tabIndex={-1}
      className="mx-auto flex w-full max-w-360 flex-col gap-3 px-4 pt-4 pb-10 outline-none sm:px-6 sm:pt-5"
    >
      <header className="mb-1 flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-xl font-semibold">{title}</h1>
        {scope && (
          <div className="flex flex-wrap items-center gap-2">
            <ServiceChoice scope={scope} />
            {props.withPeriod !== false && (
              <PeriodPicker
                period={scope.period}
                timeZone={scope.service.timeZone}
                onChange={scope.setPeriod}
              />
            )}
          </div>
        )}
      </header>
      {props.children}
    </main>
  )
}

/** Shown even with one service, for its zone says what a day is. */
function ServiceChoice(props: { scope: Scope }) {
  const { services } = useSession()
  const { service, setService } = props.scope
  return (
    <div className="flex items-center gap-2">
      <span className="text-muted" title="Days and hours on this page are in this time zone">
        {service.timeZone}
      </span>
      {services.length > 1 && (
        <Choice
          label="Service"
          value={service.id}
          options={services.map(({ id, name }) => ({ id, label: name }))}
          onChange={setService}
        />
      )}
    </div>
  )
}
