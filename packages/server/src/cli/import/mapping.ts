import { z } from 'zod'
import { channelFields, titleFields } from '@foyer/contracts'
import { StartupError } from '../../platform/errors.ts'
import { isTimeFormat, readDay, readTime } from './time-format.ts'

/**
 * A mapping document says what the columns of somebody's file mean: for each field of a viewer, a title or an event, the
 * column that it comes from and how its text is read. docs/guides/import-rows.md explains it with examples.
 */
const json = z.json()

const columnRule = z.strictObject({
  /** Name of a CSV column, or the path of a value in an NDJSON object, such as `user.id`. */
  column: z.string().min(1),
  /** Text put around the value, the value being `{}`: `film-{}`. */
  template: z
    .string()
    .refine((text) => text.includes('{}'), 'has no {} for the value')
    .optional(),
  /** What values mean. */
  values: z.record(z.string(), json).optional(),
  /** For a value that `values` does not have; without it such a row is refused. */
  otherwise: json.optional(),
  /** For an empty cell or a missing value; without it the field is left out. */
  whenEmpty: json.optional(),
  /** How a time is written: `iso`, `unix`, `unixMs`, or a pattern such as `DD/MM/YYYY HH:mm`. */
  time: z
    .string()
    .refine(isTimeFormat, 'iso, unix, unixMs, or a pattern of YYYY MM MMM DD HH mm ss SSS')
    .optional(),
  /** Zone of times that do not name one. UTC unless told. */
  zone: z.string().optional(),
  /** What a value is read as; text unless told. NDJSON values keep their type. */
  as: z.enum(['text', 'number', 'boolean']).optional(),
  /** A number is multiplied by this: 60000 makes minutes milliseconds. */
  times: z.number().optional(),
  /** The value is a list with this between its parts. */
  split: z.string().min(1).optional(),
})
type ColumnRule = z.infer<typeof columnRule>

const constantRule = z.strictObject({ constant: json })
const rule = z.union([
  z
    .string()
    .min(1)
    .transform((column): ColumnRule => ({ column })),
  columnRule,
  constantRule,
])

const mappingDocument = z.strictObject({
  kind: z.enum(['viewers', 'titles', 'events']),
  /** Names where the rows come from; stands in each event as `import:<source>`. */
  source: z
    .string()
    .regex(/^[a-z0-9]+(?:[-_][a-z0-9]+)*$/, 'lower-case letters, digits and hyphens')
    .max(40),
  party: z.enum(['first', 'second', 'third']).default('first'),
  format: z.enum(['csv', 'ndjson']).optional(),
  delimiter: z.string().length(1).optional(),
  encoding: z.enum(['utf-8', 'utf-16le', 'windows-1252']).optional(),
  fields: z.record(z.string(), rule),
})

export type Mapping = z.infer<typeof mappingDocument>
export type MappingKind = Mapping['kind']

const VIEWER_FIELDS = new Set(
  'externalId gender age ageAtRegistration birthDate country region city name firstName lastName email phone registeredAt updatedAt'.split(
    ' ',
  ),
)
const EVENT_FIELDS = new Set('messageId externalId ts type name contentId country'.split(' '))
const TITLE_FIELDS = new Set(['id', ...Object.keys(titleFields.shape), ...Object.keys(channelFields.shape)])

const TARGETS: Readonly<
  Record<MappingKind, { fields: ReadonlySet<string>; open: readonly string[]; needed: readonly string[] }>
> = {
  viewers: { fields: VIEWER_FIELDS, open: ['traits.'], needed: ['externalId'] },
  titles: { fields: TITLE_FIELDS, open: ['externalIds.', 'images.'], needed: ['id'] },
  events: { fields: EVENT_FIELDS, open: ['properties.'], needed: ['externalId', 'ts', 'type'] },
}

/** Fields that are times (read as epoch ms), and days (read as YYYY-MM-DD). */
const TIMES = new Set(['ts', 'registeredAt', 'updatedAt'])
const DAYS = new Set(['birthDate', 'releaseDate'])

