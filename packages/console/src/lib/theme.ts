import { useSyncExternalStore } from 'react'

/** Light, dark, or what the system says; kept in this browser. */
export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'foyer.console.theme'
const systemDark = window.matchMedia('(prefers-color-scheme: dark)')
const listeners = new Set<() => void>()
let theme = stored()
apply()
systemDark.addEventListener('change', announce)

/** What was chosen, and what is to be seen now. */
export function useTheme(): { theme: Theme; shown: 'light' | 'dark'; setTheme: (theme: Theme) => void } {
  const snapshot = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => `${theme} ${shown()}`,
  )
  const [chosen, visible] = snapshot.split(' ') as [Theme, 'light' | 'dark']
  return { theme: chosen, shown: visible, setTheme }
}

function setTheme(next: Theme): void {
  theme = next
  if (next === 'system') localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, next)
  apply()
  announce()
}

function shown(): 'light' | 'dark' {
  if (theme !== 'system') return theme
  return systemDark.matches ? 'dark' : 'light'
}

function apply(): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}

function announce(): void {
  for (const listener of listeners) listener()
}

function stored(): Theme {
  const value = localStorage.getItem(KEY)
  return THEMES.find((known) => known === value) ?? 'system'
}
