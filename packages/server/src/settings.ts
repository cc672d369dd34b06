import { isAbsolute, resolve } from 'node:path'
import { z } from 'zod'
import { LOG_LEVELS } from './platform/log.ts'
import { choice, defineSettings, integer, text } from './platform/settings.ts'

/** Settings of the program as a whole: where it listens, where its stores are. */
export const serverSettings = defineSettings({
  environment: {
    env: 'FOYER_ENVIRONMENT',
    schema: choice(['production', 'development', 'test']),
    default: 'production',
    sentence: 'What this instance is for; `production` refuses settings that only tests and trials may use.',
  },
  clock: {
    env: 'FOYER_CLOCK',
    schema: choice(['system', 'manual']),
    default: 'system',
    sentence:
      'Where time comes from; `manual` reads epoch milliseconds from the file `clock` in the data folder, and is refused in production.',
  },
  dataFolder: {
    env: 'FOYER_DATA',
    schema: text.min(1).transform((path) => (isAbsolute(path) ? path : resolve(path))),
    default: 'data',
    sentence: 'Folder of the embedded stores, the keys and the lock; one instance at a time uses it.',
  },
  host: {
    env: 'FOYER_HOST',
    schema: text.min(1),
    default: '127.0.0.1',
    sentence: 'Address to listen on; `0.0.0.0` or `::` opens it to the network, which wants TLS in front.',
  },
  port: {
    env: 'FOYER_PORT',
    schema: integer({ min: 0, max: 65_535 }),
    default: '4400',
    sentence: 'Port to listen on; 0 takes a free one.',
  },
  baseUrl: {
    env: 'FOYER_BASE_URL',
    schema: text.refine(
      (value) => value === '' || /^https?:\/\/[^/?#]+$/.test(value),
      'an origin such as https://audience.example.com',
    ),
    default: '',
    sentence:
      'Origin under which people reach Foyer, as in `https://audience.example.com`; empty: host and port above.',
  },
  trustedProxies: {
    env: 'FOYER_TRUSTED_PROXIES',
    schema: integer({ min: 0, max: 8 }),
    default: '0',
    sentence: 'Number of proxies in front whose X-Forwarded-For is believed; with 0 the header is ignored.',
  },
  recordsUrl: {
    env: 'FOYER_RECORDS_URL',
    schema: text.pipe(
      z.union([z.literal(''), z.string().regex(/^postgres(ql)?:\/\//, 'a postgres:// address')]),
    ),
    default: '',
    sentence: 'PostgreSQL (15 or later) for people, consent and catalogue; empty: the embedded PGlite.',
    isSecret: true,
  },
  requestsPerMinute: {
    env: 'FOYER_REQUESTS_PER_MINUTE',
    schema: integer({ min: 1, max: 10_000_000 }),
    default: '1200',
    sentence: 'Requests a minute from one address to everything but the intake, which has limits of its own.',
  },
  metricsToken: {
    env: 'FOYER_METRICS_TOKEN',
    schema: text,
    default: '',
    sentence:
      'Bearer token that `/metrics` asks for; empty: it answers only requests from this machine that no proxy passed on.',
    isSecret: true,
  },
  logLevel: {
    env: 'FOYER_LOG_LEVEL',
    schema: choice(LOG_LEVELS),
    default: 'info',
    sentence: 'Least level that is logged.',
  },
})
