import { useSyncExternalStore } from 'react'

const wide = window.matchMedia('(min-width: 720px)')

/** Whether there is room for things side by side. */
export function useIsWide(): boolean {
  return useSyncExternalStore(
    (listener) => {
      wide.addEventListener('change', listener)
      return () => wide.removeEventListener('change', listener)
    },
    () => wide.matches,
  )
}
