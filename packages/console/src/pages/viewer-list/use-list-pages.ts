import { VIEWER_LIST_LIMITS } from '@foyer/contracts'
import { useMemo, useState } from 'react'
import type { z } from 'zod'
import { api, ApiError } from '../../lib/api.ts'
import { useResource, type Resource } from '../../lib/use-resource.ts'
import { VIEWER_LISTS, type ViewerListName } from '../../lib/viewer-lists.ts'

/** What both lists answer. */
export interface ListPage {
  readonly service: string
  readonly timeZone: string
  readonly from: string
  readonly to: string
  readonly total: number
  readonly areNamesShown: boolean
  readonly next: string | null
  /** Of active viewers alone. */
  readonly visitors?: number
  readonly contentName?: string | null
  readonly items: readonly { readonly viewerId: string | null; readonly label: string }[]
}

/** Rows of a CSV. A list that is longer is cut there, and its file says so in its name. */
export const EXPORT_ROWS_MAX = 50_000

/** The pages of a list: the first at once, further ones and all of them for a file when asked for. */
export function useListPages<Page extends ListPage>(
  list: ViewerListName,
  query: Readonly<Record<string, string>>,
  schema: z.ZodType<Page>,
): {
  first: Resource<Page>
  items: Page['items']
  next: string | null
  isBusy: boolean
  failure: ApiError | null
  /** Rows gathered for a file; null while none is made. */
  exported: number | null
  more(): Promise<void>
  exportAll(save: (rows: Page['items'][number][]) => void): Promise<void>
} {
  const path = VIEWER_LISTS[list].api
  const first = useResource(
    JSON.stringify([path, query]),
    (signal) => api.get(path, schema, { query, signal }),
    // People of one list are never seen under the filters of another.
    { keepsStale: false },
  )
  const [further, setFurther] = useState<Page[]>([])
  const [failure, setFailure] = useState<ApiError | null>(null)
  const [isBusy, setBusy] = useState(false)
  const [exported, setExported] = useState<number | null>(null)

  const items = useMemo(
    () => [...(first.data?.items ?? []), ...further.flatMap((page) => page.items)],
    [first.data, further],
  )
  const next = (further.at(-1) ?? first.data)?.next ?? null

  async function more(): Promise<void> {
    setBusy(true)
    setFailure(null)
    try {
      const page = await api.get(path, schema, { query: { ...query, cursor: next! } })
      setFurther((before) => [...before, page])
    } catch (error) {
      setFailure(expected(error))
    } finally {
      setBusy(false)
    }
  }

  async function exportAll(save: (rows: Page['items'][number][]) => void): Promise<void> {
    const rows: Page['items'][number][] = []
    setExported(0)
    setFailure(null)
    try {
      let cursor: string | undefined
      do {
        const page: Page = await api.get(path, schema, {
          query: { ...query, limit: String(VIEWER_LIST_LIMITS.pageMax), cursor },
        })
        rows.push(...page.items)
        cursor = page.next ?? undefined
        setExported(rows.length)
      } while (cursor !== undefined && rows.length < EXPORT_ROWS_MAX)
      save(rows)
    } catch (error) {
      setFailure(expected(error))
    } finally {
      setExported(null)
    }
  }

  return { first, items, next, isBusy, failure, exported, more, exportAll }
}

/** A refusal of the server; anything else is a fault of ours. */
function expected(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  throw error
}
