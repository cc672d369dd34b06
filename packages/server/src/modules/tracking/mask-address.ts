import { isIP } from 'node:net'

/**
 * An address of a machine with the part cut off that tells one home from another, and without its port: IPv4 to /24
 * (`203.0.113.0`), IPv6 to /48 (`2001:db8:1::`). Null for what is no address. An IPv4 address inside IPv6
 * (`::ffff:203.0.113.7`) is an IPv4 one.
 */
export function truncateAddress(text: string): string | null {
  const address = withoutPort(text)
  const plain = address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address
  const kind = isIP(plain)
  if (kind === 4) return `${plain.slice(0, plain.lastIndexOf('.'))}.0`
  if (kind === 6) return firstHextets(plain, 3)
  return null
}

/** Whether a text is an address of a machine and nothing else, with or without a port. */
export function isAddress(text: string): boolean {
  return isIP(withoutPort(text)) !== 0
}

/** `203.0.113.7:443` and `[2001:db8::7]:443`, or in brackets alone; anything else as it is. */
function withoutPort(text: string): string {
  if (text.length > WITH_PORT_LENGTH_MAX) return text
  const { groups } = WITH_PORT.exec(text) ?? {}
  return groups?.['four'] ?? groups?.['six'] ?? text
}

const WITH_PORT = /^(?:(?<four>[\d.]{7,15}):\d{1,5}|\[(?<six>[^\]]*)\](?::\d{1,5})?)$/
/** The longest address, brackets, colon and port. */
const WITH_PORT_LENGTH_MAX = 45 + 8

/** What a rate limit counts by: an IPv4 address, or the IPv6 network /64 that one home has. */
export function addressBucket(address: string): string {
  return address.includes(':') ? firstHextets(address, 4) : address
}

/** The first hextets of an IPv6 address, as a network: `2001:db8:1::`. */
function firstHextets(address: string, count: number): string {
  const [head = '', tail] = address.split('%', 1)[0]!.split('::')
  const hextets = head === '' ? [] : head.split(':')
  if (tail !== undefined) while (hextets.length < count) hextets.push('0')
  const kept = hextets.slice(0, count).map((hextet) => Number.parseInt(hextet, 16).toString(16))
  while (kept.at(-1) === '0') kept.pop()
  return `${kept.join(':')}::`
}
