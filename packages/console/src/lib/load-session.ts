import { operatorMe, pageOf, service, type OperatorMe } from '@foyer/contracts'
import { api, SESSION_PATH } from './api.ts'
import type { ServiceOption } from './session.tsx'

/** Who is signed in, and the services that there are. Fails with status 401 when nobody is. */
export async function loadSession(
  signal: AbortSignal,
): Promise<{ operator: OperatorMe; services: ServiceOption[] }> {
  const operator = await api.get(SESSION_PATH, operatorMe, { signal })
  const services = await api.get('/v1/services', pageOf(service), { query: { limit: '500' }, signal })
  return { operator, services: services.items }
}