/** Checks a mapping document. Throws StartupError that names all that is wrong with it. */
export function readMapping(document: unknown): Mapping {
  const parsed = mappingDocument.safeParse(document)
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'document'}: ${issue.message}`,
    )
    throw new StartupError(`The mapping is wrong:\n  ${faults.join('\n  ')}`)
  }
  const mapping = parsed.data
  const { fields, open, needed } = TARGETS[mapping.kind]
  const faults = [
    ...Object.keys(mapping.fields)
      .filter((name) => !fields.has(name) && !open.some((start) => name.startsWith(start) && name !== start))
      .map((name) => `fields.${name}: ${mapping.kind} have no such field`),
    ...needed
      .filter((name) => mapping.fields[name] === undefined)
      .map((name) => `fields.${name}: ${mapping.kind} need it`),
    ...Object.entries(mapping.fields)
      .filter(([, rule]) => 'zone' in rule && rule.zone !== undefined && !isZone(rule.zone))
      .map(([name]) => `fields.${name}.zone: no such time zone`),
  ]
  if (faults.length > 0) throw new StartupError(`The mapping is wrong:\n  ${faults.join('\n  ')}`)
  return mapping
}

/** Columns that a mapping reads. */
export function columnsOf(mapping: Mapping): string[] {
  return [
    ...new Set(Object.values(mapping.fields).flatMap((rule) => ('column' in rule ? [rule.column] : []))),
  ]
}

export type MappedRow =
  | { readonly values: Readonly<Record<string, unknown>> }
  /** The column, where a value came from one, and what is wrong with it. */
  | { readonly fault: string }

/** Reads a row by a mapping. Fields named `a.b` are put into an object `a`. Pure. */
export function mapRow(mapping: Mapping, valueOf: (column: string) => unknown): MappedRow {
  const values: Record<string, unknown> = {}
  for (const [field, rule] of Object.entries(mapping.fields)) {
    let value: unknown
    try {
      value = 'constant' in rule ? rule.constant : readValue(rule, field, valueOf(rule.column))
    } catch (error) {
      if (!(error instanceof UnreadableValue) || !('column' in rule)) throw error
      return { fault: `${rule.column}: ${error.message}` }
    }
    if (value === undefined) continue
    const dot = field.indexOf('.')
    if (dot === -1) values[field] = value
    else {
      const object = (values[field.slice(0, dot)] ??= {}) as Record<string, unknown>
      object[field.slice(dot + 1)] = value
    }
  }
  return { values }
}

class UnreadableValue extends Error {}

function readValue(rule: ColumnRule, field: string, given: unknown): unknown {
  const isEmpty = given === undefined || given === null || (typeof given === 'string' && given.trim() === '')
  if (isEmpty) return rule.whenEmpty
  const value = typeof given === 'string' ? given.trim() : given
  if (rule.values) {
    const name = String(value)
    if (Object.hasOwn(rule.values, name)) return rule.values[name]
    if (rule.otherwise !== undefined) return rule.otherwise
    throw new UnreadableValue('the mapping does not say what the value means')
  }
  if (DAYS.has(field))
    return orThrow(readDay(String(value), rule.time ?? 'iso'), 'is not a day as the mapping says')
  if (TIMES.has(field) || rule.time) {
    const options = { format: rule.time ?? 'iso', zone: rule.zone ?? 'UTC' }
    return orThrow(readTime(String(value), options), 'is not a time as the mapping says')
  }
  if (rule.split)
    return String(value)
      .split(rule.split)
      .map((part) => part.trim())
      .filter((part) => part !== '')
  const typed = readType(rule, value)
  if (rule.template === undefined) return typed
  if (typeof typed === 'object') throw new UnreadableValue('is no text to put into the template')
  return rule.template.replaceAll('{}', () => String(typed))
}

function readType({ as, times }: ColumnRule, value: unknown): unknown {
  if (as === 'boolean' && typeof value === 'string') {
    const meaning = BOOLEANS.get(value.toLowerCase())
    return orThrow(meaning, 'is neither true nor false')
  }
  if (as !== 'number' && times === undefined) return value
  const number = typeof value === 'number' ? value : Number(String(value).replace(',', '.'))
  if (!Number.isFinite(number)) throw new UnreadableValue('is not a number')
  // Fifteen digits are what a double holds: 0.1 × 3 stays 0.3.
  return Number((number * (times ?? 1)).toPrecision(15))
}

const BOOLEANS = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
])

function orThrow<Value>(value: Value | null | undefined, message: string): Value {
  if (value === null || value === undefined) throw new UnreadableValue(message)
  return value
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
