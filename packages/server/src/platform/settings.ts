import { z } from 'zod'
import { StartupError } from './errors.ts'

/**
 * Settings. A module declares its own in `settings.ts`: each has an environment variable, a type, a default and a
 * sentence, from which `docs/reference/settings.md` is generated. They are read once, in `main.ts`; no module reads
 * `process.env`.
 */
export interface Setting<T = unknown> {
  /** Environment variable. */
  readonly env: `FOYER_${string}`
  /** How the text is read and what is refused. */
  readonly schema: z.ZodType<T>
  /** The text that is read when the variable is not set. */
  readonly default: string
  /** What it does and when to change it: one or two sentences. */
  readonly sentence: string
  /** Its value is a secret and never printed. */
  readonly isSecret?: boolean
}

// oxlint-disable-next-line typescript/no-explicit-any -- A group holds settings of any type; `SettingValues` restores each.
export type SettingGroup = Readonly<Record<string, Setting<any>>>

/** The values of a group, by the names that the module gave. */
export type SettingValues<G extends SettingGroup> = { readonly [K in keyof G]: z.infer<G[K]['schema']> }

export function defineSettings<const G extends SettingGroup>(group: G): G {
  return group
}

/**
 * Reads groups of settings from the environment.
 * Throws StartupError that names every wrong value and every FOYER_ variable that no setting reads (a typing error).
 */
export function readSettings<const G extends Readonly<Record<string, SettingGroup>>>(
  groups: G,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly [K in keyof G]: SettingValues<G[K]> } {
  const faults: string[] = []
  const known = new Set<string>()
  const values: Record<string, Record<string, unknown>> = {}
  for (const [groupName, group] of Object.entries(groups)) {
    const read: Record<string, unknown> = (values[groupName] = {})
    for (const [name, setting] of Object.entries(group)) {
      known.add(setting.env)
      const parsed = setting.schema.safeParse(environment[setting.env] ?? setting.default)
      if (parsed.success) read[name] = parsed.data
      else faults.push(`${setting.env}: ${parsed.error.issues.map((issue) => issue.message).join('; ')}`)
    }
  }
  for (const name of Object.keys(environment)) {
    if (name.startsWith('FOYER_') && !known.has(name))
      faults.push(`${name}: no such setting; see docs/reference/settings.md`)
  }
  if (faults.length > 0) throw new StartupError(`These settings are wrong:\n  ${faults.join('\n  ')}`)
  return values as { readonly [K in keyof G]: SettingValues<G[K]> }
}

/** Readers of the usual types. */
export const text = z.string()
export const flag = z
  .enum(['true', 'false'], { error: 'true or false' })
  .transform((value) => value === 'true')

export function integer(options: { min: number; max: number }) {
  return z
    .string()
    .regex(/^-?\d+$/, 'a whole number')
    .transform(Number)
    .pipe(z.number().int().min(options.min).max(options.max))
}

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A duration such as `250ms`, `10s`, `5m`, `12h` or `30d`, read as milliseconds. */
export const duration = z
  .string()
  .regex(/^\d+(ms|s|m|h|d)$/, 'a duration such as 250ms, 10s, 5m, 12h or 30d')
  .transform((value) => {
    const [, amount, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(value)!
    return Number(amount) * UNITS_MS[unit as keyof typeof UNITS_MS]
  })

const UNITS_BYTES = { B: 1, KB: 1_000, MB: 1_000_000, GB: 1_000_000_000 } as const

/** A size such as `500KB` or `2GB` (decimal), read as bytes. */
export const byteSize = z
  .string()
  .regex(/^\d+(B|KB|MB|GB)$/, 'a size such as 500KB, 64MB or 2GB')
  .transform((value) => {
    const [, amount, unit] = /^(\d+)(B|KB|MB|GB)$/.exec(value)!
    return Number(amount) * UNITS_BYTES[unit as keyof typeof UNITS_BYTES]
  })

/** One of a few words. */
export function choice<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, { error: `one of ${words.join(', ')}` })
}
