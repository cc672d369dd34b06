import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import type { Writable } from 'node:stream'
import { countTruth } from './count-truth.ts'
import { openWorld } from './world.ts'
import { writeTruth } from './write-truth.ts'

/**
 * Writes a world's history as lines of JSON, one request each, in order of time, and what is true of it into a file:
 *
 *     npm run --silent simulate -- --seed 7 --viewers 5000 --days 90 --truth truth.json > requests.ndjson
 *
 * See docs/guides/simulator.md.
 */
const HELP = `npm run --silent simulate -- [options] > requests.ndjson

  --seed N         which world (2026)
  --viewers N      how many people (5000); 20k and 1M are understood
  --days N         how much history (90)
  --until TIME     when it ends (2026-11-01T00:00:00Z)
  --heartbeats     players report every 10 s, too
  --truth FILE     write what is true of it to a file of JSON

See docs/guides/simulator.md.
`

const values = readOptions()

const UNITS = { '': 1, k: 1_000, M: 1_000_000 }

/** Lines are written some at a time: a call of the system for each would take longer than making it. */
const CHUNK_CHARS = 65_536

const until = Date.parse(values.until)
if (Number.isNaN(until)) refuse('--until', 'a time such as 2026-11-01T00:00:00Z')
const world = openWorld({
  seed: wholeNumber('seed', 0, 4_294_967_295),
  viewers: wholeNumber('viewers', 1, 100_000_000),
  days: wholeNumber('days', 1, 1_000),
  until,
})
const truth = values.truth === undefined ? null : countTruth(world)
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever reads has seen enough, as `head` does.
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

let lines = ''
for (const each of world.history(values.heartbeats ? { heartbeatMs: 10_000 } : {})) {
  truth?.add(each)
  lines += `${JSON.stringify(each.request)}\n`
  if (lines.length < CHUNK_CHARS) continue
  await write(process.stdout, lines)
  lines = ''
}
await write(process.stdout, lines)
if (truth && values.truth !== undefined) {
  const file = createWriteStream(values.truth)
  for (const part of writeTruth(truth.finish())) await write(file, part)
  file.end()
  await once(file, 'finish')
}

async function write(stream: Writable, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain')
}

function wholeNumber(name: 'seed' | 'viewers' | 'days', from: number, to: number): number {
  const [, digits = '', unit = ''] = /^(\d+)([kM]?)$/.exec(values[name]) ?? []
  const number = digits === '' ? Number.NaN : Number(digits) * UNITS[unit as keyof typeof UNITS]
  if (!Number.isInteger(number) || number < from || number > to)
    refuse(`--${name}`, `a whole number from ${from} to ${to}`)
  return number
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string', default: '2026' },
        viewers: { type: 'string', default: '5000' },
        days: { type: 'string', default: '90' },
        until: { type: 'string', default: '2026-11-01T00:00:00Z' },
        heartbeats: { type: 'boolean', default: false },
        truth: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (!values.help) return values
    process.stdout.write(HELP)
    process.exit(0)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}`)
    process.exit(2)
  }
}

function refuse(option: string, wanted: string): never {
  process.stderr.write(`${option} must be ${wanted}.\n`)
  process.exit(2)
}
