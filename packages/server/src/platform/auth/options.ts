import type { BetterAuthOptions } from '@better-auth/core'
import type { Clock } from '../clock.ts'
import { uuidV7, type RandomSource } from '../ids.ts'
import type { Logger } from '../log.ts'
import type { Vault } from '../vault/index.ts'
import { ADDRESS_HEADER } from './requests.ts'

export interface AuthDeps {
  readonly vault: Vault
  readonly clock: Clock
  readonly random: RandomSource
  readonly log: Logger
  /** Where people reach Foyer, for links and cookies: `https://audience.example.org`. */
  readonly baseUrl: string
  /** How passwords are kept: better-auth's scrypt, unless a test has something quicker. */
  readonly passwords?: {
    hash(password: string): Promise<string>
    verify(data: { hash: string; password: string }): Promise<boolean>
  }
}

/**
 * Options of a better-auth instance that counts no attempts, tells no secrets and signs nobody up: `kind` names its cookies
 * and its secret. A session is never made longer: it ends after `secondsMax`, or when its module finds it idle by `lastUsedAt`.
 */
export function authOptions(
  { vault, clock, random, log, baseUrl, passwords }: AuthDeps,
  of: {
    readonly kind: 'operator' | 'viewer'
    readonly secondsMax: number
    readonly sameSite: 'strict' | 'lax'
    readonly passwordLength: { readonly min: number; readonly max: number }
  },
) {
  return {
    appName: 'Foyer',
    baseURL: baseUrl,
    secret: vault.secretFor(`${of.kind} sessions`),
    telemetry: { enabled: false },
    logger: {
      // Its messages may quote e-mail addresses and database errors whole rows: neither goes on.
      log: (level: string) => log.debug({ level }, 'better-auth has said something'),
    },
    // Attempts are counted in RECORDS, for all processes and by account as well.
    rateLimit: { enabled: false },
    session: {
      expiresIn: of.secondsMax,
      disableSessionRefresh: true,
      additionalFields: { lastUsedAt: { type: 'date', required: false, input: false } },
    },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: of.passwordLength.min,
      maxPasswordLength: of.passwordLength.max,
      ...(passwords ? { password: passwords } : {}),
    },
    databaseHooks: {
      session: {
        create: {
          before: <S extends object>(session: S) =>
            Promise.resolve({ data: { ...session, lastUsedAt: new Date(clock.now()) } }),
        },
      },
    },
    advanced: {
      cookiePrefix: `foyer-${of.kind}`,
      useSecureCookies: new URL(baseUrl).protocol === 'https:',
      defaultCookieAttributes: { httpOnly: true, sameSite: of.sameSite },
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
      database: { generateId: () => uuidV7(clock.now(), random) },
    },
  } satisfies BetterAuthOptions
}
