import { createHmac } from 'node:crypto'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StartupError } from '../errors.ts'
import { readRing } from './file-key-ring.ts'

/** A key folder as it lies there: nothing is made, and no secret leaves it. */
export interface KeyFolder {
  /** Its files: these alone make up a copy. */
  readonly files: readonly string[]
  /** Of each secret a fingerprint, by which it is told whether another folder holds the same. */
  readonly fingerprints: Readonly<Record<string, string>>
  /** Names of what is open to other users of the machine; `.` is the folder. */
  readonly open: readonly string[]
  /** Whether what every installation has is there: a pepper and the secret of pseudonyms. */
  readonly isComplete: boolean
}

const KEY_FILE = /^(epoch-[\d-]+(\.retired)?|pepper-\d+|pseudonyms)\.json$/

/** Looks into a key folder. Throws StartupError when there is none or a file in it is damaged. */
export function inspectKeyFolder(folder: string): KeyFolder {
  if (!existsSync(folder)) throw new StartupError(`There is no key folder ${folder}.`)
  if (!statSync(folder).isDirectory()) throw new StartupError(`${folder} is not a folder.`)
  const ring = readRing(folder)
  const secrets: [string, Uint8Array][] = [...ring.keys].map(([epoch, key]) => [`epoch-${epoch}`, key])
  for (const { version, secret } of ring.peppers) secrets.push([`pepper-${version}`, secret])
  if (ring.pseudonymSecret) secrets.push(['pseudonyms', ring.pseudonymSecret])
  const files = readdirSync(folder)
    .filter((file) => KEY_FILE.test(file))
    .sort()
  const isOpen = (path: string) => (statSync(path).mode & 0o077) !== 0
  return {
    files,
    fingerprints: Object.fromEntries(secrets.map(([name, secret]) => [name, fingerprintOf(secret)])),
    open: ['.', ...files].filter((file) => isOpen(join(folder, file))),
    isComplete: ring.peppers.length > 0 && ring.pseudonymSecret !== null,
  }
}

/** Of 256 random bits, so that nothing can be guessed from it; 72 bits are enough to tell keys apart. */
function fingerprintOf(secret: Uint8Array): string {
  return createHmac('sha256', secret).update('foyer key fingerprint').digest('base64url').slice(0, 12)
}
