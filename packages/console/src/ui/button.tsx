import type { ReactNode } from 'react'
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components/Button'

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  /** primary: the one act of a form · plain: any other · quiet: beside a title. */
  readonly look?: 'primary' | 'plain' | 'quiet'
  readonly children: ReactNode
}

const LOOKS = {
  primary: 'bg-accent text-on-accent border border-transparent data-hovered:opacity-90 px-3',
  plain: 'bg-surface border border-line text-ink data-hovered:bg-hover px-3',
  quiet: 'border border-transparent text-muted data-hovered:text-ink data-hovered:bg-hover px-2',
}

export function Button({ look = 'plain', ...props }: ButtonProps) {
  return (
    <AriaButton
      {...props}
      className={`inline-flex h-8 shrink-0 items-center justify-center gap-1.5 rounded-md text-base font-medium whitespace-nowrap data-disabled:opacity-50 ${LOOKS[look]}`}
    />
  )
}
