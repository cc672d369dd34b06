import { byteSize, defineSettings, duration, integer, text } from '../../platform/settings.ts'

/** Settings of EVENTS. */
export const eventsSettings = defineSettings({
  url: {
    env: 'FOYER_EVENTS_URL',
    schema: text.refine(
      (value) => value === '' || (/^https?:\/\/[^/]+\/\w+$/.test(value) && isReadable(value)),
      'http(s)://user:password@host:port/database',
    ),
    default: '',
    sentence:
      'A ClickHouse server (25.8 or later) and database for events; empty means the embedded engine in the data folder.',
    isSecret: true,
  },
  memory: {
    env: 'FOYER_EVENTS_MEMORY',
    schema: byteSize,
    default: '2GB',
    sentence: 'Memory that the embedded engine may use altogether; a query that would go beyond is refused.',
  },
  queryMemory: {
    env: 'FOYER_EVENTS_QUERY_MEMORY',
    schema: byteSize,
    default: '1GB',
    sentence: 'Memory that one query of events may use.',
  },
  queryTime: {
    env: 'FOYER_EVENTS_QUERY_TIME',
    schema: duration,
    default: '30s',
    sentence: 'How long one query of events may run before it is refused as too expensive.',
  },
  connections: {
    env: 'FOYER_EVENTS_CONNECTIONS',
    schema: integer({ min: 1, max: 1000 }),
    default: '32',
    sentence: 'Requests that one process sends to the events engine at one time; further ones wait.',
  },
})

/** Told here, where no value is printed: what the client throws at such an address holds it, with its password. */
function isReadable(address: string): boolean {
  const url = URL.parse(address)
  try {
    return url !== null && decodeURIComponent(url.username + url.password).length >= 0
  } catch {
    return false
  }
}
