import { Button } from 'react-aria-components/Button'
import { Tooltip, TooltipTrigger } from 'react-aria-components/Tooltip'

/** What a number means, on hover and on focus. */
export function Definition(props: { of: string; text: string }) {
  return (
    <TooltipTrigger delay={150} closeDelay={50}>
      <Button
        aria-label={`What ${props.of} means`}
        className="inline-flex size-5 items-center justify-center rounded-full text-muted data-hovered:text-ink"
      >
        <svg viewBox="0 0 16 16" className="size-3.5" aria-hidden="true">
          <circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" />
          <path d="M8 7.2v4" stroke="currentColor" strokeWidth="1.4" />
          <circle cx="8" cy="5" r="0.9" fill="currentColor" />
        </svg>
      </Button>
      <Tooltip
        offset={6}
        className="max-w-80 rounded-md border border-line bg-raised px-3 py-2 text-base text-ink shadow-lg"
      >
        {props.text}
      </Tooltip>
    </TooltipTrigger>
  )
}
