import type { CodeSent, RegistrationInput } from '@foyer/contracts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import { Problem } from '../../platform/errors.ts'
import type { RegisterViewer, ServiceAccess } from '../accounts/index.ts'
import type { LoginRow, ViewerAuth } from './auth.ts'
import { emailAddress } from './email.ts'
import type { EmailProofs, ProofPayload } from './email-proofs.ts'
import { registrationLetter } from './letters.ts'
import { refuseWeak } from './passwords.ts'

/**
 * Registering: a password and an address, then the code of the letter that goes there. The account and its viewer are made
 * when the code comes back, so that nobody counts as registered by an address that is not theirs, nobody can set up an
 * account with a stranger's address and wait for them, and no answer tells whether an address has an account.
 */
export interface Registration {
  /** Throws request.invalid, service.not_found, account.password_common or account.too_many_letters. */
  begin(input: RegistrationInput, address: string): Promise<CodeSent>
  /**
   * Makes the account, or finds the one that the address has: its owner is who read the letter. Throws
   * account.code_wrong, account.code_expired or account.suspended.
   */
  complete(proof: { id: string; code: string }): Promise<{ viewerId: string; isNew: boolean }>
}

export function createRegistration(deps: {
  auth: ViewerAuth
  proofs: EmailProofs
  clock: Clock
  registerViewer: RegisterViewer
  serviceById(id: string): Promise<ServiceAccess | null>
}): Registration {
  const { auth, proofs, clock } = deps

  async function make(tx: Database, payload: ProofPayload['registration']): Promise<string> {
    const adapter = auth.adapterIn(tx)
    const now = new Date(clock.now())
    const times = { createdAt: now, updatedAt: now }
    const { email, service, passwordHash } = payload
    const { id } = await adapter.create<Record<string, unknown>, { id: string }>({
      model: 'user',
      data: { name: payload.name ?? '', email, emailVerified: true, service, ...times },
    })
    await adapter.create({
      model: 'account',
      data: { userId: id, accountId: id, providerId: 'credential', password: passwordHash, ...times },
    })
    await deps.registerViewer(tx, { viewerId: id, service, email, name: payload.name })
    return id
  }

  async function finish(proof: { id: string; code: string }): Promise<{ viewerId: string; isNew: boolean }> {
    return proofs.complete({ kind: 'registration', ...proof }, async (tx, payload) => {
      const known = await findByEmail(auth, tx, payload.email)
      if (known?.suspendedAt) throw new Problem('account.suspended')
      if (known) return { viewerId: known.id, isNew: false }
      return { viewerId: await make(tx, payload), isNew: true }
    })
  }

  return {
    async begin({ service: serviceId, email: given, password, name = null, language }, address) {
      const email = emailAddress(given)
      if (email === null) throw invalidEmail()
      const service = await deps.serviceById(serviceId)
      if (!service) throw new Problem('service.not_found', `There is no service ${serviceId}.`)
      await refuseWeak(password, [email, name ?? '', service.name])
      // The same work for an address that has an account and for one that has none.
      const [passwordHash, known] = await Promise.all([
        auth.hashPassword(password),
        findByEmail(auth, null, email),
      ])
      const letter = { to: email, service: service.name, language: language ?? service.language }
      return proofs.begin({
        kind: 'registration',
        email,
        address,
        payload: { email, service: serviceId, name, passwordHash },
        letter: (code) => registrationLetter(letter, code, known !== null),
      })
    },

    async complete(proof) {
      try {
        return await finish(proof)
      } catch (error) {
        // Somebody with another letter to the same address was quicker, and this one finds their account.
        if (isUniqueViolation(error)) return finish(proof)
        throw error
      }
    },
  }
}

/** The account of an address. */
export function findByEmail(auth: ViewerAuth, tx: Database | null, email: string): Promise<LoginRow | null> {
  const adapter = tx === null ? auth.adapter : auth.adapterIn(tx)
  return adapter.findOne<LoginRow>({ model: 'user', where: [{ field: 'email', value: email }] })
}

export function invalidEmail(): Problem {
  return new Problem('request.invalid', 'See errors: body.email.', {
    errors: [{ field: 'body.email', message: 'is no e-mail address' }],
  })
}

function isUniqueViolation(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ((at as { code?: unknown }).code === '23505') return true
  }
  return false
}
