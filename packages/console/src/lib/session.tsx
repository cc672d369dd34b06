import { createContext, use, type ReactNode } from 'react'
import type { OperatorMe } from '@foyer/contracts'
/** A brand as its pages need it. */
export interface ServiceOption {
  readonly id: string
  readonly name: string
  readonly timeZone: string
}

interface Session {
  readonly operator: OperatorMe
  readonly services: readonly ServiceOption[]
}

const SessionContext = createContext<Session | null>(null)

export function SessionProvider(props: { session: Session; children: ReactNode }) {
  return <SessionContext value={props.session}>{props.children}</SessionContext>
}

/** On pages behind the sign-in. */
export function useSession(): Session {
  const session = use(SessionContext)
  if (!session) throw new Error('used on a page without a session')
  return session
}
