/**
 * What the numbers of reports mean, in one sentence or two each: the console shows them beside the number, and
 * `docs/reference/definitions.md` is generated from this list.
 */
export const DEFINITIONS = {
  registrations: {
    name: 'Registrations',
    unit: 'viewers',
    text: 'Viewers who registered with this service in the period.',
  },
  activeViewers: {
    name: 'Active viewers',
    unit: 'viewers',
    text: 'Registered viewers with at least one event in the period, each counted once. Visitors who are not signed in are not counted here.',
  },
  anonymousVisitors: {
    name: 'Not signed in',
    unit: 'visitors',
    text: 'Visitors with at least one event in the period who belong to no registered viewer, one for each device and sign-out.',
  },
  newViewers: {
    name: 'New',
    unit: 'viewers',
    text: 'Active viewers who registered in the period.',
  },
  returningViewers: {
    name: 'Returning',
    unit: 'viewers',
    text: 'Active viewers who did not register in the period and were active in the period before it too.',
  },
  backViewers: {
    name: 'Back again',
    unit: 'viewers',
    text: 'Active viewers who did not register in the period and were not active in the period before it.',
  },
  lostViewers: {
    name: 'Not seen again',
    unit: 'viewers',
    text: 'Viewers who were active in the period before and are not in this one.',
  },
  events: {
    name: 'Events',
    unit: 'events',
    text: 'Everything that was recorded in the period, signed in or not, such as what players sent, visits and ratings.',
  },
  starts: {
    name: 'Playback starts',
    unit: 'starts',
    text: 'Requests to play a title or a channel.',
  },
  streams: {
    name: 'Streams',
    unit: 'streams',
    text: 'Playback starts that were followed by 5 seconds of continuous play.',
  },
  streamsPerStart: {
    name: 'Streams per start',
    unit: '%',
    text: 'Streams ÷ playback starts, of the sums over the period: how often what was asked for was also played.',
  },
  startsWithoutStream: {
    name: 'Starts without a stream',
    unit: '%',
    text: '(Playback starts − streams) ÷ playback starts, of the sums over the period: failed, or left within 5 seconds.',
  },
  minutes: {
    name: 'Minutes watched',
    unit: 'minutes',
    text: 'Wall time in the playing state. Pauses and buffering do not count.',
  },
  liveMinutes: {
    name: 'Live minutes',
    unit: 'minutes',
    text: 'Minutes watched of channels.',
  },
  titlesWatched: {
    name: 'Titles watched',
    unit: 'titles',
    text: 'Titles and channels with at least one playback start in the period.',
  },
  stallRatio: {
    name: 'Stall ratio',
    unit: '%',
    text: 'Stalled time ÷ (played + stalled time), of the sums over the period. Stalled is waiting after the first frame; seeks are not stalls.',
  },
  unknownTime: {
    name: 'Unknown time',
    unit: '%',
    text: 'Time that nothing vouches for ÷ (played + stalled + unknown time), of the sums over the period: the device slept, froze or fell silent during a view.',
  },
  bytes: {
    name: 'Data delivered',
    unit: 'bytes',
    text: 'Bytes that players reported to have loaded; 1 GB is 1,000,000,000 bytes. They are counted for invoices.',
  },
  titles: {
    name: 'Titles',
    unit: 'titles',
    text: 'Movies, series, seasons, episodes and audio that the catalogue, which all services share, holds at this moment, whatever the dates. Deleted ones do not count.',
  },
  channels: {
    name: 'Channels',
    unit: 'channels',
    text: 'Channels that the catalogue, which all services share, holds at this moment, whatever the dates. Deleted ones do not count.',
  },
  addedTitles: {
    name: 'New in the catalogue',
    unit: 'titles',
    text: 'Movies, episodes, audio and channels that came into the catalogue in the period and are still there; those watched most first.',
  },
  change: {
    name: 'Change',
    unit: 'the unit of the number',
    text: 'The number less the same number over as many days before, and that difference in percent of the number before (from tenfold on as a multiple). Where there was nothing before, there is neither. Ratios change by percentage points (pt).',
  },
  biggestChanges: {
    name: 'What changed most',
    unit: 'the unit of the number',
    text: 'Parts in order of how much they moved the whole, up or down, and never of their percent.',
  },
} as const satisfies Record<string, { name: string; unit: string; text: string }>
