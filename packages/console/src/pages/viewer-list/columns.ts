import type { ActiveViewer, RegisteredViewer } from '@foyer/contracts'
import type { Cell } from '../../lib/csv.ts'
import { formatCount, formatCountry, formatDate, formatInstant, formatMinutes } from '../../lib/format.ts'
import { GENDER_LABELS } from '../registrations/genders.ts'

/** A column of a list: what it shows of a viewer, what the CSV holds, and whether the list can be sorted by it. */
export interface ListColumn<Row> {
  readonly name: string
  /** The name that the API has for the order. */
  readonly sort?: string
  readonly isText?: boolean
  readonly isNarrowHidden?: boolean
  readonly shown: (row: Row, timeZone: string) => string
  readonly raw: (row: Row) => Cell
}

export const ACTIVE_COLUMNS: readonly ListColumn<ActiveViewer>[] = [
  {
    name: 'Minutes',
    sort: 'minutes',
    shown: ({ minutes }) => formatMinutes(minutes),
    raw: ({ minutes }) => minutes,
  },
  {
    name: 'Streams',
    sort: 'streams',
    shown: ({ streams }) => formatCount(streams),
    raw: ({ streams }) => streams,
  },
  {
    name: 'Starts',
    sort: 'starts',
    isNarrowHidden: true,
    shown: ({ starts }) => formatCount(starts),
    raw: ({ starts }) => starts,
  },
  {
    name: 'Last active',
    sort: 'lastActive',
    shown: ({ lastActiveOn }) => formatDate(lastActiveOn),
    raw: ({ lastActiveOn }) => lastActiveOn,
  },
]

export const REGISTERED_COLUMNS: readonly ListColumn<RegisteredViewer>[] = [
  {
    name: 'Registered',
    sort: 'registeredAt',
    isText: true,
    shown: ({ registeredAt }, timeZone) => formatInstant(registeredAt, timeZone, 'minute'),
    raw: ({ registeredAt }) => registeredAt,
  },
  {
    name: 'Gender',
    isText: true,
    isNarrowHidden: true,
    shown: ({ gender }) => GENDER_LABELS[gender],
    raw: ({ gender }) => gender,
  },
  {
    name: 'Age',
    sort: 'age',
    shown: ({ age }) => (age === null ? '–' : formatCount(age)),
    raw: ({ age }) => age,
  },
  {
    name: 'Country',
    isText: true,
    shown: ({ country }) => (country === null ? '–' : formatCountry(country)),
    raw: ({ country }) => country,
  },
  {
    name: 'State',
    isText: true,
    isNarrowHidden: true,
    shown: ({ region }) => region ?? '–',
    raw: ({ region }) => region,
  },
  {
    name: 'City',
    isText: true,
    isNarrowHidden: true,
    shown: ({ city }) => city ?? '–',
    raw: ({ city }) => city,
  },
]
