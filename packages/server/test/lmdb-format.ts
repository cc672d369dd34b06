import { open } from 'lmdb'

/** Leaves in the folder of a journal or a recorder's state the mark of a format that only a later version knows. */
export async function raiseFormat(path: string): Promise<void> {
  const environment = open({ path, noSubdir: false, maxDbs: 12 })
  await environment.openDB<number, string>({ name: 'meta', encoding: 'json' }).put('format', 99)
  await environment.close()
}
