/**
 * An invented audience: a catalogue, viewers with devices, and what their players report. It fills the demo and is an
 * oracle, since what is true of it is known.
 */
export {
  inventAudience,
  type Audience,
  type AudienceTruth,
  type SimulatedDevice,
  type SimulatedViewer,
} from './audience.ts'
export type { SimulatedChannel, SimulatedTitle } from './catalogue.ts'
export type { SimulatedView } from './view.ts'
