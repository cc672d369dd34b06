/** Settings of the stores, to be read without opening any of them. */
export { eventsSettings } from './events/settings.ts'
export { journalSettings } from './journal/settings.ts'
