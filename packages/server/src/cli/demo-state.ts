import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openWorld, type World } from '@foyer/simulator'
import { StartupError } from '../platform/errors.ts'
import type { Vault } from '../platform/vault/index.ts'
import type { Configuration } from './configuration.ts'
import type { Workbench } from './workbench.ts'

/**
 * What the demo remembers in its data folder, so that a start that was interrupted goes on with the same audience. It lies
 * in backups as it is, so it holds nothing that opens anything.
 */
export interface DemoState {
  readonly seed: number
  readonly viewers: number
  readonly days: number
  /** Where the invented history ends, epoch ms. */
  readonly until: number
  readonly isFilled: boolean
}

const FILE = 'demo.json'

/** The state of the folder's demo; a new one by the settings when there is none. */
export function readDemoState(
  { foundations: { folder, clock } }: Pick<Workbench, 'foundations'>,
  { seed, viewers, days }: Configuration['demo'],
): DemoState {
  const path = join(folder.root, FILE)
  if (!existsSync(path)) return { seed, viewers, days, until: clock.now(), isFilled: false }
  const stored = JSON.parse(readFileSync(path, 'utf8')) as Partial<DemoState>
  // Earlier versions wrote the password of its operator here, and no operator can be given another one without a link.
  if (stored.viewers === undefined || 'password' in stored)
    throw new StartupError(
      `${folder.root} holds the demo of an earlier version, with which this one cannot go on. Delete that folder, or set FOYER_DATA to another one.`,
    )
  return stored as DemoState
}

export function writeDemoState(
  { foundations: { folder } }: Pick<Workbench, 'foundations'>,
  state: DemoState,
): void {
  const path = join(folder.root, FILE)
  writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/**
 * How to sign in as the demo's operator. The password is made of the instance's keys and written nowhere: every start tells
 * the same one, one of a restored folder too, and a backup without its keys tells none.
 */
export function demoLogin(vault: Pick<Vault, 'secretFor'>): {
  readonly email: string
  readonly password: string
} {
  const secret = vault.secretFor('demo operator').slice(0, PASSWORD_CHARACTERS)
  return { email: 'demo@operators.example', password: `demo_${secret}` }
}

/** 162 bits, short enough to be typed once. */
const PASSWORD_CHARACTERS = 27

export function worldOf({ seed, viewers, days, until }: DemoState): World {
  return openWorld({ seed, viewers, days, until })
}
