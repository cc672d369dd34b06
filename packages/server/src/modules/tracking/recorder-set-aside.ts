import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Where the recorder puts what it cannot record, so that the line goes on and nothing is thrown away unseen: one file
 * each, for an engineer to look at. Bounded; when it is full, what comes is counted and dropped.
 */
export interface SetAside {
  /** Whether it was kept. Again under the same name replaces. */
  put(name: string, bytes: Uint8Array): boolean
  /** Deletes what was put aside before a time, epoch ms. */
  forgetBefore(time: number): void
}

export const SET_ASIDE_LIMITS = { files: 1_000, bytes: 64_000_000 } as const

export function openSetAside(
  folder: string,
  limits: { files: number; bytes: number } = SET_ASIDE_LIMITS,
): SetAside {
  return {
    put(name, bytes) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const files = readdirSync(folder)
      const stored = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
      if (files.length >= limits.files || stored + bytes.byteLength > limits.bytes) return false
      writeFileSync(join(folder, name), bytes, { mode: 0o600 })
      return true
    },
    forgetBefore(time) {
      if (!existsSync(folder)) return
      for (const file of readdirSync(folder)) {
        if (statSync(join(folder, file)).mtimeMs < time) rmSync(join(folder, file), { force: true })
      }
    },
  }
}
