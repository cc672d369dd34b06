import { parseDate, today, type CalendarDate } from '@internationalized/date'
import { useState } from 'react'
import { Button as AriaButton } from 'react-aria-components/Button'
import { DateField, DateInput, DateSegment } from 'react-aria-components/DateField'
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog'
import { Popover } from 'react-aria-components/Popover'
import {
  CalendarCell,
  CalendarGrid,
  CalendarGridBody,
  CalendarGridHeader,
  CalendarHeaderCell,
  CalendarHeading,
  RangeCalendar,
} from 'react-aria-components/RangeCalendar'
import { Label } from 'react-aria-components/TextField'
import { formatRange } from '../lib/format.ts'
import { PRESETS, type DateRange, type Period, type PresetId } from '../lib/periods.ts'
import { useIsWide } from '../lib/use-is-wide.ts'
import { Button } from './button.tsx'
import { Chevron, Tick } from './choice.tsx'

/** The days of a page: a preset, or two days typed or picked in the calendar. Days are those of the service's zone. */
export function PeriodPicker(props: {
  period: Period
  timeZone: string
  onChange: (choice: PresetId | DateRange) => void
}) {
  const { period, timeZone } = props
  const [isOpen, setOpen] = useState(false)
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={setOpen}>
      <AriaButton className="flex h-8 items-center gap-2 rounded-md border border-line bg-surface px-3 data-hovered:bg-hover">
        {period.preset && <span className="text-muted max-sm:hidden">{period.label}</span>}
        <span>{formatRange(period)}</span>
        <Chevron />
      </AriaButton>
      <Popover placement="bottom end" className="rounded-lg border border-line bg-raised shadow-lg">
        <Dialog aria-label="Dates" className="max-h-[inherit] overflow-auto outline-none">
          <PeriodForm
            // A form that was left without Apply starts again from what is shown.
            key={`${period.from} ${period.to}`}
            period={period}
            timeZone={timeZone}
            onChoose={(choice) => {
              setOpen(false)
              props.onChange(choice)
            }}
          />
        </Dialog>
      </Popover>
    </DialogTrigger>
  )
}

function PeriodForm(props: {
  period: Period
  timeZone: string
  onChoose: (choice: PresetId | DateRange) => void
}) {
  const { period, timeZone } = props
  const isWide = useIsWide()
  const [from, setFrom] = useState<CalendarDate | null>(() => parseDate(period.from))
  const [to, setTo] = useState<CalendarDate | null>(() => parseDate(period.to))
  const isOrdered = from !== null && to !== null && from.compare(to) <= 0
  const months = isWide ? 2 : 1
  return (
    <div className="flex max-sm:flex-col">
      <ul className="flex shrink-0 flex-col gap-0.5 border-line p-2 max-sm:flex-row max-sm:flex-wrap max-sm:border-b sm:border-r">
        {PRESETS.map((preset) => (
          <li key={preset.id}>
            <AriaButton
              aria-pressed={preset.id === period.preset}
              className="flex w-full items-center gap-2 rounded-md px-2 py-1 text-left whitespace-nowrap data-hovered:bg-hover aria-pressed:font-medium"
              onPress={() => props.onChoose(preset.id)}
            >
              <Tick isShown={preset.id === period.preset} />
              {preset.label}
            </AriaButton>
          </li>
        ))}
      </ul>
      <form
        className="flex flex-col gap-3 p-3"
        onSubmit={(event) => {
          event.preventDefault()
          if (isOrdered) props.onChoose({ from: from.toString(), to: to.toString() })
        }}
      >
        <div className="flex gap-3">
          <DayField label="First day" value={from} onChange={setFrom} />
          <DayField label="Last day" value={to} onChange={setTo} />
        </div>
        <RangeCalendar
          aria-label="Days"
          value={isOrdered ? { start: from, end: to } : null}
          onChange={(range) => {
            setFrom(range.start)
            setTo(range.end)
          }}
          // The month that the range ends in stands last, so that the whole of a usual range is seen.
          defaultFocusedValue={to ?? today(timeZone)}
          selectionAlignment={isWide ? 'end' : 'start'}
          visibleDuration={{ months }}
          firstDayOfWeek="mon"
        >
          <header className="mb-2 flex items-center justify-between">
            <AriaButton
              slot="previous"
              className="size-7 rounded-md data-disabled:opacity-40 data-hovered:bg-hover"
            >
              ‹
            </AriaButton>
            {Array.from({ length: months }, (_, month) => (
              <CalendarHeading
                key={month}
                offset={{ months: month }}
                className="flex-1 text-center font-medium"
              />
            ))}
            <AriaButton
              slot="next"
              className="size-7 rounded-md data-disabled:opacity-40 data-hovered:bg-hover"
            >
              ›
            </AriaButton>
          </header>
          <div className="flex items-start justify-center gap-5">
            {Array.from({ length: months }, (_, month) => (
              <CalendarGrid key={month} offset={{ months: month }} className="border-collapse">
                <CalendarGridHeader>
                  {(day) => (
                    <CalendarHeaderCell className="size-8 text-xs font-normal text-muted">
                      {day}
                    </CalendarHeaderCell>
                  )}
                </CalendarGridHeader>
                <CalendarGridBody>
                  {(date) => (
                    <CalendarCell
                      date={date}
                      className="flex size-8 cursor-pointer items-center justify-center outline-offset-[-2px] data-hovered:bg-hover data-outside-month:invisible data-selected:bg-hover data-selection-end:rounded-r-md data-selection-end:bg-accent data-selection-end:text-on-accent data-selection-start:rounded-l-md data-selection-start:bg-accent data-selection-start:text-on-accent"
                    />
                  )}
                </CalendarGridBody>
              </CalendarGrid>
            ))}
          </div>
        </RangeCalendar>
        <footer className="flex items-center justify-between gap-3">
          <p className={isOrdered ? 'text-muted' : 'text-bad'}>
            {isOrdered ? `Days in ${timeZone}` : 'The first day must not be after the last'}
          </p>
          <Button type="submit" look="primary" isDisabled={!isOrdered}>
            Apply
          </Button>
        </footer>
      </form>
    </div>
  )
}

function DayField(props: {
  label: string
  value: CalendarDate | null
  onChange: (value: CalendarDate | null) => void
}) {
  return (
    <DateField className="flex flex-1 flex-col gap-1" value={props.value} onChange={props.onChange}>
      <Label className="text-muted">{props.label}</Label>
      <DateInput className="flex h-8 items-center rounded-md border border-control bg-surface px-2.5">
        {(segment) => (
          <DateSegment
            segment={segment}
            className="rounded-sm px-0.5 outline-offset-0 data-focused:bg-accent data-focused:text-on-accent data-placeholder:text-muted"
          />
        )}
      </DateInput>
    </DateField>
  )
}
