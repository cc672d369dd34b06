import { sha256 } from '../src/platform/ids.ts'

/** Scrypt takes a tenth of a second, which is its point and not that of most tests. */
export const quickPasswords = {
  hash: (password: string) => Promise.resolve(`test ${sha256(password)}`),
  verify: ({ hash, password }: { hash: string; password: string }) =>
    Promise.resolve(hash === `test ${sha256(password)}`),
}
