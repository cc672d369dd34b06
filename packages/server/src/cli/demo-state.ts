import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openWorld, type World } from '@foyer/simulator'
import { StartupError } from '../platform/errors.ts'
import { newSecret } from '../platform/ids.ts'
import type { Configuration } from './configuration.ts'
import type { Workbench } from './workbench.ts'

/** What the demo remembers in its data folder, so that a start that was interrupted goes on with the same audience. */
export interface DemoState {
  readonly seed: number
  readonly viewers: number
  readonly days: number
  /** Where the invented history ends, epoch ms. */
  readonly until: number
  readonly isFilled: boolean
  /** The demo's operator. It opens invented data only. */
  readonly email: string
  readonly password: string
}

const fileOf = (folder: string): string => join(folder, 'demo.json')

/** The state of the folder's demo; a new one by the settings when there is none. */
export function readDemoState(
  { foundations: { folder, clock, random } }: Workbench,
  { seed, viewers, days }: Configuration['demo'],
): DemoState {
  const path = fileOf(folder.root)
  if (existsSync(path)) {
    const stored = JSON.parse(readFileSync(path, 'utf8')) as Partial<DemoState>
    if (stored.viewers === undefined)
      throw new StartupError(
        `${folder.root} holds the demo of an earlier version, with which this one cannot go on. Delete that folder, or set FOYER_DATA to another one.`,
      )
    return stored as DemoState
  }
  return {
    seed,
    viewers,
    days,
    until: clock.now(),
    isFilled: false,
    email: 'demo@operators.example',
    password: newSecret('demo', random),
  }
}

export function writeDemoState({ foundations: { folder } }: Workbench, state: DemoState): void {
  const path = fileOf(folder.root)
  writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

export function worldOf({ seed, viewers, days, until }: DemoState): World {
  return openWorld({ seed, viewers, days, until })
}
