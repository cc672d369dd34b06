import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openApiDocument } from '../../openapi.ts'
import { createLogger } from '../log.ts'
import { createHttpServer, problems } from './index.ts'

interface Operation {
  readonly description?: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly responses: Readonly<Record<string, unknown>>
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly securitySchemes: Readonly<Record<string, unknown>> }
}

/** Every operation of a document, by `METHOD address`. */
function operationsOf(document: object): Map<string, Operation> {
  return new Map(
    Object.entries((document as Document).paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation]),
    ),
  )
}

/** What anybody may do, without credentials: it is how people get theirs. */
const PUBLIC = [
  'DELETE /v1/account/sessions/current',
  'POST /v1/account/password-resets',
  'POST /v1/account/password-resets/{id}/completion',
  'POST /v1/account/registrations',
  'POST /v1/account/registrations/{id}/completion',
  'POST /v1/account/sessions',
  'POST /v1/operators/auth/sign-in/email',
  'POST /v1/operators/auth/sign-out',
  'POST /v1/operators/first',
  'POST /v1/operators/accept',
  'POST /v1/operators/password',
]

describe('the API’s description', () => {
  it('names the credentials of every operation that is not for anybody', async () => {
    const document = (await openApiDocument()) as Document
    const operations = operationsOf(document)
    const schemes = Object.keys(document.components.securitySchemes)
    const open = [...operations].filter(([, { security }]) => security.length === 0).map(([name]) => name)
    expect(open.sort()).toEqual([...PUBLIC].sort())
    const named = [...operations.values()].flatMap(({ security }) => security.flatMap(Object.keys))
    expect([...new Set(named)].sort()).toEqual(schemes.sort())
  })

  it('names the refusals of every operation that asks who it is', async () => {
    const silent = [...operationsOf(await openApiDocument())].filter(
      ([, { security, responses }]) => security.length > 0 && !responses['401'],
    )
    expect(silent.map(([name]) => name)).toEqual([])
  })
})

describe('a route', () => {
  async function described(): Promise<Map<string, Operation>> {
    const server = await createHttpServer({
      log: createLogger({ role: 'test', level: 'silent' }),
      authenticate: async () => null,
      requestsPerMinute: 1,
      trustedProxies: 0,
      version: '0',
      isDraining: () => false,
    })
    const response = { 200: z.object({}), ...problems('viewer.not_found') }
    server.get('/open', { config: { access: 'public' }, schema: { response } }, () => ({}))
    server.get('/wire', { config: { access: 'writeKey' }, schema: { response } }, () => ({}))
    server.get('/account', { config: { access: 'viewer' }, schema: { response } }, () => ({}))
    server.get('/who', { config: { access: 'signedIn' }, schema: { response } }, () => ({}))
    server.get(
      '/mine',
      { config: { access: 'signedIn' }, schema: { response, security: [{ session: [] }] } },
      () => ({}),
    )
    server.get(
      '/report',
      { config: { access: { right: 'reports.read' } }, schema: { description: 'By day.', response } },
      () => ({}),
    )
    server.get('/hidden', { config: { access: 'signedIn' }, schema: { hide: true } }, () => ({}))
    await server.ready()
    const operations = operationsOf(server.swagger())
    await server.close()
    return operations
  }

  it.each([
    ['for anybody', 'GET /open', [], ['200', '404']],
    ['for apps', 'GET /wire', [{ writeKey: [] }], ['200', '404']],
    ['for viewers', 'GET /account', [{ viewerSession: [] }], ['200', '404']],
    ['for operators and keys', 'GET /who', [{ apiKey: [] }, { session: [] }], ['200', '401', '403', '404']],
    ['for people only, as it says itself', 'GET /mine', [{ session: [] }], ['200', '401', '403', '404']],
    ['for a right', 'GET /report', [{ apiKey: [] }, { session: [] }], ['200', '401', '403', '404']],
  ])('%s is described as what is checked', async (_for, name, security, statuses) => {
    const operation = (await described()).get(name)!
    expect(operation.security).toEqual(security)
    expect(Object.keys(operation.responses).sort()).toEqual(statuses)
  })

  it('says which right it needs after what it says itself', async () => {
    expect((await described()).get('GET /report')!.description).toBe('By day. Needs the right reports.read.')
  })

  it('that is hidden stays hidden', async () => {
    expect((await described()).has('GET /hidden')).toBe(false)
  })
})
