import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { problemDetails, type FieldError, type ProblemCode } from '@foyer/contracts'
import { Problem } from '../errors.ts'

/** Fastify's own refusals, in the words of our catalogue. */
const FASTIFY_CODES: Record<string, ProblemCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'request.media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'request.too_large',
  FST_ERR_CTP_INVALID_JSON_BODY: 'request.not_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'request.invalid',
  FST_ERR_BAD_URL: 'request.invalid',
}

/** The one place where an error becomes an answer. Nothing of its stack or cause leaves the machine. */
export function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(error)
  // Who has left gets no answer, and that the work was ended for it is no failure.
  if (problem.status >= 500 && !request.socket.destroyed)
    request.log.error({ err: error, code: problem.code }, 'request failed')
  reply.headers(problem.headers)
  if (problem.status === 503 && !reply.hasHeader('retry-after')) reply.header('retry-after', RETRY_AFTER_S)
  void reply
    .code(problem.status)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problem.toDetails(request.id))
}

export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const caused = problemWithin(error)
  if (caused) return caused
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where = error.validationContext ?? 'body'
    const errors: FieldError[] = error.validation.flatMap((issue) => {
      const field = `${where}${issue.instancePath.replace(/\/$/, '').replaceAll('/', '.')}`
      const message = issue.message ?? 'is wrong'
      if (issue.keyword !== 'unrecognized_keys') return [{ field, message }]
      const keys = issue.params['keys'] as string[]
      return keys.slice(0, UNKNOWN_KEYS_MAX).map((key) => ({ field: `${field}.${key}`, message }))
    })
    return new Problem('request.invalid', `See errors: ${errors.map((fault) => fault.field).join(', ')}.`, {
      errors,
    })
  }
  if (error instanceof SyntaxError && (error as { statusCode?: number }).statusCode === 400) {
    return new Problem('request.not_json')
  }
  const code = (error as Partial<FastifyError>).code
  if (code && FASTIFY_CODES[code]) return new Problem(FASTIFY_CODES[code])
  const status = (error as Partial<FastifyError>).statusCode
  if (status === 429) return new Problem('request.too_many')
  if (status !== undefined && status >= 400 && status < 500) return new Problem('request.invalid')
  return new Problem('server.failed', undefined, { cause: error })
}

/** Keys that are not known and are named: more are one mistake, and an answer need not be as long as a request. */
const UNKNOWN_KEYS_MAX = 10

/** Whoever is told to try again is told when, unless the problem knows better, s. */
const RETRY_AFTER_S = '1'

const CAUSES_MAX = 5

/** Libraries wrap what a store has thrown (Drizzle: "Failed query"), and our own code wraps that. */
function problemWithin(error: unknown): Problem | null {
  let part = error
  for (let depth = 0; depth < CAUSES_MAX && part instanceof Error; depth += 1) {
    if (part instanceof Problem) return part
    part = part.cause
  }
  return null
}

/** Response schemas for the given problems, to be spread into a route's `response`. */
export function problems(...codes: ProblemCode[]): Record<number, typeof problemDetails> {
  return Object.fromEntries(codes.map((code) => [new Problem(code).status, problemDetails]))
}
