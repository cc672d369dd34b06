import { createModules, type Foundations, type Modules } from '../app.ts'
import type { Logger } from '../platform/log.ts'
import { baseUrlOf, type Configuration } from './configuration.ts'
import { openDataFolder } from './data-folder.ts'
import { layFoundations } from './foundations.ts'

/** The modules in the hands of a command, over the stores of an instance that runs beside it. */
export interface Workbench {
  readonly foundations: Foundations
  readonly modules: Modules
  close(): Promise<void>
}

export async function openWorkbench(configuration: Configuration, log: Logger): Promise<Workbench> {
  const folder = openDataFolder(configuration.server.dataFolder)
  const { foundations, close } = layFoundations({ configuration, folder, log }, 'command')
  return {
    foundations,
    modules: await createModules(foundations, baseUrlOf(configuration)),
    close,
  }
}

const LOOK_EVERY_MS = 100

/** Waits until the recorder has recorded all that the journal holds. */
export async function untilRecorded(
  { journal }: Foundations,
  onProgress: (waiting: number) => void = () => undefined,
): Promise<void> {
  for (;;) {
    const { entries } = journal.backlog()
    onProgress(entries)
    if (entries === 0) return
    // A real pause: the recorder is another process.
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
