import { useCallback, useEffect, useEffectEvent, useState } from 'react'
import { ApiError } from './api.ts'

/** Something that is loaded, and loaded again when its key changes. */
export interface Resource<T> {
  readonly data: T | null
  /** Why there is no newer data; the last data of the same key may still be there. */
  readonly error: ApiError | null
  /** What is shown belongs to another key and is being replaced. */
  readonly isStale: boolean
  /** Loads again, without dimming what is shown. */
  readonly reload: () => void
}

interface Answer<T> {
  readonly key: string
  readonly turn: number
  readonly data: T | null
  readonly error: ApiError | null
}

/**
 * Loads what `key` names; a null key loads nothing and shows nothing. `load` must depend on what is in the key alone.
 * Answers that come after another key was asked for are dropped.
 *
 * While data for a new key is on its way, the data before stays and is said to be stale, so that a page keeps its shape;
 * with `keepsStale: false` it goes at once, for what must never be seen under another name.
 */
export function useResource<T>(
  key: string | null,
  load: (signal: AbortSignal) => Promise<T>,
  options: { keepsStale: boolean } = { keepsStale: true },
): Resource<T> {
  const [answer, setAnswer] = useState<Answer<T> | null>(null)
  const [turn, setTurn] = useState(0)
  const start = useEffectEvent(load)

  useEffect(() => {
    if (key === null) return undefined
    const abort = new AbortController()
    start(abort.signal).then(
      (data) => {
        if (!abort.signal.aborted) setAnswer({ key, turn, data, error: null })
      },
      (error: unknown) => {
        if (abort.signal.aborted) return
        setAnswer((before) => {
          const data = before?.key === key ? before.data : null
          return { key, turn, data, error: toApiError(error) }
        })
      },
    )
    return () => abort.abort()
  }, [key, turn])

  const reload = useCallback(() => setTurn((before) => before + 1), [])

  if (key === null || answer === null) return { data: null, error: null, isStale: false, reload }
  const isAnswered = answer.key === key
  if (!isAnswered && !options.keepsStale) return { data: null, error: null, isStale: false, reload }
  return {
    data: answer.data,
    error: isAnswered && answer.turn === turn ? answer.error : null,
    isStale: !isAnswered && answer.data !== null,
    reload,
  }
}

function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  return new ApiError(
    0,
    'unreadable',
    'The answer is not in the form that this version of the console knows.',
  )
}
