import type { ActiveViewersQuery, RegisteredViewersQuery } from '@foyer/contracts'
import { useMemo } from 'react'
import { addressOf } from './location.ts'
import { periodParameters, type DateRange } from './periods.ts'
import { useCarriedSearch } from './scope.ts'
import { useSession } from './session.tsx'

/** The page of the lists; its URL holds which list, its days and its filters, by the names that the API has for them. */
export const VIEWER_LIST_PATH = '/viewers/list'

/** The two lists: the right that each needs, and its address in the API. */
export const VIEWER_LISTS = {
  active: { title: 'Active viewers', right: 'viewers.activity', api: '/v1/reports/viewers' },
  registered: {
    title: 'Registered viewers',
    right: 'viewers.read',
    api: '/v1/reports/registrations/viewers',
  },
} as const
export type ViewerListName = keyof typeof VIEWER_LISTS

type ActiveFilters = Partial<
  Pick<ActiveViewersQuery, 'contentId' | 'contentKind' | 'platform' | 'country' | 'loyalty'>
>
type RegisteredFilters = Partial<
  Pick<
    RegisteredViewersQuery,
    'start' | 'end' | 'gender' | 'ageRange' | 'geography' | 'place' | 'code' | 'city'
  >
>

/** Where a bar leads: the address of the list behind it, or null for who may not see such a list. */
export interface ViewerListLinks {
  readonly active: (filters: ActiveFilters, days?: DateRange) => string | null
  readonly registered: (filters: RegisteredFilters, days?: DateRange) => string | null
}

/** Links to lists of the service and the days of this page, or of other days. */
export function useViewerLists(): ViewerListLinks {
  const carried = useCarriedSearch()
  const { rights } = useSession().operator
  return useMemo(() => {
    const to = (list: ViewerListName, filters: object, days?: DateRange): string | null =>
      rights.includes(VIEWER_LISTS[list].right)
        ? addressOf(VIEWER_LIST_PATH, carried, {
            list,
            ...(filters as Record<string, string>),
            ...(days ? periodParameters(days) : {}),
          })
        : null
    return {
      active: (filters, days) => to('active', filters, days),
      registered: (filters, days) => to('registered', filters, days),
    }
  }, [carried, rights])
}
