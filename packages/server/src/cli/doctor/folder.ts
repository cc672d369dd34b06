import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { StartupError } from '../../platform/errors.ts'
import { inspectKeyFolder } from '../../platform/vault/index.ts'
import { failed, ok, warning, type Finding } from './finding.ts'

/** The folder itself: there, ours, closed to others, and complete. */
export function checkFolder(root: string, uid = process.getuid?.()): Finding[] {
  if (!existsSync(root)) {
    return [
      warning(
        'Folder',
        `There is no data folder ${root}.`,
        'The first foyer serve makes it. If your data are elsewhere, set FOYER_DATA.',
      ),
    ]
  }
  const { mode, uid: owner } = statSync(root)
  if (!statSync(root).isDirectory())
    return [failed('Folder', `${root} is not a folder.`, 'Set FOYER_DATA to the data folder.')]
  if (!isUsable(root)) {
    return [
      failed(
        'Folder',
        `This user may not read and write ${root}.`,
        'Run Foyer as the user that owns the folder, or give it to this one (chown -R).',
      ),
    ]
  }
  return [
    ...(uid !== undefined && uid !== owner
      ? [
          warning(
            'Owner',
            `${root} belongs to another user (${owner}) than runs this (${uid}).`,
            'Run Foyer and its commands as the owner; files made by others could not be read by it.',
          ),
        ]
      : []),
    ...((mode & 0o077) === 0
      ? []
      : [
          warning(
            'Permissions',
            `Other users of this machine may look into ${root}.`,
            `Run: chmod 700 ${root}`,
          ),
        ]),
    checkParts(root),
  ]
}

const PARTS = ['records', 'events', 'journal', 'recorder', 'keys'] as const

/** Whether all parts of an instance are there. A first start that was interrupted leaves only some of them. */
function checkParts(root: string): Finding {
  const missing = PARTS.filter((part) => !existsSync(join(root, part)))
  if (missing.length === 0) return ok('Folder', `${root} is complete.`)
  if (missing.length === PARTS.length)
    return ok('Folder', `${root} holds no data yet; the first foyer serve makes it.`)
  const says = `${root} lacks ${missing.join(', ')}.`
  if (missing.includes('keys') && !missing.includes('records')) {
    return failed(
      'Folder',
      says,
      `Put the copy of the keys that belongs to these records in ${join(root, 'keys')} before anything else; foyer serve would refuse others.`,
    )
  }
  if (missing.includes('records') || missing.includes('events')) {
    return failed(
      'Folder',
      says,
      'Put back what was moved away, or restore a backup into a new folder (foyer restore).',
    )
  }
  return warning(
    'Folder',
    says,
    'If its first start was interrupted, start again. If something was deleted, restore a backup.',
  )
}

/** Key files by what only a person can mend. Nothing is made. */
export function checkKeyFolder(root: string): Finding {
  const folder = join(root, 'keys')
  if (!existsSync(folder)) return ok('Keys', 'There are none yet.')
  try {
    const { files, open, isComplete } = inspectKeyFolder(folder)
    if (open.length > 0) {
      return failed(
        'Keys',
        `Other users of this machine may read keys: ${open.map((file) => (file === '.' ? 'the folder' : file)).join(', ')}.`,
        `Run: chmod 700 ${folder} && chmod 600 ${folder}/*`,
      )
    }
    if (!isComplete) {
      return failed(
        'Keys',
        `${folder} lacks the pepper or the secret of pseudonyms.`,
        'Put back your copy of the key folder; a start would make new ones, which find nobody.',
      )
    }
    return ok('Keys', `${files.length} key files, closed to others.`)
  } catch (error) {
    if (!(error instanceof StartupError)) throw error
    return failed('Keys', error.message, 'Put back the file from your copy of the key folder.')
  }
}

/** What could not be recorded, kept for a look. */
export function checkSetAside(root: string): Finding {
  const folder = join(root, 'set-aside')
  const files = existsSync(folder) ? readdirSync(folder) : []
  if (files.length === 0) return ok('Set aside', 'Everything could be recorded.')
  return warning(
    'Set aside',
    `${files.length} requests or rows could not be recorded; they lie in ${folder}.`,
    'Look at them with who wrote the client, and at the log of that time. They are deleted after 30 days.',
  )
}

/** Folders that an interrupted backup or restore has left beside the data folder. */
export function checkLeftovers(root: string): Finding[] {
  const parent = dirname(root)
  if (!existsSync(parent)) return []
  const left = readdirSync(parent).filter(
    (name) => name.startsWith(`${basename(root)}.`) && /\.partial-[0-9a-f]{8}$/.test(name),
  )
  return left.map((name) =>
    warning(
      'Leftovers',
      `${join(parent, name)} was left by a restore that was interrupted.`,
      'If none is running, delete it.',
    ),
  )
}

function isUsable(root: string): boolean {
  try {
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}
