import { useMemo } from 'react'
import { addressOf, navigate, useLocation } from './location.ts'
import { periodOf, periodParameters, type DateRange, type Period, type PresetId } from './periods.ts'
import { useSession, type ServiceOption } from './session.tsx'

/** Which service and which days a page is about, read off the URL. */
export interface Scope {
  readonly service: ServiceOption
  readonly period: Period
  readonly setService: (id: string) => void
  readonly setPeriod: (choice: PresetId | DateRange) => void
}

const KEY = 'foyer.console.service'

/** The service: the URL's, else the one looked at last, else the first. Null while there is none at all. */
export function useScope(): Scope | null {
  const { services } = useSession()
  const { path, search } = useLocation()
  return useMemo(() => {
    const find = (id: string | null) => services.find((service) => service.id === id)
    const service = find(search.get('service')) ?? find(localStorage.getItem(KEY)) ?? services[0]
    if (!service) return null
    return {
      service,
      period: periodOf(search, service.timeZone),
      setService: (id: string) => {
        localStorage.setItem(KEY, id)
        navigate(addressOf(path, search, { service: id }))
      },
      setPeriod: (choice: PresetId | DateRange) =>
        navigate(addressOf(path, search, periodParameters(choice))),
    }
  }, [services, path, search])
}

/** The part of the URL that goes along from page to page: service and days. */
export function useCarriedSearch(): URLSearchParams {
  const { search } = useLocation()
  return useMemo(() => {
    const carried = new URLSearchParams()
    for (const name of ['service', 'period', 'from', 'to']) {
      const value = search.get(name)
      if (value !== null) carried.set(name, value)
    }
    return carried
  }, [search])
}
