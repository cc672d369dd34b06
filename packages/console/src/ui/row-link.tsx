import type { KeyboardEvent, ReactNode } from 'react'
import { navigate } from '../lib/location.ts'
import { Link } from './link.tsx'

/** A bar, row or number that leads to the list behind it: by a click, and by Enter or Space as other bars do. */
export function RowLink(props: { to: string; label?: string; children: ReactNode }) {
  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== ' ') return
    event.preventDefault()
    navigate(props.to)
  }
  return (
    <Link
      to={props.to}
      {...(props.label === undefined ? {} : { label: props.label })}
      onKeyDown={onKeyDown}
      className="underline decoration-control decoration-1 underline-offset-4 hover:decoration-accent"
    >
      {props.children}
    </Link>
  )
}
