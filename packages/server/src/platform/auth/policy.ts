import type { AuthPolicy } from '../vault/auth-adapter/index.ts'

/** What better-auth's own models keep in which form; `plain` are the readable text fields that a module adds to `user`. */
export function peoplePolicy({ plain }: { plain: readonly string[] }): AuthPolicy {
  return {
    user: {
      owner: 'id',
      lookup: { email: { kind: 'email', isUnique: true } },
      sealed: ['name', 'image'],
      plain,
    },
    session: {
      owner: 'userId',
      lookup: { token: { kind: 'exact' } },
      sealed: ['ipAddress', 'userAgent'],
    },
    account: {
      owner: 'userId',
      lookup: { accountId: { kind: 'exact' } },
      sealed: ['password', 'accessToken', 'refreshToken', 'idToken'],
      plain: ['providerId', 'scope'],
    },
    verification: { owner: null, lookup: { identifier: { kind: 'exact' } }, sealed: ['value'] },
  }
}
