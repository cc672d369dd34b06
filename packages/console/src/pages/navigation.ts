import type { Right } from '@foyer/contracts'

/** The pages behind the sign-in, in the order of the menu, each with the right that it needs. */
export const NAVIGATION = [
  {
    name: 'Audience',
    pages: [
      { path: '/', name: 'Overview', right: 'reports.read' },
      { path: '/live', name: 'Live', right: 'reports.read' },
      { path: '/registrations', name: 'Registrations', right: 'reports.read' },
      { path: '/viewers', name: 'Viewers', right: 'viewers.activity' },
    ],
  },
] as const satisfies readonly {
  name: string
  pages: readonly { path: string; name: string; right: Right }[]
}[]
