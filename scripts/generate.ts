import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { PROBLEMS } from '@foyer/contracts'
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
