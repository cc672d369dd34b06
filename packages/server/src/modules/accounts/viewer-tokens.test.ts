import { generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ACCOUNTS_START, ADMIN, openAccountsRig, type AccountsRig } from '../../../test/accounts.ts'
import type { AppAccess, TokenVerdict } from './index.ts'

const NOW_S = ACCOUNTS_START / 1_000
const HOUR_S = 3_600

describe('a viewer token', () => {
  let rig: AccountsRig
  let secrets: { id: string; secret: string }[]

  beforeAll(async () => {
    rig = await openAccountsRig()
    await rig.accounts.services.create(ADMIN, {
      id: 'cinema',
      name: 'Cinema',
      timeZone: 'UTC',
      localCountry: 'US',
      language: 'en',
    })
    for (const id of ['web', 'tv', 'bare'])
      await rig.accounts.services.createApp(ADMIN, { id, service: 'cinema', name: id, platform: 'web' })
    secrets = []
    for (const app of ['web', 'web', 'tv']) {
      const made = await rig.accounts.keys.createTokenSecret(ADMIN, app)
      secrets.push({ id: made.id, secret: made.secret! })
    }
  })
  afterAll(() => rig?.close())

  const app = async (id = 'web'): Promise<AppAccess> => (await rig.accounts.appById(id))!
  const verify = async (token: string, id = 'web'): Promise<TokenVerdict> =>
    rig.accounts.verifyViewerToken(await app(id), token)

  function sign(
    claims: Partial<Record<keyof JWTPayload, unknown>>,
    { secret = secrets[0]!.secret, kid = undefined as string | undefined, alg = 'HS256' } = {},
  ): Promise<string> {
    const payload = { sub: 'user 1', exp: NOW_S + HOUR_S, ...claims }
    return new SignJWT(Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined)))
      .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
      .sign(Buffer.from(secret))
  }

  it('says who is signed in, by either live secret, with and without kid', async () => {
    const valid = { isValid: true, externalId: 'user 1' }
    expect(await verify(await sign({}))).toEqual(valid)
    expect(await verify(await sign({}, { secret: secrets[1]!.secret }))).toEqual(valid)
    expect(await verify(await sign({}, { kid: secrets[0]!.id }))).toEqual(valid)
    expect(await verify(await sign({}, { kid: 'the operator’s own' }))).toEqual(valid)
    expect(
      await verify(await sign({ aud: 'web', iat: NOW_S, nbf: NOW_S, iss: 'https://a.example' })),
    ).toEqual(valid)
  })

  it.each<[string, Partial<Record<keyof JWTPayload, unknown>>, string]>([
    ['an expired one', { exp: NOW_S - 61 }, 'expired'],
    ['one that never expires', { exp: undefined }, 'exp is missing or too far ahead'],
    [
      'one that lives for more than a day',
      { exp: NOW_S + 24 * HOUR_S + 61 },
      'exp is missing or too far ahead',
    ],
    ['one of the future', { nbf: NOW_S + 61 }, 'not valid yet'],
    ['one for another app', { aud: 'tv' }, 'aud is another app'],
    ['one for nobody', { sub: undefined }, 'sub is missing or not an id'],
    ['one for an empty id', { sub: '' }, 'sub is missing or not an id'],
    ['one for too long an id', { sub: 'x'.repeat(257) }, 'sub is missing or not an id'],
    ['one with a text for a time', { exp: 'tomorrow' }, 'exp is missing or too far ahead'],
  ])('%s is refused', async (_, claims, reason) => {
    expect(await verify(await sign(claims))).toEqual({ isValid: false, reason })
  })

  it('that another signed, or that was altered, is refused', async () => {
    const reason = 'the signature is not by a live secret of the app'
    expect(await verify(await sign({}, { secret: 'x'.repeat(43) }))).toEqual({ isValid: false, reason })
    expect(await verify(await sign({}, { secret: secrets[2]!.secret }))).toEqual({ isValid: false, reason })
    expect(await verify(await sign({}, { kid: secrets[1]!.id }))).toEqual({ isValid: false, reason })
    const [header, , signature] = (await sign({})).split('.')
    const forged = Buffer.from(JSON.stringify({ sub: 'root', exp: NOW_S + 60 })).toString('base64url')
    expect(await verify(`${header}.${forged}.${signature}`)).toEqual({ isValid: false, reason })
  })

  it('under any other algorithm, none above all, is refused', async () => {
    const reason = 'not a JSON Web Token signed with HS256'
    const none = new UnsecuredJWT({ sub: 'user 1', exp: NOW_S + 60 }).encode()
    const { privateKey } = await generateKeyPair('RS256')
    const rsa = await new SignJWT({ sub: 'user 1', exp: NOW_S + 60 })
      .setProtectedHeader({ alg: 'RS256' })
      .sign(privateKey)
    for (const token of [
      none,
      rsa,
      await sign({}, { alg: 'HS512', secret: secrets[0]!.secret.repeat(2) }),
      '',
      '..',
      'a.b.c',
      'x'.repeat(5_000),
    ])
      expect(await verify(token)).toEqual({ isValid: false, reason })
  })

  it('of an app without secrets is refused', async () => {
    expect(await verify(await sign({}), 'bare')).toEqual({
      isValid: false,
      reason: 'the app has no viewer-token secret',
    })
  })

  it('of a revoked secret is refused, here at once and elsewhere within 2 s', async () => {
    const { id, secret } = await rig.accounts.keys.createTokenSecret(ADMIN, 'tv')
    const token = await sign({}, { secret: secret! })
    const elsewhere = rig.openAccounts()
    const there = async () => elsewhere.verifyViewerToken((await elsewhere.appById('tv'))!, token)
    expect([(await verify(token, 'tv')).isValid, (await there()).isValid]).toEqual([true, true])
    await rig.accounts.keys.revokeTokenSecret(ADMIN, 'tv', id)
    expect((await verify(token, 'tv')).isValid).toBe(false)
    rig.clock.advance(1_999)
    expect((await there()).isValid).toBe(false)
  })
})
