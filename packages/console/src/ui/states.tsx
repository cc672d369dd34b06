import type { ReactNode } from 'react'
import type { Resource } from '../lib/use-resource.ts'
import { Button } from './button.tsx'

/**
 * Loading, empty and failed are three different things to see. Loading keeps the old numbers dimmed, or a skeleton of the
 * size to come; empty is the content's own matter; failed says what failed, offers another try, and takes no more than
 * its own card.
 */
export function Loaded<T>(props: {
  resource: Resource<T>
  /** What is loaded, as it stands in a sentence: `the registrations`. */
  what: string
  skeleton: ReactNode
  children: (data: T) => ReactNode
}) {
  const { data, error, isStale, reload } = props.resource
  if (data === null && error) return <Failed what={props.what} error={error} onRetry={reload} />
  if (data === null) {
    return (
      <output aria-label={`Loading ${props.what}`} className="contents">
        {props.skeleton}
      </output>
    )
  }
  return (
    <div aria-busy={isStale} className={`contents ${isStale ? '*:opacity-50' : ''}`}>
      {error && <Failed what={`newer numbers of ${props.what}`} error={error} onRetry={reload} />}
      {props.children(data)}
    </div>
  )
}

export function Failed(props: { what: string; error: { readonly message: string }; onRetry: () => void }) {
  return (
    <div
      role="alert"
      className="flex flex-col items-start gap-3 rounded-lg border border-line bg-surface p-4"
    >
      <div>
        <p className="font-medium">
          <span className="text-bad" aria-hidden="true">
            ▲{' '}
          </span>
          Could not load {props.what}
        </p>
        <p className="text-muted">{props.error.message}</p>
      </div>
      <Button onPress={props.onRetry}>Try again</Button>
    </div>
  )
}

/** Nothing to show: why, and what to do next. */
export function Empty(props: { title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-1 flex-col items-center justify-center gap-2 px-4 py-10 text-center">
      <p className="font-medium">{props.title}</p>
      {props.children && (
        <div className="flex max-w-96 flex-col items-center gap-3 text-muted">{props.children}</div>
      )}
    </div>
  )
}

/** A place where something of this height will stand. */
export function Skeleton(props: { className: string }) {
  return <div aria-hidden="true" className={`rounded-lg border border-line bg-surface ${props.className}`} />
}
