import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manifestText, readManifest, type Manifest } from './manifest.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'foyer-manifest-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const manifest: Manifest = {
  format: 1,
  foyer: '0.1.0',
  at: '2026-11-24T06:00:00.000Z',
  migrations: { records: [{ name: '0000_records', checksum: 'a' }], events: [] },
  journal: { id: 'aa', entries: 3 },
  counts: { records: { viewer: 2 }, events: { events: 5 } },
  keys: { 'pepper-1': 'fingerprint' },
  held: { recorderMs: 10, recordsMs: 5 },
  entries: [
    { path: 'records', isFolder: true },
    { path: 'records/PG_VERSION', bytes: 3, sha256: '0'.repeat(64) },
    { path: 'events/metadata/foyer', linkTo: '../store/cbe' },
  ],
}

function reading(text: string): Manifest {
  writeFileSync(join(folder, 'manifest.json'), text)
  return readManifest(folder)
}

describe('a manifest', () => {
  it('is read as it was written, and is JSON for others', () => {
    expect(reading(manifestText(manifest))).toEqual(manifest)
    expect(JSON.parse(manifestText(manifest))).toMatchObject({ counts: { events: { events: 5 } } })
    expect(reading(manifestText({ ...manifest, entries: [] })).entries).toEqual([])
  })

  it('is refused when any of its characters was changed or it was cut off', () => {
    const text = manifestText(manifest)
    for (const changed of [
      text.replace('"events": 5', '"events": 6'),
      text.replace('PG_VERSION', 'PG_VERSIOM'),
      text.slice(0, -20),
      `${text}\n`,
      '',
      'null',
    ]) {
      expect(() => reading(changed)).toThrow(/damaged or was changed/)
    }
  })

  it('of a newer program is refused by its version', () => {
    const newer = manifestText({ ...manifest, format: 2 as 1, foyer: '9.0.0' })
    expect(() => reading(newer)).toThrow('made by a newer Foyer (9.0.0)')
  })

  it.each(['/etc/passwd', '../outside', 'events/../../outside'])('does not lead to %s', (path) => {
    const entries = [{ path, isFolder: true as const }]
    expect(() => reading(manifestText({ ...manifest, entries }))).toThrow(/damaged/)
  })

  it('links to no absolute place', () => {
    const entries = [{ path: 'events/data', linkTo: '/etc' }]
    expect(() => reading(manifestText({ ...manifest, entries }))).toThrow(/damaged/)
  })

  it('that is not there means that there is no backup, or none that was finished', () => {
    expect(() => readManifest(join(folder, 'nowhere'))).toThrow('There is no backup at')
    rmSync(join(folder, 'manifest.json'))
    expect(() => readManifest(folder)).toThrow('is no finished backup')
  })
})
