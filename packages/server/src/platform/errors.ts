import { PROBLEMS, type FieldError, type ProblemCode, type ProblemDetails } from '@foyer/contracts'

/**
 * A refusal that reaches the client as RFC 9457 problem details. Throw it from routes and the functions that they call
 * when nothing better can be answered; expected outcomes of rules are values.
 */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly status: number
  /** Fields that are wrong. */
  readonly errors: readonly FieldError[]
  /** Extra response headers, such as Retry-After. */
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: ProblemCode,
    detail?: string,
    options: { errors?: FieldError[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail ?? PROBLEMS[code].title, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = PROBLEMS[code].status
    this.errors = options.errors ?? []
    this.headers = options.headers ?? {}
  }

  /** The body that the client sees. The cause and the stack stay in the log. */
  toDetails(requestId?: string): ProblemDetails {
    return {
      type: `urn:foyer:problem:${this.code}`,
      title: PROBLEMS[this.code].title,
      status: this.status,
      code: this.code,
      ...(this.message === PROBLEMS[this.code].title ? {} : { detail: this.message }),
      ...(requestId === undefined ? {} : { instance: `urn:foyer:request:${requestId}` }),
      ...(this.errors.length === 0 ? {} : { errors: [...this.errors] }),
    }
  }
}

/** A condition of the machine or the configuration that the person at the terminal can mend: printed without a stack. */
export class StartupError extends Error {
  override readonly name = 'StartupError'
  /** It may pass without anybody: who waits for a first start is told at once, an instance that has run goes on trying. */
  readonly mayPass: boolean

  constructor(message: string, options: ErrorOptions & { mayPass?: boolean } = {}) {
    super(message, options)
    this.mayPass = options.mayPass ?? false
  }
}
