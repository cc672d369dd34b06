import type { TestInstance } from './instance.ts'

/** A signed-in operator of a test instance: an administrator who came by the first link. */
export interface TestOperator {
  readonly email: string
  readonly password: string
  /** An API key with every right that tests need. */
  readonly apiKey: string
  /** Calls the API as that key; throws with the problem when it is refused. */
  call<T = unknown>(method: string, path: string, body?: unknown): Promise<T>
}

const RIGHTS = [
  'catalogue.read',
  'catalogue.write',
  'viewers.read',
  'viewers.write',
  'viewers.personal',
  'viewers.activity',
  'reports.read',
  'settings.read',
  'settings.write',
]

export async function firstOperator(instance: TestInstance): Promise<TestOperator> {
  const { url } = instance
  const email = 'first@operators.example'
  const password = 'correct horse battery staple'
  const token = new URL(instance.firstOperatorLink).searchParams.get('token')
  const created = await fetch(`${url}/v1/operators/first`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ token, name: 'First Operator', email, password }),
  })
  if (!created.ok) throw new Error(`the first operator was refused: ${await created.text()}`)
  return operatorWith(instance, { email, password })
}

/** The demo's operator, by what its start has printed. */
export async function demoOperator(instance: TestInstance): Promise<TestOperator> {
  const [, email, password] = /e-mail\s+(\S+)\s+password\s+(\S+)/.exec(instance.output()) ?? []
  return operatorWith(instance, { email: email!, password: password! })
}

/** Somebody who is an administrator already. */
export async function operatorWith(
  { url }: Pick<TestInstance, 'url'>,
  { email, password }: { email: string; password: string },
): Promise<TestOperator> {
  const signedIn = await fetch(`${url}/v1/operators/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ email, password }),
  })
  if (!signedIn.ok) throw new Error(`the operator could not sign in: ${await signedIn.text()}`)
  const cookie = signedIn.headers
    .getSetCookie()
    .map((line) => line.split(';')[0]!)
    .join('; ')
  const key = await fetch(`${url}/v1/api-keys`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url, cookie },
    body: JSON.stringify({ label: 'tests', rights: RIGHTS }),
  })
  if (!key.ok) throw new Error(`the API key was refused: ${await key.text()}`)
  const { key: apiKey } = (await key.json()) as { key: string }
  return {
    email,
    password,
    apiKey,
    call: (method, path, body) => call(`${url}${path}`, apiKey, method, body),
  }
}

/** A service with one web app whose events count for analytics, and its write keys. */
export async function testApp(
  operator: TestOperator,
  options: { service?: string; app?: string; timeZone?: string; localCountry?: string } = {},
): Promise<{ service: string; app: string; serverKey: string; browserKey: string }> {
  const { service = 'cinema', app = 'cinema-web', timeZone = 'Europe/Madrid', localCountry = 'ES' } = options
  await operator.call('POST', '/v1/services', {
    id: service,
    name: 'Cinema',
    timeZone,
    localCountry,
    language: 'en',
  })
  await operator.call('POST', '/v1/apps', {
    id: app,
    service,
    name: 'Web',
    platform: 'web',
    defaultPurposes: ['service', 'security', 'billing', 'analytics'],
  })
  const key = async (kind: string): Promise<string> =>
    (await operator.call<{ key: string }>('POST', `/v1/apps/${app}/write-keys`, { kind, label: kind })).key
  return { service, app, serverKey: await key('server'), browserKey: await key('browser') }
}

async function call<T>(url: string, apiKey: string, method: string, body: unknown): Promise<T> {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${text}`)
  return (text === '' ? undefined : JSON.parse(text)) as T
}
