import type { ReactNode } from 'react'
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components/Button'

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  /** primary: the one act of a form · plain: any other · quiet: beside a title · bare: a sign within something else. */
  readonly look?: 'primary' | 'plain' | 'quiet' | 'bare'
  readonly children: ReactNode
}

const LOOKS = {
  primary: 'h-8 bg-accent text-on-accent border border-transparent data-hovered:opacity-90 px-3',
  plain: 'h-8 bg-surface border border-line text-ink data-hovered:bg-hover px-3',
  quiet: 'h-8 border border-transparent text-muted data-hovered:text-ink data-hovered:bg-hover px-2',
  bare: 'size-6 rounded-full text-muted data-hovered:text-ink data-hovered:bg-hover',
}

export function Button({ look = 'plain', ...props }: ButtonProps) {
  return (
    <AriaButton
      {...props}
      className={`inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md text-base font-medium whitespace-nowrap data-disabled:opacity-50 ${LOOKS[look]}`}
    />
  )
}
