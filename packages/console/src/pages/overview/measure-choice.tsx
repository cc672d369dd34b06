import { ToggleButton } from 'react-aria-components/ToggleButton'
import { ToggleButtonGroup } from 'react-aria-components/ToggleButtonGroup'
import { addressOf, navigate, useLocation } from '../../lib/location.ts'

/** Which number a chart of days draws; the address says which, but for the first. */
export function MeasureChoice(props: {
  measures: readonly { readonly id: string; readonly label: string }[]
  chosen: string
}) {
  const { measures } = props
  const { path, search } = useLocation()
  return (
    <ToggleButtonGroup
      aria-label="Measure"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[props.chosen]}
      onSelectionChange={([id]) =>
        navigate(addressOf(path, search, { measure: id === measures[0]?.id ? null : String(id) }), {
          replace: true,
        })
      }
      className="flex flex-wrap gap-1 pb-1"
    >
      {measures.map(({ id, label }) => (
        <ToggleButton
          key={id}
          id={id}
          className="rounded-md border border-line px-2 py-0.5 text-muted data-hovered:bg-hover data-selected:bg-hover data-selected:text-ink"
        >
          {label}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  )
}
