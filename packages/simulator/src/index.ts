/**
 * An invented audience: two services with a catalogue, people with homes, devices and tastes, and what their players and
 * pages report. `openWorld` gives a world by its seed, and `countTruth` what is true of it: the demo shows the one, and
 * tests hold reports against the other. Nothing in it reads a clock or a file, but for the command `main.ts`.
 */
export { countTruth, type TruthCounter } from './count-truth.ts'
export type { SimulatedCatalogue, SimulatedChannel, SimulatedTitle } from './catalogue.ts'
export type { Household, Member, SimulatedDevice } from './households.ts'
export type { LiveView } from './live.ts'
export { openLiveHouse, type LiveHouse } from './live-house.ts'
export { PLANTED } from './planted.ts'
export type { Simulated, SimulatedRequest } from './requests.ts'
export { APPS, SERVICES, type SimulatedApp, type SimulatedService } from './services.ts'
export { writeTruth } from './write-truth.ts'
export { truthSchema, type PersonTruth, type ServiceTruth, type Truth } from './truth.ts'
export type { SimulatedViewer } from './viewers.ts'
export { openWorld, type World, type WorldOptions } from './world.ts'
