import { viewerLabel, type ViewerLabel } from '@foyer/contracts'
import { useEffect, useState } from 'react'
import { api } from '../../lib/api.ts'
import { useResource } from '../../lib/use-resource.ts'

/** What is known of the id in the field. */
export type ViewerLookUp =
  | { readonly kind: 'none' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'found'; readonly viewer: ViewerLabel }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'failed'; readonly message: string }

/** Long enough not to ask for every letter of a pasted or quickly typed id, short beside the 300 ms of R34. */
const PAUSE_MS = 100

/** Looks an id up while it is typed. An answer to another id than the one in the field is never shown. */
export function useViewerLabel(id: string, service: string): ViewerLookUp {
  const [settled, setSettled] = useState(id)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(id), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [id])

  const asked = settled === id && id !== '' ? id : null
  const answer = useResource(
    asked === null ? null : `${service} ${asked}`,
    (signal) =>
      api.get(`/v1/viewers/${encodeURIComponent(asked!)}/name`, viewerLabel, { query: { service }, signal }),
    { keepsStale: false },
  )
  if (id === '') return { kind: 'none' }
  if (asked === null) return { kind: 'waiting' }
  if (answer.data) return { kind: 'found', viewer: answer.data }
  if (answer.error?.status === 404) return { kind: 'unknown' }
  if (answer.error) return { kind: 'failed', message: answer.error.message }
  return { kind: 'waiting' }
}
