import type { ReactNode } from 'react'
import { Definition } from './definition.tsx'

/** A part of a page with its title, what the title means, and acts on it. */
export function Card(props: {
  title: string
  definition?: string
  /** Said below the title: a peak, a period, a limit. */
  note?: ReactNode
  actions?: ReactNode
  /** The content reaches the edges, as tables do. */
  isFlush?: boolean
  className?: string
  children: ReactNode
}) {
  return (
    <section
      aria-label={props.title}
      className={`flex min-w-0 flex-col rounded-lg border border-line bg-surface ${props.className ?? ''}`}
    >
      <header className="flex min-h-8 items-start justify-between gap-x-4 px-4 pt-3.5">
        <div className="min-w-0">
          <div className="flex items-center gap-1">
            <h2 className="font-medium">{props.title}</h2>
            {props.definition && <Definition of={props.title} text={props.definition} />}
          </div>
          {props.note && <div className="text-muted">{props.note}</div>}
        </div>
        {props.actions && <div className="-my-1.5 -mr-2 flex shrink-0 items-center">{props.actions}</div>}
      </header>
      <div className={`flex min-h-0 flex-1 flex-col ${props.isFlush ? 'pt-2' : 'p-4 pt-2'}`}>
        {props.children}
      </div>
    </section>
  )
}
