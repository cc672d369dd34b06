import { Button } from 'react-aria-components/Button'
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox'
import { Popover } from 'react-aria-components/Popover'
import { Select, SelectValue } from 'react-aria-components/Select'

/** One of a few named things. */
export function Choice(props: {
  label: string
  value: string
  options: readonly { id: string; label: string }[]
  onChange: (id: string) => void
}) {
  return (
    <Select
      aria-label={props.label}
      value={props.value}
      onChange={(key) => {
        if (key !== null) props.onChange(String(key))
      }}
    >
      <Button className="flex h-8 max-w-60 min-w-0 items-center gap-2 rounded-md border border-line bg-surface px-3 data-hovered:bg-hover">
        <SelectValue className="truncate">{({ selectedText }) => selectedText}</SelectValue>
        <Chevron />
      </Button>
      <Popover className="min-w-(--trigger-width) rounded-lg border border-line bg-raised p-1 shadow-lg">
        <ListBox items={props.options} className="max-h-80 overflow-auto outline-none">
          {(option) => (
            <ListBoxItem
              textValue={option.label}
              className="flex cursor-pointer items-center gap-2 rounded-md px-2 py-1.5 data-focused:bg-hover data-selected:font-medium"
            >
              {({ isSelected }) => (
                <>
                  <Tick isShown={isSelected} />
                  {option.label}
                </>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  )
}

export function Chevron() {
  return (
    <svg viewBox="0 0 10 6" className="size-2.5 shrink-0 text-muted" aria-hidden="true">
      <path d="M1 1l4 4 4-4" fill="none" stroke="currentColor" strokeWidth="1.4" />
    </svg>
  )
}

export function Tick(props: { isShown: boolean }) {
  return (
    <svg
      viewBox="0 0 12 12"
      className={`size-3 shrink-0 ${props.isShown ? '' : 'invisible'}`}
      aria-hidden="true"
    >
      <path d="M2 6.5l2.5 2.5L10 3.5" fill="none" stroke="currentColor" strokeWidth="1.6" />
    </svg>
  )
}
