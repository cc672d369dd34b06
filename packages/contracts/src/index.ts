/**
 * What crosses a wire between Foyer's server, its console, its SDKs and its users' programs: zod schemas and the types
 * read off them. No I/O, no clock, no framework: every package may import this one.
 */
export * from './account.ts'
export * from './catalogue.ts'
export * from './definitions.ts'
export * from './live.ts'
export * from './operators.ts'
export * from './overviews.ts'
export * from './persons.ts'
export * from './playback.ts'
export * from './problems.ts'
export * from './purposes.ts'
export * from './reports.ts'
export * from './rights.ts'
export * from './segment.ts'
export * from './services.ts'
export * from './values.ts'
export * from './viewer-lists.ts'
export * from './viewers.ts'
