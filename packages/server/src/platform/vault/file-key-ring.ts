import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { StartupError } from '../errors.ts'
import { systemRandom, type RandomSource } from '../ids.ts'
import { KEY_BYTES } from './cipher.ts'
import {
  epochOf,
  PEPPER_NOTICE_MS,
  type Epoch,
  type EpochState,
  type KeyRing,
  type Pepper,
} from './key-ring.ts'
import { createSecretFile, destroySecretFile, finishDestroying } from './secret-file.ts'

/**
 * The key ring as a folder, `<data>/keys/`, mode 0700: `epoch-2026-11.json` a key-encryption key,
 * `epoch-2026-11.retired.json` when its last use ended, `pepper-1.json` and `pseudonyms.json` what their names say, each of
 * mode 0600 and written once. Copy the folder to a safe place of its own, never into the backups of RECORDS: together
 * they open everything.
 *
 * Throws StartupError when the folder cannot be made, is open to others, or holds something unreadable.
 */
export function openFileKeyRing(folder: string, options: { clock: Clock; random?: RandomSource }): KeyRing {
  const { clock, random = systemRandom } = options
  prepareFolder(folder)
  finishDestroying(folder, random)
  let known = readRing(folder)
  let readAt = clock.now()

  function reread(): void {
    known = readRing(folder)
    readAt = clock.now()
  }

  /** Re-reads now and then, so that an epoch that another process destroyed is forgotten here too. */
  function ring(): Ring {
    if (Math.abs(clock.now() - readAt) >= REREAD_MS) reread()
    return known
  }

  function create(name: string, content: object): void {
    createSecretFile(join(folder, name), `${JSON.stringify(content)}\n`, random)
    reread()
  }

  const newSecret = () => Buffer.from(random(KEY_BYTES)).toString('base64url')

  if (known.peppers.length === 0) {
    create('pepper-1.json', { version: 1, secret: newSecret(), writesFrom: 0 })
  }
  if (!known.pseudonymSecret) create('pseudonyms.json', { secret: newSecret() })

  return {
    currentEpoch() {
      const month = epochOf(clock.now())
      const newest = ring().epochs.at(-1)?.epoch
      if (newest !== undefined && newest >= month) return newest
      create(`epoch-${month}.json`, { epoch: month, key: newSecret(), createdAt: clock.now() })
      return month
    },
    epochKey(epoch) {
      const key = ring().keys.get(epoch)
      if (key) return key
      reread()
      return known.keys.get(epoch) ?? null
    },
    epochs: () => ring().epochs,
    retire(epoch) {
      create(`epoch-${epoch}.retired.json`, { epoch, retiredAt: clock.now() })
    },
    destroy(epoch) {
      if (epoch === this.currentEpoch()) throw new Error('the current key epoch cannot be destroyed')
      destroySecretFile(join(folder, `epoch-${epoch}.json`), random)
      destroySecretFile(join(folder, `epoch-${epoch}.retired.json`), random)
      reread()
    },
    peppers() {
      const { peppers } = ring()
      const writing = peppers.findLast((pepper) => pepper.writesFrom <= clock.now()) ?? peppers[0]!
      return [writing, ...peppers.filter((pepper) => pepper !== writing)]
    },
    addPepper() {
      const version = (ring().peppers.at(-1)?.version ?? 0) + 1
      const writesFrom = clock.now() + PEPPER_NOTICE_MS
      create(`pepper-${version}.json`, { version, secret: newSecret(), writesFrom })
    },
    pseudonymSecret: () => known.pseudonymSecret!,
  }
}

const REREAD_MS = 60_000

export interface Ring {
  readonly keys: ReadonlyMap<string, Uint8Array>
  readonly epochs: readonly EpochState[]
  readonly peppers: readonly (Pepper & { readonly writesFrom: number })[]
  readonly pseudonymSecret: Uint8Array | null
}

const secretBytes = z
  .string()
  .transform((text) => Buffer.from(text, 'base64url'))
  .refine((bytes) => bytes.length === KEY_BYTES, `${KEY_BYTES} bytes`)
const epochName = z
  .string()
  .regex(/^\d{4}-\d{2}$/)
  .transform((name) => name as Epoch)
const epochFile = z.object({ epoch: epochName, key: secretBytes })
const retiredFile = z.object({ epoch: epochName, retiredAt: z.number() })
const pepperFile = z.object({ version: z.number().int(), secret: secretBytes, writesFrom: z.number() })
const pseudonymFile = z.object({ secret: secretBytes })

/** What a key folder holds, without making anything. Throws StartupError on a damaged file. */
export function readRing(folder: string): Ring {
  const keys = new Map<string, Uint8Array>()
  const retired = new Map<string, number>()
  const peppers: z.infer<typeof pepperFile>[] = []
  let pseudonymSecret: Uint8Array | null = null
  for (const file of readdirSync(folder).sort()) {
    if (/^epoch-[\d-]+\.json$/.test(file)) {
      const found = readFile(folder, file, epochFile)
      if (found) keys.set(found.epoch, found.key)
    } else if (/^epoch-[\d-]+\.retired\.json$/.test(file)) {
      const found = readFile(folder, file, retiredFile)
      if (found) retired.set(found.epoch, found.retiredAt)
    } else if (/^pepper-\d+\.json$/.test(file)) {
      const found = readFile(folder, file, pepperFile)
      if (found) peppers.push(found)
    } else if (file === 'pseudonyms.json') {
      pseudonymSecret = readFile(folder, file, pseudonymFile)?.secret ?? null
    }
  }
  return {
    keys,
    epochs: [...keys.keys()].map((epoch) => ({
      epoch: epoch as Epoch,
      retiredAt: retired.get(epoch) ?? null,
    })),
    peppers: peppers.sort((a, b) => a.version - b.version),
    pseudonymSecret,
  }
}

/** Null when another process removed the file since it was listed. */
function readFile<T>(folder: string, file: string, schema: z.ZodType<T>): T | null {
  let text: string
  try {
    text = readFileSync(join(folder, file), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const parsed = schema.safeParse(parseJson(text))
  // The reason could quote the secret, so only the file is named.
  if (!parsed.success) throw new StartupError(`The key file ${file} is damaged. Restore it from your copy.`)
  return parsed.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function prepareFolder(folder: string): void {
  try {
    if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(folder, 0o700)
  } catch (error) {
    throw new StartupError(`The key folder ${folder} cannot be made: ${(error as Error).message}`)
  }
  if ((statSync(folder).mode & 0o077) !== 0) {
    throw new StartupError(
      `The key folder ${folder} can be read by other users of this machine. Run: chmod 700 ${folder}`,
    )
  }
}
