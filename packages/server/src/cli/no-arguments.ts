import { StartupError } from '../platform/errors.ts'

/** For commands that take none: what is passed over would be believed to have had its effect. */
export function refuseArguments(command: string, args: readonly string[]): void {
  const [first] = args
  if (first === undefined) return
  throw new StartupError(
    `foyer ${command} takes no arguments, so none like "${first}". Settings are FOYER_… variables: foyer settings`,
  )
}
