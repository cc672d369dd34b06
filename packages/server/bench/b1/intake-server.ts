import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { createIntake } from '../../src/modules/tracking/index.ts'
import { trackingSettings } from '../../src/modules/tracking/settings.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createHttpServer } from '../../src/platform/http/index.ts'
import { sha256, subjectFrom, systemRandom } from '../../src/platform/ids.ts'
import { createLogger } from '../../src/platform/log.ts'
import { createMetrics } from '../../src/platform/metrics.ts'
import { readSettings } from '../../src/platform/settings.ts'
import { openLmdbJournal } from '../../src/storage/journal/lmdb-journal.ts'
import { WRITE_KEY } from './batch.ts'
import { serveMeasured } from './measured-process.ts'

/** The intake as the api process mounts it: the real router, the real journal, and apps looked up in memory by hash. */
const app = { id: 'bench', service: { id: 'bench' }, defaultMask: 7, trustClientIdentify: false }
const keys = new Map([[sha256(WRITE_KEY), { keyId: '1', keyKind: 'browser' as const, app }]])
const { tracking } = readSettings(
  { tracking: trackingSettings },
  {
    FOYER_INTAKE_REQUESTS_PER_SECOND_PER_KEY: '1000000',
    FOYER_INTAKE_REQUESTS_PER_SECOND_PER_ADDRESS: '1000000',
  },
)
const journal = openLmdbJournal(process.argv[2]!, { bytesMax: 8_000_000_000, entriesMax: 100_000_000 })
const intake = createIntake({
  journal,
  accounts: {
    appByWriteKey: async (key) => keys.get(sha256(key)) ?? null,
    verifyViewerToken: async () => ({ isValid: false, reason: 'no tokens here' }),
    resolveExternalIds: async () => new Map(),
  },
  vault: {
    sealForIntake: (plain) => plain,
    pseudonym: (kind, value) => subjectFrom(createHash('sha256').update(kind).update(value).digest()),
  },
  clock: systemClock,
  random: systemRandom,
  settings: tracking,
  metrics: createMetrics('api'),
})
const server = await createHttpServer({
  log: createLogger({ role: 'api', level: 'warn' }),
  authenticate: async () => null,
  requestsPerMinute: 600,
  trustedProxies: 0,
  version: 'bench',
  isDraining: () => false,
})
await intake.routes(server)
await server.listen({ port: 0, host: '127.0.0.1' })
serveMeasured((server.server.address() as AddressInfo).port)
