import type { TestProject } from 'vitest/node'

/**
 * Runs once before all tests: makes what each test file then copies. One part a store; what a part answers is provided to
 * the tests under its names.
 */
export async function setup(project: TestProject): Promise<void> {
  const { prepareRecords } = await import('./template-records.ts')
  const { eventsTemplate } = await import('./template-events.ts')
  const { recordsTemplate, recordsTemplateDatabase } = await prepareRecords()
  project.provide('recordsTemplate', recordsTemplate)
  project.provide('recordsTemplateDatabase', recordsTemplateDatabase)
  await eventsTemplate()
}
