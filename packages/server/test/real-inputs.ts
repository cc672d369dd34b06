import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'

/**
 * Real inputs that are not in the repository: recordings and published data sets, a folder each, beneath
 * TEST_REAL_INPUTS, else `../shared/data` beside the checkout.
 */
export type RealInput = 'ml-100k' | 'player-traces'

/**
 * Tests over a real input: the usual `it` and `describe` where it is there. Where it is missing, the tests of this group
 * are declared as not tried and why; under CI, which promises to try all, that is a failure. Call it where the tests
 * stand, before anything reads the folder.
 */
export function withRealInput(part: RealInput): {
  readonly folder: string
  readonly it: Pick<typeof it, 'each'> & typeof it.skip
  readonly describe: Pick<typeof describe, 'each'> & typeof describe.skip
} {
  const folder = realInputFolder(part)
  if (existsSync(folder)) return { folder, it, describe }
  const reason = `not tried: there is no ${part} in TEST_REAL_INPUTS, else in ../shared/data beside the checkout`
  if (process.env['CI']) {
    it(`has ${part}`, () => {
      throw new Error(`${reason}. Under CI every test is tried.`)
    })
  } else {
    it.skip(reason, () => {})
    process.stderr.write(`${reason}\n`)
  }
  return { folder, it: it.skip, describe: describe.skip }
}

/** Where an input is or would be. */
export function realInputFolder(part: RealInput): string {
  const repository = fileURLToPath(new URL('../../../', import.meta.url))
  return join(resolve(repository, process.env['TEST_REAL_INPUTS'] ?? '../shared/data'), part)
}
