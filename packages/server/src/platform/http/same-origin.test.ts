import { describe, expect, it } from 'vitest'
import { originOf } from './same-origin.ts'

const BASE = 'https://console.example.org'

describe('the origin of a request', () => {
  it.each([
    [{ 'sec-fetch-site': 'same-origin' }, 'same'],
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' }, 'same'],
    [{ 'sec-fetch-site': 'same-site', origin: BASE }, 'cross'],
    [{ 'sec-fetch-site': 'cross-site' }, 'cross'],
    [{ origin: BASE }, 'same'],
    [{ origin: 'http://10.0.0.5:8080' }, 'same'],
    [{ origin: 'http://10.0.0.5:8081' }, 'cross'],
    [{ origin: 'https://console.example.org.evil.example' }, 'cross'],
    [{ origin: 'https://evil.example' }, 'cross'],
    [{ origin: 'null' }, 'cross'],
    [{ origin: '' }, 'cross'],
    [{ 'sec-fetch-site': 'none' }, 'unknown'],
    [{}, 'unknown'],
  ] as const)('with %j is %s', (headers, expected) => {
    expect(originOf({ headers, host: '10.0.0.5:8080' }, BASE)).toBe(expected)
  })
})
