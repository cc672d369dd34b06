import { channelFields, titleFields } from '@foyer/contracts'
import { Problem } from '../../../platform/errors.ts'
import type { SourceFile, SourceRow } from './source-row.ts'

/**
 * Titles as JSON: an array of entries in the form of the API, or `{ "titles": […], "channels": […] }`, or a page of a list
 * (`{ "items": […] }`). What the API adds to an entry by itself (`createdAt`, …) is passed over.
 */
export function readJsonTitles(text: string): SourceFile {
  const unknownColumns = new Set<string>()
  const rows = entriesOf(parse(text)).map(({ entry, isChannel }, index): SourceRow => {
    const row = index + 1
    if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) {
      return { row, fields: {}, faults: [{ field: 'item', message: 'is not an object' }] }
    }
    const fields: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(entry)) {
      if (KNOWN.has(name)) fields[name] = value
      else if (!ANSWERED.has(name)) unknownColumns.add(name)
    }
    if (isChannel) fields['kind'] = 'channel'
    return { row, fields, faults: [] }
  })
  return { rows, unknownColumns: [...unknownColumns] }
}

const KNOWN: ReadonlySet<string> = new Set([
  'id',
  'kind',
  ...Object.keys(titleFields.shape),
  ...Object.keys(channelFields.shape),
])
const ANSWERED: ReadonlySet<string> = new Set(['createdAt', 'updatedAt', 'deletedAt'])

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Problem('import.unreadable', `The file is not JSON. ${positionIn(text, error)}`.trim())
  }
}

/** Where the parser stopped; its message itself quotes the file and stays here. */
function positionIn(text: string, error: unknown): string {
  const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
  if (position === undefined) return ''
  const before = text.slice(0, Number(position)).split('\n')
  return `Look at line ${before.length}, column ${before.at(-1)!.length + 1}.`
}

function entriesOf(document: unknown): { entry: unknown; isChannel: boolean }[] {
  if (Array.isArray(document)) return document.map((entry: unknown) => ({ entry, isChannel: false }))
  const { titles, items, channels } = (document ?? {}) as Record<string, unknown>
  const lists = [
    { list: titles ?? items, isChannel: false },
    { list: channels, isChannel: true },
  ].filter(({ list }) => list !== undefined)
  if (lists.length === 0 || !lists.every(({ list }) => Array.isArray(list))) {
    throw new Problem(
      'import.unreadable',
      'Give an array of titles, or an object with `titles` and `channels`, each an array.',
    )
  }
  return lists.flatMap(({ list, isChannel }) => (list as unknown[]).map((entry) => ({ entry, isChannel })))
}
