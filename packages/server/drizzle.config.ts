import { defineConfig } from 'drizzle-kit'

/** `npm run generate:records -- --name what_changed` writes the next migration of the records from the schemas. */
export default defineConfig({
  dialect: 'postgresql',
  schema: ['src/modules/*/schema.ts', 'src/platform/**/*schema.ts'],
  out: 'src/storage/migrations/records',
})
