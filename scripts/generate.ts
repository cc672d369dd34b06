import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DEFINITIONS, PROBLEMS } from '@foyer/contracts'
import { settingsReference } from '../packages/server/src/cli/settings.ts'
import { dataMapReference } from '../packages/server/src/data-map.ts'
import { openApiDocument } from '../packages/server/src/openapi.ts'

/**
 * `npm run generate` writes the reference pages that come from code; `--check` tells whether one is out of date. A change
 * of the API is then a diff that a reviewer sees.
 */
const PAGES: readonly (readonly [path: string, make: () => string | Promise<string>])[] = [
  ['docs/reference/settings.md', settingsReference],
  ['docs/reference/problems.md', problemsReference],
  ['docs/reference/definitions.md', definitionsReference],
  ['docs/reference/data-map.md', dataMapReference],
  ['docs/reference/openapi.json', async () => `${JSON.stringify(await openApiDocument(), null, 2)}\n`],
]

const isCheck = process.argv.includes('--check')
const stale: string[] = []
for (const [path, make] of PAGES) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url))
  const text = await make()
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
  if (isCheck) stale.push(path)
  else writeFileSync(file, text)
}
if (stale.length > 0) {
  process.stderr.write(`Out of date: ${stale.join(', ')}. Run: npm run generate\n`)
  process.exit(1)
}

function problemsReference(): string {
  const rows = Object.entries(PROBLEMS).map(
    ([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`,
  )
  return [
    '# Problems',
    '',
    'Every refusal is RFC 9457 problem details with one of these codes. Codes are part of the API and do not change.',
    '',
    '| code | status | what it says |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

function definitionsReference(): string {
  const rows = Object.values(DEFINITIONS).map(({ name, unit, text }) => `| ${name} | ${unit} | ${text} |`)
  return [
    '# Definitions',
    '',
    "What the numbers of reports and of the console mean. A period is a range of local days in the service's time zone, both",
    'included; it is compared with as many days before it.',
    '',
    '| number | unit | meaning |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}
