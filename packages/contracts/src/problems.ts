import { z } from 'zod'

/**
 * The catalogue of problems: every refusal that Foyer's API can answer, by its stable code.
 *
 * Answers are RFC 9457 problem details (`application/problem+json`): `type` is `urn:foyer:problem:<code>`,
 * `code` repeats the code, `detail` says what happened here and what to do, `errors` lists fields. Codes are API: they do
 * not change and are not reused. `docs/reference/problems.md` is generated from this list.
 */
export const PROBLEMS = {
  'request.invalid': { status: 400, title: 'The request does not fit its schema' },
  'request.not_json': { status: 400, title: 'The body is not JSON' },
  'request.too_large': { status: 413, title: 'The request is larger than the limit' },
  'request.too_slow': { status: 408, title: 'The request took too long to arrive' },
  'request.media_type': { status: 415, title: 'The media type is not taken here' },
  'request.cross_origin': { status: 403, title: 'The request comes from another site' },
  'request.too_many': { status: 429, title: 'Too many requests' },
  'request.idempotency_conflict': { status: 409, title: 'The Idempotency-Key was used with another body' },
  'route.not_found': { status: 404, title: 'There is nothing at this address' },
  'account.sign_in_required': { status: 401, title: 'Sign in first' },
  'account.sign_in_failed': { status: 401, title: 'E-mail or password is wrong' },
  'account.locked': { status: 429, title: 'Too many attempts to sign in' },
  'account.suspended': { status: 403, title: 'This account is suspended' },
  'account.code_wrong': { status: 403, title: 'The code is wrong' },
  'account.code_expired': { status: 410, title: 'The code is used up or too old; ask for a new one' },
  'account.too_many_letters': { status: 429, title: 'Too many letters were asked for' },
  'account.password_common': { status: 400, title: 'This password is among those that are tried first' },
  'account_session.not_found': { status: 404, title: 'No such session' },
  'operator.sign_in_required': { status: 401, title: 'Sign in to the console, or send an API key' },
  'operator.sign_in_failed': { status: 401, title: 'E-mail or password is wrong' },
  'operator.locked': { status: 429, title: 'Too many attempts to sign in' },
  'operator.disabled': { status: 403, title: 'This operator may not sign in any more' },
  'operator.right_missing': { status: 403, title: 'Your role does not allow this' },
  'operator.link_invalid': { status: 403, title: 'The one-time link is wrong, used or expired' },
  'operator.exists': { status: 409, title: 'An operator with this e-mail exists' },
  'operator.last_administrator': { status: 409, title: 'The last administrator cannot be removed' },
  'operator.not_found': { status: 404, title: 'No such operator' },
  'operator_session.not_found': { status: 404, title: 'No such session' },
  'invitation.not_found': { status: 404, title: 'No such invitation' },
  'api_key.not_found': { status: 404, title: 'No such API key' },
  'service.not_found': { status: 404, title: 'No such service' },
  'service.exists': { status: 409, title: 'A service with this id exists' },
  'service.time_zone_fixed': {
    status: 409,
    title: 'The time zone of a service that is in use cannot change',
  },
  'settings.limit_reached': { status: 409, title: 'There are as many of these as there can be' },
  'app.not_found': { status: 404, title: 'No such app' },
  'app.exists': { status: 409, title: 'An app with this id exists' },
  'write_key.unknown': { status: 401, title: 'The write key is unknown or revoked' },
  'write_key.not_found': { status: 404, title: 'No such write key' },
  'viewer.not_found': { status: 404, title: 'No such viewer' },
  'viewer.exists': { status: 409, title: 'A viewer with this external id exists' },
  'viewer.same_person': { status: 409, title: 'The two viewers are one person already' },
  'viewer.merged': { status: 409, title: 'The viewer was merged into another' },
  'viewer.not_merged': { status: 409, title: 'The viewer was not merged into another' },
  'viewer.other_service': { status: 409, title: 'The two viewers registered with different services' },
  'device.not_found': { status: 404, title: 'No such device of this person' },
  'viewer_token_secret.not_found': { status: 404, title: 'No such viewer-token secret' },
  'viewer_token.invalid': { status: 401, title: 'The viewer token is not valid' },
  'title.not_found': { status: 404, title: 'No such title' },
  'title.exists': { status: 409, title: 'A title with this id exists' },
  'title.parent_invalid': { status: 400, title: 'The parent title is missing or of the wrong kind' },
  'title.in_use': { status: 409, title: 'Other titles belong to this one' },
  'channel.not_found': { status: 404, title: 'No such channel' },
  'channel.exists': { status: 409, title: 'A channel with this id exists' },
  'import.unreadable': { status: 400, title: 'The file cannot be read in this format' },
  'event.too_large': { status: 400, title: 'An event is larger than 32 KB' },
  'event.invalid': { status: 400, title: 'An event does not fit its schema' },
  'event.too_old': { status: 400, title: 'An event is older than the intake takes' },
  'event.in_future': { status: 400, title: 'An event lies in the future' },
  'batch.too_large': { status: 400, title: 'The batch is larger than the limit' },
  'batch.too_many_events': { status: 400, title: 'The batch has more events than the limit' },
  'journal.full': { status: 503, title: 'The journal is full; try again later' },
  'journal.write_failed': { status: 503, title: 'The event could not be written; try again later' },
  'report.range_invalid': { status: 400, title: 'The date range is not valid' },
  'report.too_expensive': { status: 422, title: 'The report needs more time or memory than allowed' },
  'live.not_ready': { status: 503, title: 'Who is there is not known yet; try again in a moment' },
  'store.unavailable': { status: 503, title: 'A store is restarting; try again in a moment' },
  'store.full': { status: 503, title: 'A store has no room left; nothing was changed, try again later' },
  'server.draining': { status: 503, title: 'The server is stopping; try again' },
  'server.failed': { status: 500, title: 'Something failed on our side' },
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemCode = keyof typeof PROBLEMS

/** A field of the request that is wrong. */
export const fieldError = z.object({ field: z.string(), message: z.string() })
export type FieldError = z.infer<typeof fieldError>

/** Body of every refusal (RFC 9457). */
export const problemDetails = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string().optional(),
    /** The request's id, to find it in the log. */
    instance: z.string().optional(),
    errors: z.array(fieldError).optional(),
  })
  .meta({ id: 'Problem' })
export type ProblemDetails = z.infer<typeof problemDetails>
