import { execFileSync } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { holds, type Bench, type BenchResult } from './bench.ts'

/**
 * Runs the benches one after the other and prints their figures:
 *
 *     npm run bench                      all of them
 *     npm run bench -- b1 b5             those whose file begins so
 *     npm run bench -- --quick           small sizes: to see that they run
 *     npm run bench -- --write           and writes the figures into docs/benchmarks.md
 *
 * Ends with 1 when a figure does not hold.
 */
const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
})

interface Run {
  readonly bench: Bench
  readonly result: BenchResult
}

const DOCUMENT = join(import.meta.dirname, '../../../docs/benchmarks.md')

const runs: Run[] = []
for (const file of await benchFiles(names)) {
  const { bench } = (await import(join(import.meta.dirname, file))) as { bench: Bench }
  say(`${bench.id} ${bench.title}`)
  const result = await bench.run({ isQuick: options.quick, report: (line) => say(`   ${line}`) })
  runs.push({ bench, result })
  say(`   ${figuresLine(result)}`)
}
say(`\n${table(runs)}\n\n${machine()}${options.quick ? ', quick: not to be believed' : ''}`)
if (options.write && !options.quick) await writeFigures(runs)
if (runs.some(({ bench, result }) => !holds(bench, result.ratio))) process.exitCode = 1

async function benchFiles(wanted: readonly string[]): Promise<string[]> {
  const files = (await readdir(import.meta.dirname)).filter((file) => file.endsWith('.bench.ts')).sort()
  if (wanted.length === 0) return files
  const chosen = files.filter((file) =>
    wanted.some((name) => file.startsWith(`${name.toLowerCase()}-`) || file === name),
  )
  if (chosen.length === 0) throw new Error(`no bench is called so; there are ${files.join(', ')}`)
  return chosen
}

function table(rows: readonly Run[]): string {
  const lines = rows.map(({ bench, result }) => {
    const hold = 'max' in bench.hold ? `≤ ${bench.hold.max}` : `≥ ${bench.hold.min}`
    const verdict = holds(bench, result.ratio) ? 'holds' : '**does not hold**'
    return `| ${bench.id} | ${bench.title} | ${round(result.ratio)} | ${hold} | ${verdict} |`
  })
  return ['| id | what | figure | to hold | |', '|---|---|---|---|---|', ...lines].join('\n')
}

function figuresLine(result: BenchResult): string {
  return Object.entries(result.figures)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? round(value) : value}`)
    .join(' · ')
}

/** Replaces what stands between the markers of each bench that ran; the others keep their figures. */
async function writeFigures(rows: readonly Run[]): Promise<void> {
  let text = await readFile(DOCUMENT, 'utf8')
  for (const { bench, result } of rows) {
    const begin = `<!-- bench:${bench.id} -->`
    const end = `<!-- /bench:${bench.id} -->`
    const section = [
      begin,
      table([{ bench, result }]),
      '',
      `${figuresLine(result)}.`,
      ...(result.method ? ['', result.method] : []),
      '',
      `_${machine()}_`,
      end,
    ].join('\n')
    const from = text.indexOf(begin)
    const to = text.indexOf(end)
    text =
      from >= 0 && to > from
        ? text.slice(0, from) + section + text.slice(to + end.length)
        : `${text.trimEnd()}\n\n## ${bench.id}: ${bench.title}\n\n${section}\n`
  }
  await writeFile(DOCUMENT, text)
  execFileSync('oxfmt', [DOCUMENT])
}

function machine(): string {
  const date = new Date().toISOString().slice(0, 10)
  return `${date}, ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.versions.node}, ${process.platform} ${process.arch}`
}

function round(value: number): number {
  return Number(value.toPrecision(3))
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
