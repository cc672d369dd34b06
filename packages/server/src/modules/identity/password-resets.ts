import type { CodeSent, PasswordResetInput } from '@foyer/contracts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../platform/errors.ts'
import type { ServiceAccess } from '../accounts/index.ts'
import type { ViewerAuth } from './auth.ts'
import { emailAddress } from './email.ts'
import type { EmailProofs } from './email-proofs.ts'
import { passwordResetLetter } from './letters.ts'
import { refuseWeak } from './passwords.ts'
import { findByEmail, invalidEmail } from './registration.ts'
import type { Sessions } from './sessions.ts'

/** A new password for who forgot theirs: by the code of a letter. An address without an account gets a letter without one. */
export interface PasswordResets {
  /** Throws request.invalid, service.not_found or account.too_many_letters. */
  begin(input: PasswordResetInput, address: string): Promise<CodeSent>
  /**
   * Sets the password and ends all sessions. Throws account.code_wrong, account.code_expired, account.password_common or
   * account.suspended.
   */
  complete(proof: { id: string; code: string; password: string }): Promise<{ viewerId: string }>
}

export function createPasswordResets(deps: {
  auth: ViewerAuth
  proofs: EmailProofs
  sessions: Sessions
  clock: Clock
  serviceById(id: string): Promise<ServiceAccess | null>
}): PasswordResets {
  const { auth, proofs, sessions, clock } = deps
  return {
    async begin({ email: given, service: serviceId, language }, address) {
      const email = emailAddress(given)
      if (email === null) throw invalidEmail()
      const service = await deps.serviceById(serviceId)
      if (!service) throw new Problem('service.not_found', `There is no service ${serviceId}.`)
      const known = await findByEmail(auth, null, email)
      const letter = { to: email, service: service.name, language: language ?? service.language }
      return proofs.begin({
        kind: 'password_reset',
        email,
        address,
        payload: { email },
        letter: (code) => passwordResetLetter(letter, known === null ? null : code),
      })
    },

    async complete({ password, ...proof }) {
      await refuseWeak(password, [])
      const passwordHash = await auth.hashPassword(password)
      return proofs.complete({ kind: 'password_reset', ...proof }, async (tx, { email }) => {
        const known = await findByEmail(auth, tx, email)
        // Nobody was told this code, unless the account went away since.
        if (known === null) throw new Problem('account.code_expired')
        if (known.suspendedAt) throw new Problem('account.suspended')
        const adapter = auth.adapterIn(tx)
        const now = new Date(clock.now())
        const where = [
          { field: 'userId', value: known.id },
          { field: 'providerId', value: 'credential' },
        ]
        const update = { password: passwordHash, updatedAt: now }
        if ((await adapter.updateMany({ model: 'account', where, update })) === 0) {
          const method = { userId: known.id, accountId: known.id, providerId: 'credential' }
          await adapter.create({ model: 'account', data: { ...method, ...update, createdAt: now } })
        }
        await sessions.endAll(known.id, undefined, tx)
        return { viewerId: known.id }
      })
    },
  }
}
