import { problemDetails, type FieldError } from '@foyer/contracts'
import type { z } from 'zod'

/** Where the console asks who is signed in. */
export const SESSION_PATH = '/v1/operators/me'

/** Calls back when an answer shows that nobody is signed in any more; returns what ends that. */
export function onSignInRequired(listener: () => void): () => void {
  signInListeners.add(listener)
  return () => signInListeners.delete(listener)
}

const signInListeners = new Set<() => void>()

/** The server's answers, checked by the schema that the server answers by. */
export const api = {
  /** Parameters that are undefined are left out. */
  async get<T>(
    path: string,
    schema: z.ZodType<T>,
    options: { query?: Record<string, string | undefined>; signal?: AbortSignal } = {},
  ): Promise<T> {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(options.query ?? {}))
      if (value !== undefined) query.set(name, value)
    const address = query.size === 0 ? path : `${path}?${query}`
    return schema.parse(await request(address, options.signal ? { signal: options.signal } : {}))
  },

  /** Sends JSON; the answer is read by the caller's schema, or not at all. */
  async post<T>(path: string, body: unknown, schema?: z.ZodType<T>): Promise<T | null> {
    const answer = await request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return schema ? schema.parse(answer) : null
  },
}

/** A refusal, in the words of the server. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  /** A code of the problem catalogue; `network` when no answer came. */
  readonly code: string
  readonly errors: readonly FieldError[]

  constructor(status: number, code: string, message: string, errors: readonly FieldError[] = []) {
    super(message)
    this.status = status
    this.code = code
    this.errors = errors
  }
}

async function request(path: string, init: RequestInit): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(path, { credentials: 'same-origin', ...init })
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw new ApiError(0, 'network', 'The server cannot be reached.')
  }
  const body: unknown = await response.json().catch(() => null)
  if (response.ok) return body
  const problem = problemDetails.safeParse(body)
  if (problem.success) {
    const { code, title, detail, errors } = problem.data
    // Who asks for the session itself sees the refusal; to tell of it would make them ask again.
    if (code === 'operator.sign_in_required' && path !== SESSION_PATH)
      for (const listener of signInListeners) listener()
    throw new ApiError(response.status, code, detail ? `${title}. ${detail}` : `${title}.`, errors)
  }
  const message = (body as { message?: unknown } | null)?.message
  throw new ApiError(
    response.status,
    'unknown',
    typeof message === 'string' ? message : `The server answered ${response.status}.`,
  )
}
