import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Completes package-lock.json with the platform builds of optional packages that the registry at hand does not serve:
 * `npm install` leaves them out, `npm ci` then refuses the lockfile, and people on other systems would get no build at
 * all. `--check` only tells whether something is missing, and whether two builds of one program would share a name in
 * `node_modules/.bin`: npm 10 takes the link away with the one that it leaves out. Idempotent.
 */
interface LockedPackage {
  version?: string
  optional?: boolean
  dev?: boolean
  os?: string[]
  cpu?: string[]
  optionalDependencies?: Record<string, string>
  bin?: Record<string, string>
}

const path = fileURLToPath(new URL('../package-lock.json', import.meta.url))
const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, LockedPackage> }

const missing: string[] = []
for (const [key, locked] of Object.entries({ ...lock.packages })) {
  for (const [name, range] of Object.entries(locked.optionalDependencies ?? {})) {
    const platform = /(darwin|linux|win32|android|freebsd|netbsd|openbsd|sunos|aix|openharmony|wasm32)/.exec(
      name,
    )?.[1]
    if (!platform || resolves(key, name)) continue
    const cpu = /(arm64|arm-eabi|arm-|x64|ia32|ppc64|riscv64|s390x|loong64|wasm32|arm$)/.exec(name)?.[1]
    missing.push(`${name}@${range}`)
    lock.packages[`node_modules/${name}`] = {
      version: range.replace(/^[\^~]/, ''),
      optional: true,
      ...(locked.dev ? { dev: true } : {}),
      os: [platform === 'wasm32' ? 'none' : platform],
      ...(cpu ? { cpu: [cpu.replace(/-.*/, '')] } : {}),
    }
  }
}

if (process.argv.includes('--check')) {
  if (missing.length > 0) fail(`lacks ${missing.join(', ')}; run: npm run lockfile`)
  for (const [bin, names] of Map.groupBy(binsOfOptional(), ({ bin }) => bin)) {
    if (names.length > 1) fail(`has ${names.map(({ name }) => name).join(' and ')}, which both are ${bin}`)
  }
} else if (missing.length > 0) {
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
  process.stdout.write(`added ${missing.length} platform builds\n`)
}

function fail(what: string): never {
  process.stderr.write(`package-lock.json ${what}\n`)
  process.exit(1)
}

/** Programs of the packages that we list ourselves as optional. */
function binsOfOptional(): { name: string; bin: string }[] {
  return Object.keys(lock.packages['']?.optionalDependencies ?? {}).flatMap((name) =>
    Object.keys(lock.packages[`node_modules/${name}`]?.bin ?? {}).map((bin) => ({ name, bin })),
  )
}

/** Whether a package of that name is found from the place of `from`, as Node looks it up. */
function resolves(from: string, name: string): boolean {
  for (let place = from; ;) {
    if (lock.packages[`${place ? `${place}/` : ''}node_modules/${name}`]) return true
    if (!place) return false
    const parent = place.lastIndexOf('node_modules/')
    place = parent <= 0 ? '' : place.slice(0, parent - 1)
  }
}
