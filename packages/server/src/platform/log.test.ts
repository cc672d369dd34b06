import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLogger, type Logger } from './log.ts'

function written(act: (log: Logger) => void): { line: string; fields: Record<string, unknown> } {
  let line = ''
  act(createLogger({ role: 'test', level: 'info', destination: { write: (text) => void (line += text) } }))
  return { line, fields: JSON.parse(line) as Record<string, unknown> }
}

const SECRET = 'canary-4711'

describe('a line of the log', () => {
  it('is one JSON object with role, time and message', () => {
    const { line, fields } = written((log) => log.info({ ms: 3, route: '/v1/viewers/:id' }, 'answered'))
    expect(line.trimEnd()).not.toContain('\n')
    expect(fields).toMatchObject({ role: 'test', ms: 3, route: '/v1/viewers/:id', msg: 'answered' })
    expect(new Date(fields['time'] as string).toISOString()).toBe(fields['time'])
  })

  it.each([
    'password',
    'apiKey',
    'api_key',
    'X-Api-Key',
    'Authorization',
    'set-cookie',
    'cookies',
    'accessToken',
    'secrets',
    'email',
    'E-Mail',
    'phoneNumber',
    'birthDate',
    'ip',
    'remoteAddress',
    'userAgent',
    'firstName',
    'traits',
  ])('cuts what is called %s, however deep it lies', (name) => {
    for (const wrap of [
      (value: unknown) => value,
      (value: unknown) => ({ a: value }),
      (value: unknown) => ({ a: { b: { c: [{ d: value }] } } }),
      (value: unknown) => [[[value]]],
    ]) {
      const { line } = written((log) => log.info({ request: wrap({ [name]: SECRET, kept: 'yes' }) }))
      expect(line).not.toContain(SECRET)
      expect(line).toContain('[cut]')
      expect(line).toContain('"kept":"yes"')
    }
    expect(written((log) => log.info({ [name]: { within: [SECRET] } })).line).not.toContain(SECRET)
    expect(written((log) => log.child({ [name]: SECRET }).info('said')).line).not.toContain(SECRET)
  })

  it('cuts it in any object', () => {
    const secret = fc
      .constantFrom('password', 'token', 'email', 'cookie')
      .map((name) => [name, SECRET] as const)
    fc.assert(
      fc.property(
        fc.object({ maxDepth: 8 }),
        fc.array(fc.string({ maxLength: 5 }), { maxLength: 12 }),
        secret,
        (around, path, entry) => {
          const value = path.reduceRight<unknown>((inner, key) => ({ ...around, [key]: inner }), {
            [entry[0]]: entry[1],
          })
          expect(written((log) => log.info({ value })).line).not.toContain(SECRET)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('keeps what is no secret', () => {
    const fields = {
      code: 75,
      child: 'records',
      reason: 'The disk is full.',
      job: 'vault.rotate',
      keyboard: 'x',
      shipping: 1,
    }
    expect(written((log) => log.info(fields)).fields).toMatchObject(fields)
  })

  it('survives what goes round in a circle, has no end, or fails when it is read', () => {
    const round: Record<string, unknown> = { a: 1 }
    round['self'] = round
    const deep = Array.from({ length: 10_000 }).reduce<object>((inner) => ({ inner }), { token: SECRET })
    const broken = {
      get field(): string {
        throw new Error(SECRET)
      },
    }
    for (const value of [round, deep, broken, { list: Array.from({ length: 100_000 }, () => 1) }]) {
      const { line } = written((log) => log.info({ value }))
      expect(line).not.toContain(SECRET)
      expect(line.length).toBeLessThan(10_000)
    }
  })

  it('tells of an error its class, code, first line and own frames, and nothing of the row', () => {
    const cause = Object.assign(new Error(`no\nKey (email)=(${SECRET})`), { code: '23505', detail: SECRET })
    for (const fields of [
      { err: new Error('failed', { cause }) },
      { deep: { why: new Error('failed', { cause }) } },
    ]) {
      const { line } = written((log) => log.error(fields))
      expect(line).not.toContain(SECRET)
      expect(line).toContain('23505')
    }
    expect(written((log) => log.error({ err: new Error('to ana@example.org') })).line).not.toContain(
      'ana@example',
    )
  })
})
