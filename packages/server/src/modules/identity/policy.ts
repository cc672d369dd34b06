import type { AuthPolicy } from '../../platform/vault/auth-adapter/index.ts'

/** What better-auth keeps of viewers in which form. */
export const viewerPolicy: AuthPolicy = {
  user: {
    owner: 'id',
    lookup: { email: { kind: 'email', isUnique: true } },
    sealed: ['name', 'image'],
    plain: ['service'],
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
