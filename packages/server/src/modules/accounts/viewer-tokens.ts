import { decodeProtectedHeader, errors, jwtVerify } from 'jose'
import { identifier } from '@foyer/contracts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import type { Vault } from '../../platform/vault/index.ts'
import type { AppAccess } from './directory.ts'
import { appOwner, TOKEN_SECRET_COLUMN } from './keys.ts'

/** Why a token is not believed. For the log and the developer; it names no value of the token. */
export type TokenRefusal =
  | 'the app has no viewer-token secret'
  | 'not a JSON Web Token signed with HS256'
  | 'the signature is not by a live secret of the app'
  | 'expired'
  | 'not valid yet'
  | 'exp is missing or too far ahead'
  | 'sub is missing or not an id'
  | 'aud is another app'

export type TokenVerdict =
  | { readonly isValid: true; readonly externalId: string }
  | { readonly isValid: false; readonly reason: TokenRefusal }

/**
 * Verifies viewer tokens: JWTs (RFC 7519) by which an operator's own server vouches for who is signed in to its app. See
 * docs/guides/viewer-tokens.md.
 */
export interface ViewerTokens {
  /** `sub` is the external id. Never throws for what is in the token. */
  verify(app: AppAccess, token: string): Promise<TokenVerdict>
}

/** Characters of a token; ours would have some 200. */
const TOKEN_LENGTH_MAX = 4_096
/** By how much the clocks of the two servers may differ, s. */
const CLOCK_SKEW_S = 60
/** Opened secrets remembered; more than any one instance uses. */
const OPENED_MAX = 1_000

export function createViewerTokens(deps: {
  db: Database
  vault: Vault
  clock: Clock
  lifetimeMsMax: number
}): ViewerTokens {
  const { db, vault, clock, lifetimeMsMax } = deps
  const opened = new Map<string, Uint8Array>()

  async function secretOf(
    app: AppAccess,
    secret: AppAccess['tokenSecrets'][number],
  ): Promise<Uint8Array | null> {
    const known = opened.get(secret.id)
    if (known) return known
    const plain = await vault.open(db, appOwner(app.id), TOKEN_SECRET_COLUMN, secret.secret)
    if (plain === null) return null
    if (opened.size >= OPENED_MAX) opened.delete(opened.keys().next().value!)
    const bytes = Buffer.from(plain)
    opened.set(secret.id, bytes)
    return bytes
  }

  async function verifyWith(
    secret: Uint8Array,
    app: AppAccess,
    token: string,
  ): Promise<TokenVerdict | 'signature'> {
    const now = clock.now()
    try {
      const { payload } = await jwtVerify(token, secret, {
        algorithms: ['HS256'],
        currentDate: new Date(now),
        clockTolerance: CLOCK_SKEW_S,
        requiredClaims: ['exp'],
      })
      if (payload.exp! * 1_000 > now + lifetimeMsMax + CLOCK_SKEW_S * 1_000)
        return refusal('exp is missing or too far ahead')
      if (payload.aud !== undefined && ![payload.aud].flat().includes(app.id))
        return refusal('aud is another app')
      const subject = identifier.safeParse(payload.sub)
      return subject.success
        ? { isValid: true, externalId: subject.data }
        : refusal('sub is missing or not an id')
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature'
      return refusal(reasonOf(error))
    }
  }

  return {
    async verify(app, token) {
      if (app.tokenSecrets.length === 0) return refusal('the app has no viewer-token secret')
      const kid = token.length <= TOKEN_LENGTH_MAX ? kidOf(token) : null
      if (kid === null) return refusal('not a JSON Web Token signed with HS256')
      // A `kid` that is not ours is the operator's own affair: every live secret is tried.
      const named = app.tokenSecrets.filter((candidate) => candidate.id === kid)
      for (const candidate of named.length > 0 ? named : app.tokenSecrets) {
        const secret = await secretOf(app, candidate)
        const verdict = secret ? await verifyWith(secret, app, token) : 'signature'
        if (verdict !== 'signature') return verdict
      }
      return refusal('the signature is not by a live secret of the app')
    },
  }
}

/** The token's `kid`, undefined when it has none; null when this is no token that we take. */
function kidOf(token: string): string | undefined | null {
  try {
    const header = decodeProtectedHeader(token)
    if (header.alg !== 'HS256') return null
    return typeof header.kid === 'string' || header.kid === undefined ? header.kid : null
  } catch {
    return null
  }
}

function reasonOf(error: unknown): TokenRefusal {
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf') return 'not valid yet'
    if (error.claim === 'exp') return 'exp is missing or too far ahead'
  }
  return 'not a JSON Web Token signed with HS256'
}

function refusal(reason: TokenRefusal): TokenVerdict {
  return { isValid: false, reason }
}
