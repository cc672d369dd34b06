import type { Logger } from '../../platform/log.ts'

type Bindings = Parameters<Logger['child']>[0]
type Options = Parameters<Logger['child']>[1]
type LineArguments = [fields: object, message?: string]

/**
 * A request's logger that is made when the first line is written: mostly never. pino's own takes some µs for each
 * request, as it writes and redacts its bindings in advance.
 */
export function childOnDemand(parent: Logger, bindings: Bindings, options?: Options): Logger {
  return new ChildOnDemand(parent, bindings, options) as unknown as Logger
}

class ChildOnDemand {
  readonly #parent: Logger
  readonly #bindings: Bindings
  readonly #options: Options
  #made: Logger | undefined

  constructor(parent: Logger, bindings: Bindings, options: Options) {
    this.#parent = parent
    this.#bindings = bindings
    this.#options = options
  }

  get level(): string {
    return this.#parent.level
  }

  child(bindings: Bindings, options?: Options): Logger {
    return this.#child().child(bindings, options) as unknown as Logger
  }

  fatal(...line: LineArguments): void {
    this.#child().fatal(...line)
  }
  error(...line: LineArguments): void {
    this.#child().error(...line)
  }
  warn(...line: LineArguments): void {
    this.#child().warn(...line)
  }
  info(...line: LineArguments): void {
    this.#child().info(...line)
  }
  debug(...line: LineArguments): void {
    this.#child().debug(...line)
  }
  trace(...line: LineArguments): void {
    this.#child().trace(...line)
  }

  #child(): Logger {
    return (this.#made ??= this.#parent.child(this.#bindings, this.#options) as unknown as Logger)
  }
}
