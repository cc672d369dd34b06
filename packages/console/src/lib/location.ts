import { useSyncExternalStore } from 'react'

/**
 * The URL is the state of the console: which page, which service, which days. It is read here and changed by
 * `navigate`; a link to it shows another person the same.
 */
export interface Location {
  /** Path below /console, such as `/registrations`; `/` for the first page. */
  readonly path: string
  readonly search: URLSearchParams
}

const BASE = '/console'
const listeners = new Set<() => void>()
let current = read()
let hasMoved = false

window.addEventListener('popstate', changed)

export function useLocation(): Location {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => current,
  )
}

/** Goes to a page, or with `replace` changes the address of this one without a step in the history. */
export function navigate(to: string, options: { replace?: boolean } = {}): void {
  const address = BASE + (to.startsWith('/') ? to : `/${to}`)
  const { path } = current
  if (options.replace) history.replaceState(null, '', address)
  else history.pushState(null, '', address)
  changed()
  if (current.path === path) return
  hasMoved = true
  // Another page begins at its top, as a document does.
  window.scrollTo(0, 0)
}

/** Whether this program has gone from one page to another: the first page is where the browser put the reader. */
export function hasGoneOn(): boolean {
  return hasMoved
}

/** The address of a page with some of its state changed; null takes a parameter away. */
export function addressOf(
  path: string,
  search: URLSearchParams,
  changes: Record<string, string | null> = {},
): string {
  const next = new URLSearchParams(search)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') next.delete(name)
    else next.set(name, value)
  }
  const query = next.toString()
  return query === '' ? path : `${path}?${query}`
}

/** The same as an href, for links that open in a new tab too. */
export function hrefOf(address: string): string {
  return BASE + address
}

function changed(): void {
  current = read()
  for (const listener of listeners) listener()
}

function read(): Location {
  const path = window.location.pathname.replace(/^\/console\/?/, '/').replace(/(.)\/$/, '$1')
  return { path, search: new URLSearchParams(window.location.search) }
}
