import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lookupOf, normalise } from './lookups.ts'

const pepper = { version: 3, secret: Buffer.alloc(32, 7) }
const email = { name: 'viewer.email', kind: 'email' } as const

describe('look-ups', () => {
  it('are versioned and do not contain the value', () => {
    expect(lookupOf(pepper, email, 'anna@example.org')).toMatch(/^h3\.[\w-]{43}$/)
  })

  it.each([
    ['email', ' Anna@Example.ORG ', 'anna@example.org'],
    ['email', 'ａnna@example.org', 'anna@example.org'],
    ['phone', ' +34 (600) 12-34-56', '+34600123456'],
    ['phone', '600 123 456', '600123456'],
    ['text', '  José   GARCÍA ', 'josé garcía'],
    ['exact', ' Case Matters', ' Case Matters'],
  ] as const)('a value of kind %s: %j is %j', (kind, value, expected) => {
    expect(normalise(kind, value)).toBe(expected)
  })

  it('of one value differ between columns and between peppers', () => {
    const other = { version: 3, secret: Buffer.alloc(32, 8) }
    const seen = [
      lookupOf(pepper, email, 'a@b.c'),
      lookupOf(pepper, { ...email, name: 'operator.email' }, 'a@b.c'),
      lookupOf(other, email, 'a@b.c'),
    ]
    expect(new Set(seen).size).toBe(3)
  })

  it('bringing a value to one form twice changes nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom('email', 'phone', 'text', 'exact'), fc.string(), (kind, value) => {
        const once = normalise(kind, value)
        expect(normalise(kind, once)).toBe(once)
      }),
    )
  })
})
