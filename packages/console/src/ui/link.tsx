import type { KeyboardEvent, MouseEvent, ReactNode } from 'react'
import { hrefOf, navigate } from '../lib/location.ts'

/** A link to a page of the console: a real one, followed without loading the program again. */
export function Link(props: {
  /** Path below /console with its search. */
  to: string
  className?: string
  isCurrent?: boolean
  onFollow?: () => void
  onKeyDown?: (event: KeyboardEvent) => void
  /** Said instead of what is in the link. */
  label?: string
  children: ReactNode
}) {
  function follow(event: MouseEvent): void {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    navigate(props.to)
    props.onFollow?.()
  }
  return (
    <a
      href={hrefOf(props.to)}
      className={props.className}
      aria-current={props.isCurrent ? 'page' : undefined}
      aria-label={props.label}
      onClick={follow}
      onKeyDown={props.onKeyDown}
    >
      {props.children}
    </a>
  )
}
